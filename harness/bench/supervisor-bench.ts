/**
 * Owns: the engine's bars of agent.md, measured with real processes. Each measurement stands alone, cleans up after
 * itself and gives one figure with its bar. Figures mean something on a quiet machine only.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../contracts.ts';
import { Deadlines } from '../supervisor/deadlines.ts';
import { systemEngineClock } from '../supervisor/engine-clock.ts';
import { ProcessLooks } from '../supervisor/process-looks.ts';
import { systemProcessSource } from '../supervisor/process-sample.ts';
import { startTimeOf } from '../supervisor/process-table.ts';
import { SessionRegistry } from '../supervisor/session-registry.ts';
import type { CliState } from '../supervisor/session-states.ts';
import { cliTransitions } from '../supervisor/session-states.ts';
import { Supervisor } from '../supervisor/supervisor.ts';
import { UsageMonitor } from '../supervisor/usage-monitor.ts';
import { WatchedGroup } from '../supervisor/watched-group.ts';
import { collectGarbage } from './heap.ts';

/** One figure with its bar; it holds when the value is no larger. */
export interface BenchFigure {
  readonly name: string;
  readonly value: number;
  readonly bar: number;
  readonly unit: string;
  readonly holds: boolean;
}

const MB = 1024 * 1024;
const FOREVER = 'setInterval(() => {}, 1000)';

function figure(name: string, value: number, bar: number, unit: string): BenchFigure {
  return { name, value: Math.round(value * 100) / 100, bar, unit, holds: value <= bar };
}

/** The highest resident memory that the kernel has seen for a process, bytes. */
function highWaterBytes(pid: number): number {
  try {
    const line = /^VmHWM:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return Number(line?.[1] ?? 0) * 1024;
  } catch {
    return 0; // gone
  }
}

/** How far above its limit a tree gets that leaks 190 MB/s, percent of the limit. Linux only. */
export async function measureOvershoot(log: Logger): Promise<BenchFigure> {
  const limitBytes = 512 * MB;
  const leak = `
    const kept = []; const began = performance.now(); let mb = 0;
    setInterval(() => { for (; mb < (performance.now() - began) * 0.19; mb += 1) kept.push(Buffer.alloc(${MB}, 1)); }, 5)`;
  await using supervisor = new Supervisor({ log });
  const launched = await supervisor.launch({ kind: 'bench', command: process.execPath, args: ['-e', leak] });
  const watched = supervisor.watch(launched, 'leak', { limits: { maxRssBytes: limitBytes } });
  let peakBytes = 0;
  const eye = setInterval(() => (peakBytes = Math.max(peakBytes, highWaterBytes(watched.pid))), 4);
  const end = await watched.ended;
  clearInterval(eye);
  if (end.cause !== 'limit') throw new Error(`the leaking process ended by ${end.cause}, not by its limit`);
  return figure('memory overshoot at 512 MB and 190 MB/s', (peakBytes / limitBytes - 1) * 100, 15, '%');
}

/** From the order to end to the death of the last, of a child, a grandchild and one that left the group, all SIGTERM-proof, s. */
export async function measureKill(log: Logger): Promise<BenchFigure> {
  const proof = `process.on('SIGTERM', () => {}); ${FOREVER}`;
  const tree = `
    const { spawn } = require('node:child_process');
    const start = (detached) => spawn(process.execPath, ['-e', ${JSON.stringify(proof)}], { stdio: 'ignore', detached }).pid;
    console.log(JSON.stringify([process.pid, start(false), start(true)])); ${proof}`;
  await using supervisor = new Supervisor({ log });
  const launched = await supervisor.launch({ kind: 'bench', command: process.execPath, args: ['-e', tree] });
  const watched = supervisor.watch(launched, 'proof', {});
  await sleep(1500); // all three have their handlers
  const pids = JSON.parse(launched.group.output('stdout')) as number[];
  const startedMonoMs = performance.now();
  await watched.end('bench');
  const left = pids.filter((pid) => startTimeOf(pid) !== undefined);
  if (left.length > 0) throw new Error(`${left.length} processes are left`);
  return figure('SIGTERM-proof tree gone', (performance.now() - startedMonoMs) / 1000, 6, 's');
}

