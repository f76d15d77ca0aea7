/**
 * What all routes under /api/ share, in the order in which it is checked: method, origin, rate, then type and size
 * of the body. Origin comes before rate so that a hostile page cannot use up its visitor's own allowance.
 */
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify';
import { HttpError } from './http-error.ts';
import type { ResolvedOptions } from './options.ts';
import { judgeOrigin } from './request-origin.ts';
import { MAX_BODY_BYTES } from './token-request.ts';

/** One POST route under /api/. */
export interface ApiRoute {
  readonly url: string;
  /** Media types of the body; each is read as JSON. */
  readonly contentTypes: readonly string[];
  handle(request: FastifyRequest, reply: FastifyReply): Promise<unknown>;
}

const OTHER_METHODS = ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE'] as const;

/** Adds `route` with its checks, its preflight answer and its 405. Each route counts requests for itself. */
export async function addApiRoute(
  app: FastifyInstance,
  options: ResolvedOptions,
  route: ApiRoute,
): Promise<void> {
  const checkOrigin: onRequestHookHandler = (request, _reply, done) => {
    done(originProblem(request, options.extraAllowedOrigins));
  };
  await app.register(async (scope) => {
    await scope.register(rateLimit, {
      global: false,
      max: options.rateLimit.max,
      timeWindow: options.rateLimit.windowMs,
      errorResponseBuilder: (_request, { ttl }) =>
        new HttpError(
          'rateLimited',
          `more than ${options.rateLimit.max} requests in ${options.rateLimit.windowMs} ms`,
          {
            retryAfterS: Math.max(1, Math.ceil(ttl / 1000)),
          },
        ),
    });
    readJson(scope, route.contentTypes);
    scope.route({
      method: [...OTHER_METHODS],
      url: route.url,
      exposeHeadRoute: false,
      onRequest: (_request, reply, done) => {
        reply.header('allow', 'POST, OPTIONS');
        done(new HttpError('methodNotAllowed', 'only POST is answered here'));
      },
      handler: () => Promise.resolve(), // never reached: the hook refuses
    });
    scope.route({
      method: 'OPTIONS',
      url: route.url,
      onRequest: checkOrigin,
      handler: async (_request, reply) =>
        reply
          .code(204)
          .header('access-control-allow-methods', 'POST')
          .header('access-control-allow-headers', 'content-type')
          .header('access-control-max-age', '600')
          .send(),
    });
    scope.route({
      method: 'POST',
      url: route.url,
      bodyLimit: MAX_BODY_BYTES,
      config: { rateLimit: { max: options.rateLimit.max, timeWindow: options.rateLimit.windowMs } },
      onRequest: [checkOrigin],
      handler: async (request, reply) => {
        reply.header('cache-control', 'no-store');
        return route.handle(request, reply);
      },
    });
  });
}

/** CORS headers for listed pages, on every answer: they load modules as well as tokens. */
export function addCorsHeaders(app: FastifyInstance, listedOrigins: readonly string[]): void {
  app.addHook('onRequest', async (request, reply) => {
    if (listedOrigins.length === 0) return;
    reply.header('vary', 'Origin');
    const { origin } = request.headers;
    if (origin === undefined || !listedOrigins.includes(origin)) return;
    reply
      .header('access-control-allow-origin', origin)
      .header('access-control-allow-credentials', 'true') // beacons are always sent with credentials
      .header('access-control-expose-headers', 'retry-after');
  });
}

function originProblem(request: FastifyRequest, listedOrigins: readonly string[]): HttpError | undefined {
  return judgeOrigin(request.headers, listedOrigins).allowed
    ? undefined
    : new HttpError('originNotAllowed', 'Origin: pages of this origin may not ask here');
}

/** Only these types are read, all as JSON; an empty body is an absent one. */
function readJson(scope: FastifyInstance, contentTypes: readonly string[]): void {
  scope.removeAllContentTypeParsers();
  const parse = scope.getDefaultJsonParser('error', 'error'); // refuses __proto__ and constructor.prototype
  scope.addContentTypeParser([...contentTypes], { parseAs: 'string' }, (request, body, done) => {
    if (body.length > 0) return parse(request, String(body), done);
    done(null, undefined);
    return undefined;
  });
}
