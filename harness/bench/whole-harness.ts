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

/** Asks for `count` sessions of as many users, and waits until each has its agent process. */
async function askForSessions(url: string, count: number, folder: string): Promise<void> {
  const { listProcesses } = await import('../supervisor/process-table.ts');
  for (let i = 0; i < count; i += 1) {
    const answer = await fetch(`${url}/api/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
      signal: AbortSignal.timeout(10_000),
    });
    if (!answer.ok) throw new Error(`a token was refused with ${answer.status}`);
    await answer.body?.cancel();
  }
  const served = (): number =>
    listProcesses().filter(
      ({ environment, commandLine }) => environment.includes(folder) && commandLine.includes('session-child'),
    ).length;
  for (const endMonoMs = performance.now() + START_LIMIT_MS; served() < count + 1; await sleep(100))
    // and a warm one
    if (performance.now() > endMonoMs)
      throw new Error(`${served()} of ${count} agents after ${START_LIMIT_MS} ms`);
  await sleep(1500); // the last ones join
}

async function stopUp(name: string, sessions: number, bar: number, context: BenchContext): Promise<void> {
  const { tell, log } = context;
  const folder = join(context.folder, name);
  const child = start(
    new URL('../cli/main.ts', import.meta.url),
    ['up', '--port', '0', '--log-level', 'silent', '--token-rate-max', '100'],
    folder,
  );
  try {
    const url = await firstLine(child);
    if (sessions > 0) await askForSessions(url, sessions, folder);
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
