/** A process of ours is made to misbehave from inside: it is caught in a loop, or takes ever more memory. */
import { defineFault } from './define-fault.ts';
import { need, type Fault } from './fault.ts';
import type { ProcessName } from './process-pause.ts';
import { NOTHING_TO_UNDO } from './undo.ts';

/** What it does from then on. */
export type Misbehaviour = 'busyLoop' | 'leak';

const EXPRESSIONS: Readonly<Record<Misbehaviour, string>> = {
  // Answered before it begins, or nobody would hear that it has.
  busyLoop: 'setTimeout(() => { for (;;); }, 50)',
  // Some 100 MB/s, touched, or the kernel would not count it.
  leak: 'globalThis.leaked = []; setInterval(() => globalThis.leaked.push(Buffer.alloc(2 * 1024 * 1024, 1)), 20)',
};

/** Nothing takes it back but the end of the process. */
export function processInject(id: string, name: Exclude<ProcessName, 'renderer'>, what: Misbehaviour): Fault {
  return defineFault(id, async (target, signal) => {
    const process = need(target, name, id);
    if (process.evaluate === undefined) throw new Error(`${id}: the ${name} runs no JavaScript of ours`);
    await process.evaluate(EXPRESSIONS[what], signal);
    return NOTHING_TO_UNDO;
  });
}
