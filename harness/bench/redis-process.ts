/** A redis-server of a measurement's own: on loopback, on a free port, with nothing on disk. */
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Running } from '../contracts.ts';
import { findRedisServer } from '../parts/find-redis-server.ts';
import { tryTcpPort } from '../server/free-ports.ts';
import { ProcessGroup } from '../supervisor/process-group.ts';

export interface RedisProcess extends Running {
  readonly url: string;
}

const READY_LIMIT_MS = 5_000;
const POLL_MS = 20;

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    const end = (isUp: boolean): void => {
      socket.destroy();
      resolve(isUp);
    };
    socket.setTimeout(POLL_MS * 10, () => end(false));
    socket.once('data', () => end(true));
    socket.once('error', () => end(false));
  });
}

/** Starts one. The caller stops it. Rejects with PartMissingError without a redis-server, with an Error when it does not answer. */
export async function startRedisProcess(signal: AbortSignal): Promise<RedisProcess> {
  const { path } = await findRedisServer({ env: process.env, report: () => undefined }, signal);
  const port = await tryTcpPort(0, '127.0.0.1');
  const group = await ProcessGroup.start({
    command: path,
    args: ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no'],
  });
  const stop = async (): Promise<void> => void (await group.stop());
  for (const endMonoMs = performance.now() + READY_LIMIT_MS; !(await answers(port)); await sleep(POLL_MS))
    if (performance.now() > endMonoMs) {
      await stop();
      throw new Error(`redis-server does not answer after ${READY_LIMIT_MS} ms`);
    }
  return { url: `redis://127.0.0.1:${port}`, stop, [Symbol.asyncDispose]: stop };
}
