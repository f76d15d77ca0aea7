/** The WebSocket falls silent in both directions and nobody is told: no error, no close. Media is untouched. */
import { defineFault } from './define-fault.ts';
import { need, type Fault } from './fault.ts';
import { undoOnce } from './undo.ts';

/** What was held passes when it is undone, as TCP would send it again. */
export function signalStall(id: string): Fault {
  return defineFault(id, async (target, signal) => {
    if (target.kernel !== undefined) return undoOnce(await target.kernel.cut({ kind: 'signal' }), signal);
    return undoOnce(need(target, 'signal', id).hold(), signal);
  });
}
