import type { AgentCallPort } from '../core/ports.ts';

/** Longest wait for the gateway's answer, ms; it makes sure of the room first. The session asks again after 5 s. */
const ANSWER_LIMIT_MS = 5_000;

/**
 * Asks our gateway for an agent, which it brings only when there is none. Only a session that our gateway began has a
 * resume value; without one there is nobody to ask. Best effort: an answer other than yes is not told.
 */
export function gatewayAgentCalls(
  agentEndpoint: string,
  doFetch: typeof fetch = globalThis.fetch.bind(globalThis),
): AgentCallPort {
  return {
    async request({ resume }, signal) {
      signal.throwIfAborted();
      if (resume === undefined) return;
      try {
        const response = await doFetch(agentEndpoint, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ resume }),
          cache: 'no-store',
          redirect: 'error',
          referrerPolicy: 'no-referrer',
          signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_LIMIT_MS)]),
        });
        await response.body?.cancel();
      } catch {
        signal.throwIfAborted(); // anything else: the way is cut, and the next request tries again
      }
    },
  };
}

/** The agent address beside a token endpoint: the same folder, `agent`. Undefined for an endpoint that is no address. */
export function agentEndpointOf(tokenEndpoint: string, baseUrl: string): string | undefined {
  try {
    return new URL('agent', new URL(tokenEndpoint, baseUrl)).href;
  } catch {
    return undefined;
  }
}
