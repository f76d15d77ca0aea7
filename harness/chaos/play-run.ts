/**
 * Plays one run in a process of its own, bounded: whatever goes wrong there is a run that could not be played. With way N
 * the process starts in a network namespace of its own, and so does all that it starts.
 */
import { findNamespaceTools } from '../namespaces/namespace-tools.ts';
import { nodeModuleArguments } from '../supervisor/node-module-arguments.ts';
import { ProcessGroup } from '../supervisor/process-group.ts';
import type { ChaosRun } from '../scenario/chaos-result.ts';
import { limitMs } from './chaos-plan.ts';
import { unplayedRun } from './observe-call.ts';
import type { PlayedCall } from './play-call.ts';
import type { RunOrder, RunTold } from './run-order.ts';

/** From the order to stop to the kill, ms: server, agent and browser need up to 10 s together. */
const STOP_LIMIT_MS = 20_000;
const SHOWN_CHARACTERS = 400;

/** A run, and for who asked for it all that was seen and logged. */
export interface PlayedRun {
  readonly run: ChaosRun;
  readonly facts?: PlayedCall;
  /** Log lines of the run's process, JSON each. */
  readonly log: readonly string[];
}

/** `unshare` becomes the process that it starts, so IPC, pid and group are the run's own. */
async function commandFor({ way }: RunOrder): Promise<{ command: string; args: string[] }> {
  const args = nodeModuleArguments(new URL('./run-process.ts', import.meta.url));
  if (way !== 'N') return { command: process.execPath, args };
  const tools = await findNamespaceTools(process.env);
  if ('reason' in tools) throw new Error(tools.reason);
  return { command: tools.unshare, args: ['--net', '--', process.execPath, ...args] };
}

/** Never rejects but with `signal.reason`; then the run's processes are gone. */
export async function playRun(
  order: RunOrder,
  onStep: (text: string) => void,
  signal: AbortSignal,
): Promise<PlayedRun> {
  signal.throwIfAborted();
  const { scenario, client, run } = order;
  const log: string[] = [];
  const unplayed = (why: string): PlayedRun => ({ run: unplayedRun(scenario.id, { client, run }, why), log });
  let group: ProcessGroup;
  try {
    group = await ProcessGroup.start({
      ...(await commandFor(order)),
      ipc: true,
      keepCharacters: 8_192,
      ...(order.keepFacts && { onLine: (line: string) => void log.push(line) }),
    });
  } catch (error) {
    return unplayed(error instanceof Error ? error.message : 'no process could be started');
  }
  const told = new Promise<RunTold>((resolve) => {
    group.child.on('message', (message: RunTold) => {
      if (message.type === 'step') onStep(message.text);
      else resolve(message);
    });
    group.exited.then(
      ({ code, signal: by }) => {
        const said = group.output('stderr').trim().slice(-SHOWN_CHARACTERS);
        resolve({
          type: 'failed',
          why: `its process ended (${code ?? by})${said === '' ? '' : `: ${said.replace(/\s+/g, ' ')}`}`,
        });
      },
      () => undefined,
    );
  });
  const limit = limitMs(order);
  const stuck = new AbortController();
  const timer = setTimeout(() => stuck.abort(), limit);
  const stopped = new Promise<RunTold>((resolve) => {
    AbortSignal.any([signal, stuck.signal]).addEventListener(
      'abort',
      () => resolve({ type: 'failed', why: `not done within ${Math.round(limit / 1_000)} s` }),
      { once: true },
    );
  });
  try {
    signal.throwIfAborted(); // while the process was being started: nothing has heard it then
    group.send(order);
    const end = await Promise.race([told, stopped]);
    signal.throwIfAborted();
    if (end.type === 'done') return { run: end.run, log, ...(end.facts && { facts: end.facts }) };
    return unplayed(end.type === 'failed' ? end.why : 'nothing was told');
  } finally {
    clearTimeout(timer);
    await group.stop({ killAfterMs: STOP_LIMIT_MS });
  }
}
