/**
 * The gateway: one HTTP server for the app, the token endpoint and the health paths. This file only wires; each
 * route and each decision has its own. Invariant: what `startGateway` gives listens, and what it throws does not.
 */
import type { AddressInfo } from 'node:net';
import fastify, { type FastifyInstance } from 'fastify';
import type { Logger, Running } from '../contracts.ts';
import { answerErrors } from './answer-errors.ts';
import { addCorsHeaders } from './api-scope.ts';
import { addAgentRoute } from './agent-route.ts';
import { addAppFiles } from './app-files.ts';
import { addByeRoute } from './bye-route.ts';
import { addAgentsRoutes } from './agents-routes.ts';
import { toGatewayStartError } from './gateway-start-error.ts';
import { addHealthRoutes } from './health-routes.ts';
import { HttpError } from './http-error.ts';
import { resolveOptions, type GatewayOptions, type ResolvedOptions } from './options.ts';
import { isAllowedHost } from './request-origin.ts';
import { resumeValues } from './resume-value.ts';
import { addSecurityHeaders } from './security-headers.ts';
import { addTokenRoute } from './token-route.ts';
import { answerBrokenRequest, answerUnreadablePath } from './unroutable.ts';
import { VoiceSessions } from './voice-sessions.ts';

/** How long `stop` lets answers in flight finish, ms; then their connections are cut. */
const STOP_PATIENCE_MS = 700;

/** How often slow requests are looked for, ms; Node's own 30 s let them hold a connection for 40. */
const CUT_INTERVAL_MS = 1000;

/** A running gateway. */
export interface Gateway extends Running {
  /** Where a browser finds it, `http://127.0.0.1:8080`, without a slash at the end. */
  readonly url: string;
  readonly port: number;
}

/**
 * Starts the gateway. The caller owns it and stops it.
 * @param signal ends the start, not the gateway; its reason is rethrown.
 * @throws {GatewayStartError} when it cannot listen.
 */
export async function startGateway(options: GatewayOptions, signal?: AbortSignal): Promise<Gateway> {
  signal?.throwIfAborted();
  const resolved = resolveOptions(options);
  const { host, log } = resolved;
  const app = await buildApp(resolved);
  try {
    await app.listen({ host, port: resolved.port });
  } catch (error) {
    await app.close();
    throw toGatewayStartError(error, host, resolved.port);
  }
  if (signal?.aborted === true) {
    await closeBounded(app);
    throw signal.reason;
  }
  const { port } = app.server.address() as AddressInfo;
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  log.info({ event: 'gatewayListening', url }, `gateway listens on ${url}`);
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopping ??= closeBounded(app));
  return { url, port, stop, [Symbol.asyncDispose]: stop };
}

async function buildApp(options: ResolvedOptions): Promise<FastifyInstance> {
  const app = fastify({
    logger: false, // its lines hold whole URLs; ours hold the route
    trustProxy: options.trustProxy,
    forceCloseConnections: 'idle',
    requestTimeout: options.requestLimitMs, // a client that sends its request drop by drop
    http: {
      headersTimeout: options.requestLimitMs,
      connectionsCheckingInterval: Math.min(CUT_INTERVAL_MS, options.requestLimitMs),
    },
    routerOptions: { maxParamLength: 200 },
    frameworkErrors: (_error, _request, reply) => answerUnreadablePath(reply),
    clientErrorHandler: answerBrokenRequest,
  });
  answerErrors(app, options.log);
  logAnswers(app, options.log);
  await addSecurityHeaders(app, options.livekit.publicUrl);
  addCorsHeaders(app, options.extraAllowedOrigins);
  app.addHook('onRequest', (request, _reply, done) => {
    const isOurs = isAllowedHost(request.headers.host, options.host, options.allowedHosts);
    done(isOurs ? undefined : new HttpError('hostNotAllowed', 'Host: not a name of this gateway'));
  });
  const resumes = resumeValues(options.livekit.apiSecret, options.resumeTtlS, options.now);
  const sessions = new VoiceSessions({ ...options, rememberEndedMs: options.resumeTtlS * 1000 });
  await addTokenRoute(app, options, resumes, sessions);
  await addAgentRoute(app, options, resumes, sessions);
  await addByeRoute(app, options, resumes, sessions);
  addHealthRoutes(app, options);
  await addAgentsRoutes(app, options);
  await addAppFiles(app, options);
  return app;
}

/** One line an answer: route and status, never a URL, a header or a body. */
function logAnswers(app: FastifyInstance, log: Logger): void {
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none';
    const facts = {
      event: 'httpAnswered',
      method: request.method,
      route,
      status: reply.statusCode,
      tookMs: Math.round(reply.elapsedTime),
    };
    if (route.startsWith('/api/') || reply.statusCode >= 500) log.info(facts, 'answered');
    else log.debug(facts, 'answered');
  });
}

/** Closes in at most {@link STOP_PATIENCE_MS} and the time of cutting the connections that are left. */
async function closeBounded(app: FastifyInstance): Promise<void> {
  const cut = setTimeout(() => app.server.closeAllConnections(), STOP_PATIENCE_MS);
  try {
    await app.close();
  } finally {
    clearTimeout(cut);
  }
}
