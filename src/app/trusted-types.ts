/** The app's one Trusted Types policy: it lets the service worker's own address through and nothing else. */

interface PolicyFactory {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): { createScriptURL(url: string): unknown };
}

const ALLOWED = '/sw.js';

function allowOnlyOwnWorker(url: string): string {
  if (url !== ALLOWED) throw new TypeError(`only ${ALLOWED} may be a script URL, not ${url}`);
  return url;
}

/** `url` as what a page with `require-trusted-types-for 'script'` accepts. Throws TypeError for any other address. To be called once a page. */
export function trustedScriptUrl(url: string): string {
  const factory = (globalThis as { trustedTypes?: PolicyFactory }).trustedTypes;
  if (factory === undefined) return allowOnlyOwnWorker(url);
  const policy = factory.createPolicy('clara-voice', { createScriptURL: allowOnlyOwnWorker });
  // A TrustedScriptURL at run time; workbox-window hands it to register() untouched.
  return policy.createScriptURL(url) as string;
}
