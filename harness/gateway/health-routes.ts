import type { FastifyInstance } from 'fastify';
import { HttpError } from './http-error.ts';
import type { ResolvedOptions } from './options.ts';
import { RoomDirectoryError } from './room-directory.ts';

/** How long `/readyz` waits for the LiveKit server, ms. */
const PING_TIMEOUT_MS = 1000;

/** One part that has to be there for sessions to be served. */
export interface ReadinessCheck {
  readonly id: 'livekit' | 'agent';
  readonly ok: boolean;
  readonly reason?: string;
}

/** `GET /healthz` (this process answers), `/readyz` (sessions can be served, asked anew each time), `/config`. */
export function addHealthRoutes(app: FastifyInstance, options: ResolvedOptions): void {
  app.get('/healthz', async (_request, reply) =>
    reply.header('cache-control', 'no-store').send({ ok: true }),
  );
  app.get('/readyz', async (_request, reply) => {
    const checks = [await checkLiveKit(options), checkAgent(options)];
    const ok = checks.every((check) => check.ok);
    return reply
      .code(ok ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({ ok, checks });
  });
  app.get('/config', async (_request, reply) => {
    if (options.configView === undefined) throw new HttpError('notFound', 'nothing here');
    return reply.header('cache-control', 'no-store').send(options.configView());
  });
}

async function checkLiveKit({ rooms }: ResolvedOptions): Promise<ReadinessCheck> {
  try {
    await rooms.ping(PING_TIMEOUT_MS);
    return { id: 'livekit', ok: true };
  } catch (error) {
    if (error instanceof RoomDirectoryError) return { id: 'livekit', ok: false, reason: error.message };
    throw error;
  }
}

function checkAgent({ agents }: ResolvedOptions): ReadinessCheck {
  return { id: 'agent', ...agents.readiness() };
}
