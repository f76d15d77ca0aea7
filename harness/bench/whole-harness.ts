/**
 * Owns: how long `clara up` takes to stop, without sessions and with ten, and what is left of it; and what is left of a
 * supervisor that was killed. Each is a process of its own, as a user starts it.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { nodeModuleArguments } from '../supervisor/node-module-arguments.ts';
import { ProcessGroup } from '../supervisor/process-group.ts';
import type { BenchContext } from './bench-context.ts';
import { atMost } from './bench-result.ts';
import { untilNoneLeft } from './leftovers.ts';

const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 30_000;

function start(module: URL, args: readonly string[], folder: string): ChildProcess {
  mkdirSync(folder, { recursive: true });
  return spawn(process.execPath, [...nodeModuleArguments(module), ...args], {
    env: { ...process.env, TMPDIR: folder, XDG_STATE_HOME: folder },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

/** The first line that a process says. */
async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('it has no stdout');
  const [chunk] = (await once(child.stdout, 'data', { signal: AbortSignal.timeout(START_LIMIT_MS) })) as [
    Buffer,
  ];
  return chunk.toString().trim();
}

/** How many sessions the harness says that it serves. */
async function servedSessions(url: string): Promise<number> {
  const answer = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(10_000) });
  const found = /^clara_sessions\{kind="voice",state="connected"\} (\d+)$/m.exec(await answer.text());
  return Number(found?.[1] ?? 0);
}

/** Has `count` users join, and waits until each has its session. The caller stops their process. */
async function joinUsers(url: string, count: number): Promise<ProcessGroup> {
  const users = await ProcessGroup.start({
    command: process.execPath,
    args: [...nodeModuleArguments(new URL('./users-child.ts', import.meta.url)), url, String(count)],
    ipc: true,
  });
  try {
    for (const endMonoMs = performance.now() + START_LIMIT_MS; ; await sleep(250)) {
      const served = await servedSessions(url);
      if (served >= count) return users;
      if (users.exit !== undefined) throw new Error(`the users did not join: ${users.output('stderr')}`);
      if (performance.now() > endMonoMs)
        throw new Error(`${served} of ${count} sessions after ${START_LIMIT_MS} ms`);
    }
  } catch (error) {
    await users.stop({ killAfterMs: 0 });
    throw error;
  }
}

async function stopUp(name: string, sessions: number, bar: number, context: BenchContext): Promise<void> {
  const { tell, log } = context;
  const folder = join(context.folder, name);
  const child = start(
    new URL('../cli/main.ts', import.meta.url),
    ['up', '--port', '0', '--log-level', 'silent', '--token-rate-max', '100'],
    folder,
  );
  let users: ProcessGroup | undefined;
  try {
    const url = await firstLine(child);
    if (sessions > 0) users = await joinUsers(url, sessions);
    const startedMonoMs = performance.now();
    const ended = once(child, 'exit', { signal: AbortSignal.timeout(STOP_LIMIT_MS) });
    child.kill('SIGTERM');
    const [code] = (await ended) as [number | null];
    tell(atMost(`supervisor.${name}`, (performance.now() - startedMonoMs) / 1000, bar, 's'));
    tell(atMost(`supervisor.${name}ExitCode`, code ?? 1, 0, 'exit code'));
  } catch (error) {
    log.error({ event: 'benchUp', err: error }, 'clara up could not be measured');
    tell(atMost(`supervisor.${name}`, Number.NaN, bar, 's'));
  } finally {
    child.kill('SIGKILL');
    await users?.stop({ killAfterMs: 0 });
  }
  tell(atMost(`supervisor.${name}Left`, (await untilNoneLeft(folder, 10_000)).left, 0, 'processes'));
}

/** From SIGTERM to the exit of the whole. */
export async function measureStops(context: BenchContext): Promise<void> {
  await stopUp('stopIdle', 0, 5, context);
  await stopUp('stopWithTen', 10, 15, context);
}

/** From `kill -9` of a supervisor, one of whose sessions is stopped, to the end of the last process. */
export async function measureKilledSupervisor(context: BenchContext): Promise<void> {
  const folder = join(context.folder, 'killed');
  const child = start(new URL('./doomed-supervisor.ts', import.meta.url), [folder], folder);
  await firstLine(child);
  child.kill('SIGKILL');
  const { left, tookS } = await untilNoneLeft(folder, 30_000);
  context.tell(atMost('supervisor.killedLeft', left, 0, 'processes'));
  context.tell(atMost('supervisor.killedGone', tookS, 30, 's'));
}
