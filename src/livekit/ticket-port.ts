/**
 * The three ways to get a ticket: a token endpoint over HTTP, a function of the page, or a fixed pair. Owns the
 * limits of the HTTP exchange (time, size, redirects, caching) and turns every outcome into a `token…` code.
 * Never keeps a ticket, never puts a token or a part of an answer into an error.
 */
import { SessionError, type SessionErrorFacts } from '../core/errors.ts';
import type { Clock, Ticket, TicketPort, TicketRequest } from '../core/ports.ts';
import { MAX_TOKEN_ANSWER_BYTES, parseTokenAnswer, type TokenRequest } from '../shared/token-endpoint.ts';
import { BodyRefusedError, readCappedText } from './capped-body.ts';
import { withDeadline } from './deadline.ts';

/** Longest wait for a whole answer, ms: rejoin attempts are 4 to 5 s, and a token is the first part of one. */
export const TOKEN_TIMEOUT_MS = 5000;

/** Longest `Retry-After` that is believed, ms. */
const MAX_RETRY_AFTER_MS = 3_600_000;

/** How to ask a token endpoint. */
export interface EndpointTicketOptions {
  /** Address, absolute or relative to the page. */
  readonly endpoint: string;
  /** Which voice pipeline to ask for; only our own gateway reads it. */
  readonly pipeline?: string;
  readonly clock: Clock;
  /** @default {@link TOKEN_TIMEOUT_MS} */
  readonly timeoutMs?: number;
  /** @default the page's own fetch */
  readonly fetch?: typeof fetch;
}

/** Asks a LiveKit token endpoint by POST, anew for each ticket. */
export function endpointTickets(options: EndpointTicketOptions): TicketPort {
  const { clock, timeoutMs = TOKEN_TIMEOUT_MS } = options;
  const doFetch = options.fetch ?? globalThis.fetch.bind(globalThis);
  return {
    request: (request, signal) =>
      withDeadline(
        async (inner) => {
          const response = await sendRequest(
            doFetch,
            options.endpoint,
            wireRequest(request, options.pipeline),
            inner,
          );
          return readTicket(response, clock.wallMs(), inner);
        },
        timeoutMs,
        () => new SessionError('tokenTimeout', `no whole answer from the token endpoint in ${timeoutMs} ms`),
        clock,
        signal,
      ),
  };
}

/** What a function of the page is asked. */
export interface TokenSourceRequest {
  readonly resume?: string;
  readonly roomName?: string;
  readonly identity?: string;
  readonly pipeline?: string;
  /** Aborts when the answer is not wanted any more. */
  readonly signal: AbortSignal;
}

/** What a page may give instead of an endpoint: a function, or a LiveKit TokenSource (an object with `fetch`). */
export type TokenSource =
  | ((request: TokenSourceRequest) => Promise<unknown>)
  | { fetch(options: { roomName?: string; participantIdentity?: string }): Promise<unknown> };

/** How to ask a function of the page. */
export interface SourceTicketOptions {
  readonly source: TokenSource;
  readonly pipeline?: string;
  readonly clock: Clock;
  /** @default {@link TOKEN_TIMEOUT_MS} */
  readonly timeoutMs?: number;
}

/** Asks a function of the page; its answer is read like an endpoint's. What it throws becomes `tokenUnreachable`, without its text. */
export function sourceTickets(options: SourceTicketOptions): TicketPort {
  const { clock, timeoutMs = TOKEN_TIMEOUT_MS } = options;
  return {
    request: (request, signal) =>
      withDeadline(
        async (inner) => {
          let answer: unknown;
          try {
            answer = await askSource(options, request, inner);
          } catch (error) {
            inner.throwIfAborted();
            if (error instanceof SessionError) throw error;
            throw new SessionError('tokenUnreachable', 'the token source of this page threw');
          }
          return ticketOf(answer);
        },
        timeoutMs,
        () =>
          new SessionError('tokenTimeout', `no answer from the token source of this page in ${timeoutMs} ms`),
        clock,
        signal,
      ),
  };
}

function askSource(
  { source, pipeline }: SourceTicketOptions,
  request: TicketRequest,
  signal: AbortSignal,
): Promise<unknown> {
  if (typeof source === 'function')
    return source({ ...request, ...(pipeline !== undefined && { pipeline }), signal });
  return source.fetch({
    ...(request.roomName !== undefined && { roomName: request.roomName }),
    ...(request.identity !== undefined && { participantIdentity: request.identity }),
  });
}

