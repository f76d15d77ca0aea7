/**
 * What the gateway answers when it cannot do what was asked: one class, one code per cause. A message names the
 * field or the limit and never the value, because values here are tokens and resume values.
 */

/** Every `error.code` that a client of the gateway can meet. */
export const HTTP_ERROR_CODES = [
  'badRequest', // not JSON, or a field of the wrong type; the message names the field
  'bodyTooLarge',
  'headersTooLarge',
  'requestTimeout', // a request that does not come to its end
  'unsupportedMediaType',
  'methodNotAllowed',
  'notFound',
  'hostNotAllowed', // a Host that is not ours: DNS rebinding, or allowedHosts is not set
  'originNotAllowed', // a page that is not ours and not on the list
  'rateLimited', // Retry-After tells when
  'resumeInvalid', // forged, malformed, or signed by an earlier run
  'resumeExpired',
  'sessionEnded', // the user said bye to this session
  'livekitUnavailable', // Retry-After tells when
  'agentUnavailable', // no agent is there and none is connected to come; Retry-After tells when to ask again
  'livekitRefused', // the server does not take our key: an operator's error
  'internal', // a defect of ours
] as const;

/** One of {@link HTTP_ERROR_CODES}. */
export type HttpErrorCode = (typeof HTTP_ERROR_CODES)[number];

const STATUS: Record<HttpErrorCode, number> = {
  badRequest: 400,
  bodyTooLarge: 413,
  headersTooLarge: 431,
  requestTimeout: 408,
  unsupportedMediaType: 415,
  methodNotAllowed: 405,
  notFound: 404,
  hostNotAllowed: 421,
  originNotAllowed: 403,
  rateLimited: 429,
  resumeInvalid: 401,
  resumeExpired: 401,
  sessionEnded: 401,
  livekitUnavailable: 503,
  agentUnavailable: 503,
  livekitRefused: 502,
  internal: 500,
};

/** An answer that is not the one asked for. `message` goes to the client as it is. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly code: HttpErrorCode;
  readonly statusCode: number;
  /** Sent as `Retry-After`, whole seconds. */
  readonly retryAfterS: number | undefined;

  constructor(code: HttpErrorCode, message: string, options: ErrorOptions & { retryAfterS?: number } = {}) {
    super(message, options);
    this.code = code;
    this.statusCode = STATUS[code];
    this.retryAfterS = options.retryAfterS;
  }
}

/** The body of every error answer. */
export function errorBody(error: HttpError): { error: { code: HttpErrorCode; message: string } } {
  return { error: { code: error.code, message: error.message } };
}
