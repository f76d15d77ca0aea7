/**
 * Owns: the bars of agent.md for command-line sessions, measured with real processes through ClaudeCliManager. Each
 * measurement stands alone, cleans up after itself and gives its figures.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../contracts.ts';
import { ClaudeCliManager } from '../responder/claude-cli-manager.ts';
import type { ClaudeExecutionOptions } from '../responder/session-types.ts';
import { nodeModuleArguments } from '../supervisor/node-module-arguments.ts';
import { listProcesses } from '../supervisor/process-table.ts';
import { atLeast, atMost, ratioAtMost } from './bench-result.ts';
import type { BenchResult } from './bench-result.ts';
import { measureCliRecords } from './cli-record-bench.ts';
import { collectGarbage } from './heap.ts';

type Tell = (result: BenchResult) => void;

const MB = 1024 * 1024;
/** Longest wait for a child's first word, ms; one that does not come is a measurement that failed. */
const START_LIMIT_MS = 60_000;
const shell = (script: string, more: ClaudeExecutionOptions = {}): ClaudeExecutionOptions => ({
  command: 'sh',
  args: ['-c', script],
  maxRetries: 0,
  ...more,
});
const newMark = (): string => `bench-${randomBytes(6).toString('hex')}`;
const leftOf = (mark: string): number =>
  listProcesses().filter(({ environment }) => environment.includes(mark)).length;

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'clara-bench-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** 1,000 sessions with a child and one that left the group, ended by themselves, cancelled, or timed out at random. */
export async function measureLeftovers(log: Logger, tell: Tell, count = 1000, atOnce = 40): Promise<void> {
  await using manager = new ClaudeCliManager({ log });
  const mark = newMark();
  const script = 'sleep 600 & setsid sleep 600 & echo up; sleep $1';
  const one = async (index: number): Promise<void> => {
    const kind = index % 3;
    const options = shell(script, {
      args: ['-c', script, 'sh', kind === 0 ? '0.05' : '600'],
      env: { BENCH_MARK: mark },
      timeout: kind === 2 ? 30 + Math.floor(Math.random() * 300) : 60_000,
    });
    const { session, ended } = manager.startClaudeSession('bench', '', options);
    if (kind === 1) setTimeout(() => manager.cancelSession(session.id), Math.random() * 300);
    await ended;
  };
  let next = 0;
  const lane = async (until: number): Promise<void> => {
    while (next < until) await one(next++);
  };
  const lanes = (until: number): Promise<void[]> =>
    Promise.all(Array.from({ length: atOnce }, () => lane(until)));
  await lanes(count / 5);
  manager.cleanupOldSessions(0);
  collectGarbage();
  const before = process.memoryUsage.rss();
  await lanes(count);
  const left = leftOf(mark);
  const { completed, cancelled, timeout, failed } = manager.getSessionHealthMetrics().sessionsByStatus;
  tell(atMost('cli.left1000', left, 0, 'processes'));
  tell(atMost('cli.unexpected1000', failed, 0, `failed of ${completed + cancelled + timeout + failed}`));
  manager.cleanupOldSessions(0);
  collectGarbage();
  tell(atMost('cli.rssGrowth800', (process.memoryUsage.rss() - before) / MB, 20, 'MB'));
}

