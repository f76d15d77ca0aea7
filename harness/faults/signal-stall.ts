/** The WebSocket falls silent in both directions and nobody is told: no error, no close. Media is untouched. */
import { need, type Fault } from './fault.ts';
import { undoOnce } from './undo.ts';

/** What was held passes when it is undone, as TCP would send it again. */
export function signalStall(id: string): Fault {
  return {
    id,
    apply: (target, signal) => {
      signal.throwIfAborted();
      return Promise.resolve(undoOnce(need(target, 'signal', id).hold(), signal));
    },
  };
}
