/** A signal path that works, late and narrow. */
import { defineFault } from './define-fault.ts';
import { need, type Fault } from './fault.ts';
import type { SlowLink } from './tcp-conditions.ts';
import { undoOnce } from './undo.ts';

/** Each way and connection for itself. */
export function signalSlow(id: string, link: SlowLink): Fault {
  return defineFault(id, (target, signal) => {
    return undoOnce(need(target, 'signal', id).slowDown(link), signal);
  });
}
