/**
 * What operators ask for: `GET /metrics` (Prometheus), `GET /api/agents` (server-sent events: sessions and what happens
 * to them), `POST /api/agents/end` with `{ sessionId }`. For people on this machine or with the operator's token.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { SessionOperations } from '../contracts.ts';
import { addApiRoute } from './api-scope.ts';
import { openEventStream } from './event-stream.ts';
import type { EventStream } from './event-stream.ts';
import { HttpError } from './http-error.ts';
import { isOperator } from './operator.ts';
import type { ResolvedOptions } from './options.ts';

/** Dashboards at a time; each costs a socket and a copy of every event. */
const MAX_STREAMS = 20;

/** Adds the routes; without operations there is nothing to tell, and they are 404. */
export async function addAgentsRoutes(app: FastifyInstance, options: ResolvedOptions): Promise<void> {
  const { operations, operatorToken } = options;
  if (operations === undefined) return;
  const requireOperator = ({ headers, socket }: FastifyRequest): void => {
    if (!isOperator({ peerAddress: socket.remoteAddress, headers }, operatorToken))
      throw new HttpError('operatorOnly', 'only on this machine, or with the operator token');
  };
  app.get('/metrics', async (request, reply) => {
    requireOperator(request);
    const { contentType, body } = await operations.exposition();
    return reply.header('content-type', contentType).header('cache-control', 'no-store').send(body);
  });
  addStream(app, operations, requireOperator);
  await addApiRoute(app, options, {
    url: '/api/agents/end',
    contentTypes: ['application/json'],
    async handle(request, reply) {
      requireOperator(request);
      const sessionId = parseSessionId(request.body);
      if (!(await operations.endSession(sessionId, 'byHand')))
        throw new HttpError('notFound', 'sessionId: no such session');
      return reply.code(204).send();
    },
  });
}

function addStream(
  app: FastifyInstance,
  operations: SessionOperations,
  requireOperator: (request: FastifyRequest) => void,
): void {
  const streams = new Set<EventStream>();
  app.addHook('preClose', (done) => {
    for (const stream of [...streams]) stream.end();
    done();
  });
  app.get('/api/agents', (request, reply) => {
    requireOperator(request);
    if (streams.size >= MAX_STREAMS)
      throw new HttpError('rateLimited', `more than ${MAX_STREAMS} streams at a time`, { retryAfterS: 10 });
    let unwatch: () => void = () => undefined;
    const stream = openEventStream(reply, () => {
      unwatch();
      streams.delete(stream);
    });
    streams.add(stream);
    stream.send(operations.snapshot());
    unwatch = operations.watch((message) => stream.send(message));
  });
}

function parseSessionId(body: unknown): string {
  const { sessionId } = (typeof body === 'object' && body !== null ? body : {}) as { sessionId?: unknown };
  if (typeof sessionId !== 'string' || sessionId === '' || sessionId.length > 200)
    throw new HttpError('badRequest', 'sessionId: 1 to 200 characters expected');
  return sessionId;
}
