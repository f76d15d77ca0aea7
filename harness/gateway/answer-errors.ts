/**
 * Turns whatever a route threw into one JSON answer and at most one log line. Never shows or logs the text of an
 * error that is not ours: it may hold what the client sent.
 */
import type { FastifyError, FastifyInstance } from 'fastify';
import type { Logger } from '../contracts.ts';
import { errorBody, HttpError } from './http-error.ts';

/** Gives `app` its error handler. */
export function answerErrors(app: FastifyInstance, log: Logger): void {
  app.setErrorHandler(async (thrown, request, reply) => {
    const error = toHttpError(thrown);
    if (error.code === 'internal') {
      log.error(
        {
          event: 'requestFailed',
          route: request.routeOptions.url,
          name: nameOf(thrown),
          frames: framesOf(thrown),
        },
        'a request failed by a defect of the gateway',
      );
    }
    if (error.retryAfterS !== undefined) reply.header('retry-after', String(error.retryAfterS));
    return reply.code(error.statusCode).header('cache-control', 'no-store').send(errorBody(error));
  });
}

/** Fastify's own errors by status: they come from its body parser and its file sender. */
function toHttpError(thrown: unknown): HttpError {
  if (thrown instanceof HttpError) return thrown;
  switch ((thrown as Partial<FastifyError> | undefined)?.statusCode) {
    case 400:
      return new HttpError('badRequest', 'body: not valid JSON');
    case 403: // a path with dots or backslashes in it
    case 404:
      return new HttpError('notFound', 'nothing here');
    case 413:
      return new HttpError('bodyTooLarge', 'body: larger than the limit');
    case 415:
      return new HttpError('unsupportedMediaType', 'Content-Type: application/json is expected');
    default:
      return new HttpError('internal', 'internal error', { cause: thrown });
  }
}

function nameOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.name : typeof thrown;
}

/** The stack without its first lines, which are the message. */
function framesOf(thrown: unknown): string[] {
  const stack = thrown instanceof Error ? (thrown.stack ?? '') : '';
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 8);
}
