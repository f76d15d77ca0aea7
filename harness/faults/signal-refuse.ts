/** New signal connections are turned away; what is open stays open. */
import { defineFault } from './define-fault.ts';
import { need, type Fault } from './fault.ts';
import type { Refusal } from './tcp-proxy.ts';
import { undoOnce } from './undo.ts';

/** @param how by a closed port, or accepted and reset. */
export function signalRefuse(id: string, how: Refusal): Fault {
  return defineFault(id, async (target, signal) => {
    return undoOnce(await need(target, 'signal', id).refuse(how), signal);
  });
}
