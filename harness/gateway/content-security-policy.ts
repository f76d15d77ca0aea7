/** The Content-Security-Policy of the app as directives; what a host page needs for the embedded tag is the same less the rest of that page. */
export type CspDirectives = Record<string, readonly string[]>;

/**
 * The strictest policy under which the app works.
 * @param livekitPublicUrl where browsers reach LiveKit; livekit-client opens `/rtc` on it as WebSocket and fetches `/rtc/v1/validate` and `/` of it over http.
 */
export function contentSecurityPolicy(livekitPublicUrl: string): CspDirectives {
  return {
    'default-src': ["'none'"],
    'script-src': ["'self'"], // covers the worklets too: files, never blob:
    'style-src': ["'self'"], // Lit's constructable stylesheets need no more
    'img-src': ["'self'", 'data:'], // the build inlines small icons
    'font-src': ["'self'"],
    'media-src': ["'self'", 'blob:'], // kept sound in a review; a call's is a srcObject, which the policy does not govern
    'connect-src': ["'self'", ...connectSources(livekitPublicUrl)],
    'worker-src': ["'self'"],
    'manifest-src': ["'self'"],
    'base-uri': ["'none'"],
    'form-action': ["'none'"],
    'frame-ancestors': ["'self'"],
    'require-trusted-types-for': ["'script'"],
    'trusted-types': ['lit-html', 'clara-voice'],
  };
}

/**
 * What the page may reach. A server on this machine gets a new port with every start, and a page that was kept for
 * offline keeps the policy that it came with: there any port of that address will do.
 */
function connectSources(livekitPublicUrl: string): readonly string[] {
  const sources = liveKitSources(livekitPublicUrl);
  const { hostname } = new URL(livekitPublicUrl);
  if (hostname !== 'localhost' && !/^127\.\d+\.\d+\.\d+$/.test(hostname)) return sources;
  return sources.map((source) => `${source.replace(/:\d+$/, '')}:*`);
}

/** A LiveKit address as CSP sources, ws and http form. Throws TypeError for what is not an address. */
export function liveKitSources(livekitUrl: string): readonly string[] {
  const { protocol, host } = new URL(livekitUrl);
  if (!/^(ws|http)s?:$/.test(protocol))
    throw new TypeError(`a LiveKit address is ws: or wss:, not ${protocol}`);
  const secure = protocol === 'wss:' || protocol === 'https:' ? 's' : '';
  return [`ws${secure}://${host}`, `http${secure}://${host}`];
}
