/**
 * Decides whether a request may speak with the gateway at all: by its Host, which stops DNS rebinding, and by its
 * Origin, which stops other pages from starting sessions. Pure; what it reads are headers that a page cannot forge.
 */

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];

/** Whether a Host header is one of ours: a loopback name on any port (ports get forwarded), `host`, or on the list. */
export function isAllowedHost(
  hostHeader: string | undefined,
  host: string,
  allowedHosts: readonly string[],
): boolean {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?$/.exec((hostHeader ?? '').toLowerCase());
  const name = match?.[1];
  if (name === undefined) return false;
  const bound = host.includes(':') ? `[${host}]` : host;
  const names = [...LOOPBACK_NAMES, bound, ...allowedHosts].map((allowed) => allowed.toLowerCase());
  return names.includes(name) || names.includes(`${name}${match?.[2] ?? ''}`);
}

/** The headers that tell where a request comes from. */
export interface OriginHeaders {
  readonly origin?: string | undefined;
  readonly host?: string | undefined;
  readonly 'sec-fetch-site'?: string | undefined;
}

/** `same`: our own page, or no browser at all. `listed`: a page on the list, which needs CORS headers. */
export type OriginVerdict =
  { readonly allowed: true; readonly from: 'same' | 'listed' } | { readonly allowed: false };

/** Judges where a request comes from. Host has to be checked before: same origin is judged against it. */
export function judgeOrigin(headers: OriginHeaders, listedOrigins: readonly string[]): OriginVerdict {
  const { origin, host } = headers;
  const site = headers['sec-fetch-site'];
  if (origin === undefined) {
    // Browsers tell Sec-Fetch-Site; programs like curl tell neither.
    return site === undefined || site === 'same-origin'
      ? { allowed: true, from: 'same' }
      : { allowed: false };
  }
  if (listedOrigins.includes(origin)) return { allowed: true, from: 'listed' };
  // A beacon under `Referrer-Policy: no-referrer` has Origin "null" although it is the page's own.
  if (origin === 'null') return site === 'same-origin' ? { allowed: true, from: 'same' } : { allowed: false };
  const match = /^https?:\/\/(.+)$/.exec(origin);
  return match !== null && host !== undefined && match[1] === host.toLowerCase()
    ? { allowed: true, from: 'same' }
    : { allowed: false };
}
