/**
 * The client's one error class and its codes. Foreign errors become one of these once, in the adapter that
 * met them. No message ever carries a token: the SDK's own text of a 401 contains the whole JWT.
 */

/** Why something could not be done, in the order in which a session meets them. */
export const SESSION_ERROR_CODES = [
  'micDenied', // the person or a policy said no
  'micDismissed', // the prompt was closed without an answer
  'micNotFound', // no input device
  'micInUse', // the device is there but another program holds it
  'micInsecurePage', // no mediaDevices: the page is not a secure context
  'micFrameNotAllowed', // an iframe without allow="microphone"
  'micEnded', // the track ended in the middle of a session
  'micFailed', // anything else getUserMedia said
  'tokenUnreachable', // the endpoint did not answer at all
  'tokenTimeout', // no whole answer within the limit
  'tokenRejected', // 401 or 403 from the endpoint
  'tokenRateLimited', // 429; `retryAfterMs` tells when
  'tokenServerError', // 5xx from the endpoint
  'tokenInvalid', // an answer that is not what a token endpoint answers
  'joinUnauthorized', // LiveKit refused the token
  'joinUnreachable', // LiveKit's signal port did not answer
  'joinTimeout', // signal or media not up within the limit
  'joinServerError', // LiveKit answered 5xx or broke the protocol
  'joinRoomNotFound', // 404 of the join path
  'mediaFailed', // signal up, peer connection not
  'roomDisconnected', // the room ended; `disconnectReason` tells why
  'duplicateIdentity', // the same identity joined elsewhere
  'removed', // removed by the server or its operator
  'roomDeleted',
  'agentMissing', // nobody answers in the room
  'sendFailed', // a message or data packet could not be sent
  'budgetExhausted', // reconnecting went on for the whole budget
  'unsupported', // this browser lacks something without which nothing works
  'internal', // a defect of ours
] as const;

/** One of {@link SESSION_ERROR_CODES}. */
export type SessionErrorCode = (typeof SESSION_ERROR_CODES)[number];

/** What may be told beside the code; all of it safe to log. */
export interface SessionErrorFacts {
  /** HTTP status, where one was seen. */
  readonly status?: number;
  /** How long to wait before the next try, ms, from `Retry-After`. */
  readonly retryAfterMs?: number;
  /** LiveKit's DisconnectReason by name, e.g. `SERVER_SHUTDOWN`. */
  readonly disconnectReason?: string;
}

/** An error of the session. `message` is for developers; people read words that ui chooses from `code`. */
export class SessionError extends Error {
  override readonly name = 'SessionError';
  readonly code: SessionErrorCode;
  readonly facts: SessionErrorFacts;

  constructor(
    code: SessionErrorCode,
    message: string,
    facts: SessionErrorFacts = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.code = code;
    this.facts = facts;
  }
}

/** Whether `error` is a {@link SessionError}, optionally of one of `codes`. */
export function isSessionError(error: unknown, ...codes: SessionErrorCode[]): error is SessionError {
  return error instanceof SessionError && (codes.length === 0 || codes.includes(error.code));
}
