import type { ProbePort } from '../core/ports.ts';

/**
 * Asks a LiveKit server for any HTTP answer. Opaque (`no-cors`), because only "it answered" is wanted and servers
 * behind proxies do not always allow other origins. The page's CSP has to allow the address in `connect-src`, which
 * the SDK needs as well.
 */
export function serverProbe(doFetch: typeof fetch = globalThis.fetch.bind(globalThis)): ProbePort {
  return {
    async probe(serverUrl, signal) {
      signal.throwIfAborted();
      try {
        const response = await doFetch(httpUrlOf(serverUrl), {
          mode: 'no-cors',
          cache: 'no-store',
          credentials: 'omit',
          referrerPolicy: 'no-referrer',
          signal,
        });
        response.body?.cancel().catch(() => {});
        return true;
      } catch {
        signal.throwIfAborted();
        return false;
      }
    },
  };
}

/** `ws:` and `wss:` as `http:` and `https:`; others as they are. */
export function httpUrlOf(serverUrl: string): string {
  return serverUrl.replace(/^ws(s?):/, 'http$1:');
}
