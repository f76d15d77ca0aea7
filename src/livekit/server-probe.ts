import type { ProbePort } from '../core/ports.ts';

/**
 * Asks a LiveKit server for any HTTP answer. Opaque (`no-cors`), because only "it answered" is wanted and servers
 * behind proxies do not always allow other origins. The page's CSP has to allow the address in `connect-src`, which
 * the SDK needs as well.
 */
export function serverProbe(
  doFetch: typeof fetch = globalThis.fetch.bind(globalThis),
  openSocket: (url: string) => WebSocket = (url) => new WebSocket(url),
): ProbePort {
  return {
    async probe(serverUrl, signal, pool) {
      signal.throwIfAborted();
      try {
        const response = await doFetch(httpUrlOf(serverUrl), {
          mode: 'no-cors',
          cache: 'no-store',
          credentials: pool === 'anonymous' ? 'omit' : 'include',
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

    knock(serverUrl, signal) {
      return new Promise((resolve, reject) => {
        signal.throwIfAborted();
        // Without a path and a token of LiveKit's: the server turns it away, which is answer enough.
        const socket = openSocket(socketUrlOf(serverUrl));
        const end = (): void => {
          signal.removeEventListener('abort', end);
          socket.onopen = socket.onclose = null;
          socket.close();
          if (signal.aborted) reject(signal.reason as Error);
          else resolve();
        };
        signal.addEventListener('abort', end, { once: true });
        socket.onopen = socket.onclose = end;
      });
    },
  };
}

/** `ws:` and `wss:` as `http:` and `https:`; others as they are. */
export function httpUrlOf(serverUrl: string): string {
  return serverUrl.replace(/^ws(s?):/, 'http$1:');
}

/** `http:` and `https:` as `ws:` and `wss:`; others as they are. */
function socketUrlOf(serverUrl: string): string {
  return serverUrl.replace(/^http(s?):/, 'ws$1:');
}
