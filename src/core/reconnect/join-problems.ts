/** Whether a join that failed is worth another try: a pure function of the code, as data. */
import type { SessionErrorCode } from '../errors.ts';

/**
 * `retry`: with back-off. `nextUrl`: the same, at the next of several addresses. `refused`: the first join ends; inside
 * a session one more try with a new ticket, the second in a row ends it. `newTicketOnce`: that everywhere.
 * `wrongAtFirst`: a wrong set-up when a session starts, but a captive portal or a half-started server inside one:
 * the first join ends, a rejoin is tried again. `stop`: another try cannot help.
 */
export type JoinRemedy = 'retry' | 'nextUrl' | 'refused' | 'newTicketOnce' | 'wrongAtFirst' | 'stop';

const REMEDIES: Readonly<Partial<Record<SessionErrorCode, JoinRemedy>>> = {
  tokenUnreachable: 'retry',
  tokenTimeout: 'retry',
  tokenRateLimited: 'retry',
  tokenServerError: 'retry',
  tokenRejected: 'refused',
  tokenInvalid: 'wrongAtFirst',
  joinRoomNotFound: 'wrongAtFirst',
  joinUnauthorized: 'newTicketOnce',
  joinUnreachable: 'nextUrl',
  joinTimeout: 'nextUrl',
  joinServerError: 'nextUrl',
  mediaFailed: 'nextUrl',
  roomDisconnected: 'retry',
};

/** What helps against `code`; codes that no join meets are `stop`. */
export function joinRemedy(code: SessionErrorCode): JoinRemedy {
  return REMEDIES[code] ?? 'stop';
}