/**
 * Gives the same address and token each time: for a page that has just these. A rejoin works until the token expires.
 * @param serverUrl one address, or several of the same LiveKit with spaces between, tried in turn.
 */
export function fixedTickets(serverUrl: string, participantToken: string): TicketPort {
  const serverUrls = serverUrl.trim().split(/\s+/);
  return {
    async request(_request, signal) {
      signal.throwIfAborted();
      return Promise.resolve(ticketOf({ serverUrl: serverUrls[0], serverUrls, participantToken }));
    },
  };
}

/** Our resume value names room and identity itself; the names are for endpoints that never gave one. */
function wireRequest(request: TicketRequest, pipeline: string | undefined): TokenRequest {
  return {
    ...(request.resume !== undefined
      ? { resume: request.resume }
      : {
          ...(request.roomName !== undefined && { room_name: request.roomName }),
          ...(request.identity !== undefined && { participant_identity: request.identity }),
        }),
    ...(pipeline !== undefined && { pipeline }),
  };
}

async function sendRequest(
  doFetch: typeof fetch,
  endpoint: string,
  body: TokenRequest,
  signal: AbortSignal,
): Promise<Response> {
  try {
    return await doFetch(endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(body),
      cache: 'no-store',
      credentials: 'same-origin',
      // A request for a token goes where the page's author said, and nowhere else.
      redirect: 'manual',
      referrerPolicy: 'no-referrer',
      signal,
    });
  } catch {
    signal.throwIfAborted();
    throw new SessionError('tokenUnreachable', 'the token endpoint did not answer');
  }
}

async function readTicket(response: Response, wallMs: number, signal: AbortSignal): Promise<Ticket> {
  if (!response.ok) {
    // Nothing in an error's body is for us; ending the transfer frees the connection.
    response.body?.cancel().catch(() => {});
    throw errorOfStatus(response, wallMs);
  }
  let text: string;
  try {
    text = await readCappedText(response, MAX_TOKEN_ANSWER_BYTES);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof BodyRefusedError)
      throw new SessionError('tokenInvalid', error.message, { status: response.status });
    throw new SessionError('tokenUnreachable', 'the answer of the token endpoint broke off');
  }
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    throw new SessionError('tokenInvalid', `the answer is not JSON, ${text.length} characters`, {
      status: response.status,
    });
  }
  return ticketOf(answer);
}

function errorOfStatus(response: Response, wallMs: number): SessionError {
  if (response.type === 'opaqueredirect')
    return new SessionError('tokenInvalid', 'the token endpoint redirects');
  const { status } = response;
  const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'), wallMs);
  const facts: SessionErrorFacts = { status, ...(retryAfterMs !== undefined && { retryAfterMs }) };
  const text = `the token endpoint answered ${status}`;
  if (status === 401 || status === 403) return new SessionError('tokenRejected', text, facts);
  if (status === 429) return new SessionError('tokenRateLimited', text, facts);
  if (status === 408) return new SessionError('tokenTimeout', text, facts);
  if (status >= 500) return new SessionError('tokenServerError', text, facts);
  return new SessionError('tokenInvalid', text, facts);
}

/**
 * `Retry-After` as a wait in ms, 0 to one hour; undefined when absent or not understood (RFC 9110, section 10.2.3:
 * seconds or an HTTP date).
 */
export function parseRetryAfter(value: string | null, wallMs: number): number | undefined {
  if (value === null) return undefined;
  const trimmed = value.trim();
  const waitMs = /^\d{1,9}$/.test(trimmed) ? Number(trimmed) * 1000 : Date.parse(trimmed) - wallMs;
  return Number.isNaN(waitMs) ? undefined : Math.min(Math.max(waitMs, 0), MAX_RETRY_AFTER_MS);
}

function ticketOf(answer: unknown): Ticket {
  try {
    const { serverUrl, serverUrls, participantToken, resume, roomName, participantIdentity } =
      parseTokenAnswer(answer);
    return {
      serverUrls: serverUrls ?? [serverUrl],
      participantToken,
      ...(resume !== undefined && { resume }),
      ...(roomName !== undefined && { roomName }),
      ...(participantIdentity !== undefined && { identity: participantIdentity }),
    };
  } catch (error) {
    // parseTokenAnswer names the field and never its value.
    throw new SessionError(
      'tokenInvalid',
      error instanceof TypeError ? error.message : 'token answer was not understood',
    );
  }
}
