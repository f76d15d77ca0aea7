/** A redis-server of a test's own, on loopback, with nothing on disk. */
import { connect } from 'node:net';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { tryTcpPort } from '../../../harness/server/free-ports.ts';
import { ProcessGroup } from '../../../harness/supervisor/process-group.ts';

export interface RedisServer {
  readonly url: string;
  readonly pid: () => number;
  /** Ends it as a crash would. */
  kill(): Promise<void>;
  /** Starts it again on the same port, empty. */
  restart(): Promise<void>;
}

async function answers(port: number): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    const isUp = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
      const end = (up: boolean): void => {
        socket.destroy();
        resolve(up);
      };
      socket.once('data', () => end(true));
      socket.once('error', () => end(false));
    });
    if (isUp) return;
    if (tries === 200) throw new Error('redis-server does not answer after 200 tries');
    await sleep(20);
  }
}

/** Starts one; it is gone after the test. */
export async function startRedis(t: TestContext): Promise<RedisServer> {
  const port = await tryTcpPort(0, '127.0.0.1');
  const start = async (): Promise<ProcessGroup> => {
    const group = await ProcessGroup.start({
      command: 'redis-server',
      args: ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no'],
    });
    await answers(port);
    return group;
  };
  let group = await start();
  const kill = async (): Promise<void> => {
    group.signal('SIGKILL');
    await group.exited;
    await group.drained;
  };
  t.after(kill);
  return {
    url: `redis://127.0.0.1:${port}`,
    pid: () => group.pid,
    kill,
    restart: async () => {
      group = await start();
    },
  };
}
