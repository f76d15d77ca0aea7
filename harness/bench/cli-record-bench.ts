/** Owns: how much memory this process needs for a session's record, while it runs and after its end. */
import { ClaudeCliManager } from '../responder/claude-cli-manager.ts';
import type { CliProcess, StartProcess } from '../responder/cli-process.ts';
import type { ProcessEnd } from '../responder/attempt-outcome.ts';
import { Deadlines } from '../supervisor/deadlines.ts';
import { systemEngineClock } from '../supervisor/engine-clock.ts';
import { ProcessLooks } from '../supervisor/process-looks.ts';
import { systemProcessSource } from '../supervisor/process-sample.ts';
import { UsageMonitor } from '../supervisor/usage-monitor.ts';
import { WatchedGroup } from '../supervisor/watched-group.ts';
import { atMost } from './bench-result.ts';
import type { BenchResult } from './bench-result.ts';
import { collectGarbage } from './heap.ts';

/** What is remembered of a session has less than this, bytes (agent.md). */
const BAR_BYTES = 2048;
/**
 * While it runs there are its watch, its reader and its waiting steps as well, beside some 20 kB that Node itself needs for
 * a child with three pipes; bytes.
 */
const RUNNING_BAR_BYTES = 10 * 1024;

/** A short answer, as claude tells it: what is kept of a session has its lines, its words and its conversation in it. */
function saidBy(sessionId: string): string {
  const conversation = { session_id: `talk-${sessionId}` };
  return [
    { type: 'system', subtype: 'init', ...conversation },
    { type: 'assistant', message: { content: [{ type: 'text', text: `Done, ${sessionId}.` }] } },
    { type: 'result', subtype: 'success', is_error: false, result: `Done, ${sessionId}.`, ...conversation },
  ]
    .map((line) => `${JSON.stringify(line)}\n`)
    .join('');
}

/**
 * Sessions on groups that are watched as real ones are, but have no process: handles and pipes are Node's own, and the
 * same for a bare spawn.
 */
export async function measureCliRecords(tell: (result: BenchResult) => void, count = 5000): Promise<void> {
  const clock = systemEngineClock;
  const fail = (error: unknown): never => {
    throw error;
  };
  const deadlines = new Deadlines(clock, fail);
  const looks = new ProcessLooks(systemProcessSource(), clock);
  const tools = {
    deadlines,
    looks,
    clock,
    usage: new UsageMonitor({ looks, deadlines, clock, onError: fail }),
    onError: fail,
  };
  const watched: WatchedGroup[] = [];
  const ends: ((end: ProcessEnd) => void)[] = [];
  const startProcess: StartProcess = ({ sessionId, limits, stale }, handlers) => {
    const pid = 2 ** 30 + watched.length;
    const exited = new Promise<never>(() => undefined); // its own: one for all would keep what waits for it
    const group = { pid, exited, signal: () => false };
    const mark = { leaderPid: pid, leaderStartTime: '1', mark: 'mark' };
    watched.push(
      new WatchedGroup({
        sessionId,
        group,
        mark,
        policy: { limits, ...(stale !== undefined && { stale }) },
        tools,
        onEvent: () => undefined,
      }),
    );
    const ended = new Promise<ProcessEnd>((resolve) =>
      ends.push((end) => {
        handlers.onText(saidBy(sessionId), 'stdout');
        resolve(end);
      }),
    );
    const process: CliProcess = {
      pid,
      child: undefined,
      write: () => false,
      setBusy: () => undefined,
      end: () => undefined,
      ended,
    };
    return Promise.resolve(process);
  };
  const manager = new ClaudeCliManager({ startProcess });
  const heap = async (): Promise<number> => {
    for (let turns = 0; turns < 5; turns += 1) await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  const execute = (): void =>
    void manager.startClaudeSession('agent', 'x', { resourceLimits: { maxMemory: 2 ** 29 } });
  for (let index = 0; index < 100; index += 1) execute(); // shapes and code are there
  const before = await heap();
  for (let index = 0; index < count; index += 1) execute();
  tell(atMost('cli.recordRunning', ((await heap()) - before) / count, RUNNING_BAR_BYTES, 'bytes'));
  deadlines.stop();
  for (const { sessionId } of watched.splice(0)) tools.usage.unwatch(sessionId); // as the end of a real group does
  for (const end of ends.splice(0)) end({ cause: 'exited', exit: { code: 0, signal: null }, isGone: true });
  const bytes = ((await heap()) - before) / count;
  const { completed, running } = manager.getSessionHealthMetrics().sessionsByStatus;
  if (running > 0 || completed < count) throw new Error(`${completed} sessions completed, ${running} run`);
  tell(atMost('cli.record', bytes, BAR_BYTES, 'bytes'));
  await manager.dispose();
}
