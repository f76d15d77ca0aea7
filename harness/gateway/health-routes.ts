import type { FastifyInstance } from 'fastify';
import type { HealthCheck } from '../contracts.ts';
import { HttpError } from './http-error.ts';
import type { ResolvedOptions } from './options.ts';
import { RoomDirectoryError } from './room-directory.ts';

/** How long `/readyz` waits for the LiveKit server, ms. */
const PING_TIMEOUT_MS = 1000;

/** `GET /healthz` (this process and its sessions are well), `/readyz` (sessions can be served, asked anew each time), `/config`. */
export function addHealthRoutes(app: FastifyInstance, options: ResolvedOptions): void {
  const { operations } = options;
  app.get('/healthz', async (_request, reply) => {
    const sessions = operations?.sessionHealth();
    const ok = sessions?.ok ?? true;
    return reply
      .code(ok ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({ ok, ...(sessions !== undefined && { checks: [sessions] }) });
  });
  app.get('/readyz', async (_request, reply) => {
    const checks = [
      await checkLiveKit(options),
      checkAgent(options),
      ...(operations === undefined ? [] : [operations.sessionHealth(), ...operations.surroundings()]),
    ];
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

async function checkLiveKit({ rooms }: ResolvedOptions): Promise<HealthCheck> {
  try {
    await rooms.ping(PING_TIMEOUT_MS);
    return { id: 'livekit', ok: true };
  } catch (error) {
    if (error instanceof RoomDirectoryError) return { id: 'livekit', ok: false, reason: error.message };
    throw error;
  }
}

function checkAgent({ agents }: ResolvedOptions): HealthCheck {
  return { id: 'agent', ...agents.readiness() };
}
