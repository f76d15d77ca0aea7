/** A NAT that forgot its mapping: the client's media suddenly comes from another port. Nothing to take back. */
import { defineFault } from './define-fault.ts';
import { need, type Fault } from './fault.ts';
import { NOTHING_TO_UNDO } from './undo.ts';

/** Rebinds every flow of the client once. */
export function udpRebind(id: string): Fault {
  return defineFault(id, async (target) => {
    await need(target, 'media', id).rebind();
    return NOTHING_TO_UNDO;
  });
}
