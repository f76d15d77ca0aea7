/** The frame that all faults share: too late means nothing happens, and every failure is a rejection. */
import type { Fault, FaultTarget, Undo } from './fault.ts';

/** A fault from what it does; `begin` is not called once `signal` is aborted. */
export function defineFault(
  id: string,
  begin: (target: FaultTarget, signal: AbortSignal) => Undo | Promise<Undo>,
): Fault {
  return {
    id,
    apply: async (target, signal) => {
      signal.throwIfAborted();
      return begin(target, signal);
    },
  };
}
