/**
 * The process of one run: plays what it is told by its parent and ends. A process of its own, because an agent side is
 * one to a process, and because a run that crashes shall not take the others with it. Ends with its parent.
 */
import { messageOf } from '../cli/exit-codes.ts';
import { createLogger } from '../log/create-logger.ts';
import type { PlayedCall } from './play-call.ts';
import type { RunOrder, RunTold } from './run-order.ts';
import { runScenario } from './run-scenario.ts';

const life = new AbortController();
process.on('disconnect', () => life.abort(new Error('the parent is gone')));
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.on(name, () => life.abort(new Error('interrupted')));
process.on('message', (order: RunOrder) => {
  play(order).then(end, (error: unknown) => end({ type: 'failed', why: plain(error) }));
});

async function play(order: RunOrder): Promise<RunTold> {
  const { keepFacts, config } = order;
  const log = await createLogger({ level: keepFacts ? 'debug' : config.values.logLevel, pretty: false });
  const report = (text: string): void => tell({ type: 'step', text });
  const kept: PlayedCall[] = [];
  const onPlayed = (played: PlayedCall): void => void kept.push(played);
  const run = await runScenario({ ...order, log, report, onPlayed }, life.signal);
  const [facts] = kept;
  return { type: 'done', run, ...(keepFacts && facts !== undefined && { facts }) };
}

function tell(told: RunTold, sent: () => void = () => undefined): void {
  if (process.connected) process.send?.(told, undefined, undefined, sent);
  else sent();
}

function end(told: RunTold): void {
  tell(told, () => process.exit(0)); // leftovers of native modules would keep the process alive
}

function plain(error: unknown): string {
  return messageOf(error).replace(/^clara: /, '');
}
