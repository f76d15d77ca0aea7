/**
 * Answers what never becomes a request of a route: a path that is no URL, headers that are too large or no HTTP, a
 * request that does not end. Owns that these look like every other error, with headers of their own, since no hook runs.
 * Never: repeats what the client sent.
 */
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { ConnectionError, FastifyReply } from 'fastify';
import { errorBody, HttpError } from './http-error.ts';

/** Nothing of such an answer is a page. */
const HEADERS = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'content-type': 'application/json; charset=utf-8',
} as const;

/** For Fastify's `frameworkErrors`: a path that cannot be read. */
export function answerUnreadablePath(reply: FastifyReply): void {
  const error = new HttpError('badRequest', 'path: cannot be read');
  void reply.code(error.statusCode).headers(HEADERS).send(errorBody(error));
}

/** For Fastify's `clientErrorHandler`: answers when the socket still takes an answer, and ends it. */
export function answerBrokenRequest(cause: Pick<ConnectionError, 'code'>, socket: Socket): void {
  if (cause.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const error = brokenRequestError(cause.code);
  const body = JSON.stringify(errorBody(error));
  const head = Object.entries({
    ...HEADERS,
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  const status = `HTTP/1.1 ${error.statusCode} ${STATUS_CODES[error.statusCode] ?? ''}\r\n`;
  socket.end(`${status}${head.join('')}\r\n${body}`, () => socket.destroy()); // a client that goes on sending is cut
}

/** Node's code of what was wrong, as an answer. */
function brokenRequestError(code: string): HttpError {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new HttpError('requestTimeout', 'request: not received to its end in time');
    case 'HPE_HEADER_OVERFLOW':
      return new HttpError('headersTooLarge', 'headers: larger than the limit');
    default:
      return new HttpError('badRequest', 'request: not valid HTTP');
  }
}