/** CPU of this whole process while it watches 200 sessions (400 processes, a heartbeat a second each), percent of a core. */
export async function measureHealthCost(
  log: Logger,
  sessions = 200,
  windowMs = 20_000,
): Promise<BenchFigure> {
  await using supervisor = new Supervisor({ log });
  const launched = await Promise.all(
    Array.from({ length: sessions }, () =>
      supervisor.launch({ kind: 'bench', command: '/bin/sh', args: ['-c', 'sleep 600 & wait'] }),
    ),
  );
  const usedMs = async (durationMs: number): Promise<number> => {
    const before = process.cpuUsage();
    await sleep(durationMs);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
  const watched = launched.map((one, index) =>
    supervisor.watch(one, `s${index}`, {
      limits: { maxRssBytes: 512 * MB, maxCpuMs: 3_600_000, maxAgeMs: 7_200_000, maxIdleMs: 300_000 },
      life: { silentAfterMs: 3000, stuckAfterMs: 60_000 },
      end: { graceMs: 0 },
    }),
  );
  let beat = 0;
  const heart = setInterval(() => {
    beat += 1;
    for (const one of watched) one.sign(beat);
  }, 1000);
  await sleep(6000); // the first looks read every environment once
  const watchingMs = await usedMs(windowMs);
  clearInterval(heart);
  const unseen = watched.filter(({ usage }) => usage?.processes !== 2);
  if (unseen.length > 0) throw new Error(`${unseen.length} of ${sessions} sessions were not measured whole`);
  return figure(`watching ${sessions} sessions`, (watchingMs / windowMs) * 100, 1, '% of a core');
}

/** Heap that one session's record and watch take, bytes: the middle of five, because maps grow by leaps. */
export function measureRecordBytes(count = 5000): BenchFigure {
  const [, , middle = Number.NaN] = Array.from({ length: 5 }, () => recordBytesOf(count)).sort(
    (a, b) => a - b,
  );
  return figure('record of a session', middle, 2000, 'bytes');
}

function recordBytesOf(count: number): number {
  const clock = systemEngineClock;
  const fail = (error: unknown): never => {
    throw error;
  };
  const deadlines = new Deadlines(clock, fail);
  const looks = new ProcessLooks(systemProcessSource(), clock);
  const usage = new UsageMonitor({ looks, deadlines, clock, onError: fail });
  const registry = new SessionRegistry<CliState, undefined>(cliTransitions, clock, fail);
  const groups = Array.from({ length: count }, (_, index) => ({
    pid: 2 ** 30 + index,
    exited: new Promise<never>(() => undefined),
    signal: () => false,
  }));
  const kept: WatchedGroup[] = new Array<WatchedGroup>(count);
  const onEvent = (): void => undefined;
  const tools = { deadlines, usage, looks, clock, onError: fail };
  const policy = {
    limits: { maxRssBytes: 512 * MB, maxAgeMs: 7_200_000, maxIdleMs: 300_000 },
    life: { silentAfterMs: 3000, stuckAfterMs: 60_000 },
  };
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  for (const [index, group] of groups.entries()) {
    const sessionId = `session-${index}`;
    registry.add(sessionId, `user-${index}`, undefined);
    kept[index] = new WatchedGroup({
      sessionId,
      group,
      mark: { leaderPid: group.pid, leaderStartTime: '1', mark: `mark-${index}` },
      policy,
      tools,
      onEvent,
    });
  }
  collectGarbage();
  const bytes = (process.memoryUsage().heapUsed - before) / kept.length;
  deadlines.stop();
  return bytes;
}

/** All of them, one after the other. */
export async function benchSupervisor(log: Logger): Promise<BenchFigure[]> {
  const record = measureRecordBytes();
  const overshoot = await measureOvershoot(log);
  const kill = await measureKill(log);
  return [record, overshoot, kill, await measureHealthCost(log)];
}