/** From the call to the first line of a Node program, beside a bare spawn of the same, turn by turn. */
export async function measureStart(log: Logger, tell: Tell, rounds = 60): Promise<void> {
  await inFolder(async (stateFolder) => {
    await using manager = new ClaudeCliManager({ log, stateFolder });
    const args = ['-e', 'console.log("up"); setInterval(() => {}, 1000)'];
    const bare = async (): Promise<number> => {
      const startedMonoMs = performance.now();
      const child = spawn(process.execPath, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
      await once(child.stdout, 'data', { signal: AbortSignal.timeout(START_LIMIT_MS) });
      const tookMs = performance.now() - startedMonoMs;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
      return tookMs;
    };
    const ours = async (): Promise<number> => {
      const startedMonoMs = performance.now();
      const { session, ended } = manager.startClaudeSession('bench', '', { command: process.execPath, args });
      const tookMs = await new Promise<number>((resolve) => {
        const stop = manager.onUpdate((updated, { type }) => {
          if (updated !== session || type !== 'output') return;
          stop();
          resolve(performance.now() - startedMonoMs);
        });
      });
      manager.cancelSession(session.id);
      await ended;
      return tookMs;
    };
    await ours(); // the reaper is hired with the first
    await bare();
    const times = { bare: [] as number[], ours: [] as number[] };
    for (let round = 0; round < rounds; round += 1) {
      // In turns, so that neither always comes after the other's end.
      if (round % 2 === 0) times.bare.push(await bare());
      times.ours.push(await ours());
      if (round % 2 === 1) times.bare.push(await bare());
    }
    tell(ratioAtMost('cli.start', median(times.ours), median(times.bare), 1.1, 'ms'));
  });
}

/** 200 sessions at once: all run, all complete, and what watching them costs. */
export async function measureMany(log: Logger, tell: Tell, count = 200, windowMs = 15_000): Promise<void> {
  await using manager = new ClaudeCliManager({ log });
  const mark = newMark();
  const seconds = Math.ceil((windowMs + 12_000) / 1000);
  const startedMonoMs = performance.now();
  const limits = { maxMemory: 512 * MB, maxCpuTime: 3_600_000 };
  const options = shell(`sleep ${seconds} & echo up; wait; echo done`, {
    env: { BENCH_MARK: mark },
    resourceLimits: limits,
  });
  const all = Array.from({ length: count }, () => manager.startClaudeSession('bench', '', options));
  while (all.some(({ session }) => session.output.length === 0 && session.endTime === undefined))
    await sleep(20);
  tell(
    atMost('cli.up200', (performance.now() - startedMonoMs) / 1000, 15, 's until the last of 200 has spoken'),
  );
  tell(atLeast('cli.atOnce200', manager.getActiveSessions().length, count, 'sessions that run'));
  await sleep(6000); // the first looks read every environment once
  const before = process.cpuUsage();
  await sleep(windowMs);
  const { user, system } = process.cpuUsage(before);
  tell(atMost('cli.watch200', ((user + system) / 1000 / windowMs) * 100, 1, '% of a core'));
  const ended = await Promise.all(all.map((one) => one.ended));
  tell(
    atLeast(
      'cli.completed200',
      ended.filter(({ status }) => status === 'completed').length,
      count,
      'sessions',
    ),
  );
  tell(atMost('cli.left200', leftOf(mark), 0, 'processes'));
}

function highWaterBytes(pid: number | undefined): number {
  try {
    return Number(/^VmHWM:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0; // gone
  }
}

/** How far above 512 MB a session gets that leaks 190 MB/s, % of the limit. Linux only. */
export async function measureOvershoot(log: Logger, tell: Tell): Promise<void> {
  const limit = 512 * MB;
  const leak = `
    const kept = []; const began = performance.now(); let mb = 0;
    setInterval(() => { for (; mb < (performance.now() - began) * 0.19; mb += 1) kept.push(Buffer.alloc(${MB}, 1)); }, 5)`;
  await using manager = new ClaudeCliManager({ log });
  const { session, ended } = manager.startClaudeSession('bench', '', {
    command: process.execPath,
    args: ['-e', leak],
    maxRetries: 0,
    resourceLimits: { maxMemory: limit },
  });
  let peak = 0;
  const eye = setInterval(() => (peak = Math.max(peak, highWaterBytes(session.pid))), 4);
  const { error } = await ended;
  clearInterval(eye);
  if (error?.category !== 'memory')
    throw new Error(`the leak ended by ${error?.category ?? 'itself'}, not by its limit`);
  tell(atMost('cli.memoryOvershoot', (peak / limit - 1) * 100, 15, '%'));
}

/** A command that fails twice, 50 of them at once. @param retryDelay ms; the default wait counts, another is for trying it out */
export async function measureRecovery(log: Logger, tell: Tell, count = 50, retryDelay = 2000): Promise<void> {
  await inFolder(async (folder) => {
    await using manager = new ClaudeCliManager({ log });
    const script = 'n=$(cat "$1" 2>/dev/null || echo 0); echo $((n + 1)) > "$1"; [ "$n" -ge 2 ]';
    const all = Array.from({ length: count }, (_, index) =>
      manager.executeClaudeSession('bench', '', {
        command: 'sh',
        args: ['-c', script, 'sh', join(folder, String(index))],
        retryDelay,
      }),
    );
    const completed = (await Promise.all(all)).filter(
      ({ status, retryCount }) => status === 'completed' && retryCount === 2,
    );
    const { recovery } = manager.getSessionStats();
    tell(atLeast('cli.recoveryRate', (completed.length / count) * 100, 100, '%'));
    tell(atMost('cli.recoveryMean', (recovery.meanMs ?? Infinity) / 1000, 15, 's'));
  });
}

/** 100 MB of output in lines of 100 characters: how much this process grows by it. */
export async function measureOutput(log: Logger, tell: Tell, megabytes = 100): Promise<void> {
  await inFolder(async (spillFolder) => {
    await using manager = new ClaudeCliManager({ log, spillFolder });
    const pour = (mb: number) =>
      manager.executeClaudeSession('bench', '', shell(`yes ${'x'.repeat(99)} | head -c ${mb * MB}`));
    await pour(1);
    collectGarbage();
    const before = process.memoryUsage.rss();
    let peak = before;
    const stop = manager.onUpdate(() => (peak = Math.max(peak, process.memoryUsage.rss())));
    const startedMonoMs = performance.now();
    const session = await pour(megabytes);
    stop();
    const lines = session.droppedLines + session.output.length;
    if (lines < (megabytes * MB) / 100) throw new Error(`only ${lines} lines arrived of ${megabytes} MB`);
    tell(atMost('cli.output100Mb', (peak - before) / MB, 48, 'MB more at the peak'));
    tell(atMost('cli.output100MbTime', (performance.now() - startedMonoMs) / 1000, 30, 's'));
  });
}

/** From the cancelling to the end of a SIGTERM-proof shell, its child and one that left the group, s. */
export async function measureProof(log: Logger, tell: Tell): Promise<void> {
  await using manager = new ClaudeCliManager({ log });
  const mark = newMark();
  const proof = "trap '' TERM; while :; do sleep 1; done";
  const script = `trap '' TERM; sh -c "${proof}" & setsid sh -c "${proof}" & echo up; while :; do sleep 1; done`;
  const { session, ended } = manager.startClaudeSession(
    'bench',
    '',
    shell(script, { env: { BENCH_MARK: mark } }),
  );
  while (session.output.length === 0) await sleep(10);
  const startedMonoMs = performance.now();
  manager.cancelSession(session.id);
  await ended;
  const tookS = (performance.now() - startedMonoMs) / 1000;
  if (leftOf(mark) > 0) throw new Error(`${leftOf(mark)} processes are left`);
  tell(atMost('cli.sigtermProof', tookS, 6, 's'));
}

/** `kill -9` of a manager in the middle of 20 sessions: when the last process is gone, and what the next one knows. */
export async function measureKilledManager(log: Logger, tell: Tell): Promise<void> {
  await inFolder(async (stateFolder) => {
    const mark = newMark();
    const args = [...nodeModuleArguments(new URL('./killed-manager.ts', import.meta.url)), stateFolder, mark];
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: 120_000,
      killSignal: 'SIGKILL',
    });
    await once(child.stdout, 'data', { signal: AbortSignal.timeout(START_LIMIT_MS) });
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    const startedMonoMs = performance.now();
    while (leftOf(mark) > 0 && performance.now() - startedMonoMs < 60_000) await sleep(20);
    tell(atMost('cli.killedManagerGone', (performance.now() - startedMonoMs) / 1000, 30, 's'));
    await using manager = new ClaudeCliManager({ log, stateFolder, onRestart: 'fail' });
    tell(
      atLeast('cli.killedManagerFates', (await manager.restored).length, 20, 'sessions whose fate is known'),
    );
    tell(atMost('cli.killedManagerLeft', leftOf(mark), 0, 'processes'));
  });
}

/** Measures all, one after the other; one that fails is a figure that misses its bar, and the next ones follow. */
export async function benchCli(log: Logger, tell: Tell): Promise<void> {
  const measurements = {
    measureOutput, // first: what others have used before would hide its growth
    measureCliRecords: (_log: Logger, told: Tell) => measureCliRecords(told),
    measureStart,
    measureProof,
    measureOvershoot,
    measureRecovery,
    measureKilledManager,
    measureMany,
    measureLeftovers,
  };
  for (const [name, measure] of Object.entries(measurements)) {
    try {
      await measure(log, tell);
    } catch (error) {
      log.error({ event: 'benchFailed', name, err: error }, `${name} failed`);
      tell({ id: `cli.${name}`, value: Number.NaN, unit: 'failed', bar: 0, ok: false });
    }
  }
}
