/** Loses all media one way or both; the signal connection stays sound. */
import { defineFault } from './define-fault.ts';
import { need, type Fault } from './fault.ts';
import { cutRule, type Direction } from './packet-rules.ts';
import { undoOnce } from './undo.ts';

/** @param side what is lost, seen from the client: `up` is what it sends. */
export function udpCut(id: string, side: Direction | 'both'): Fault {
  return defineFault(id, async (target, signal) => {
    if (target.kernel !== undefined) return undoOnce(await target.kernel.cut({ kind: 'udp', side }), signal);
    return undoOnce(need(target, 'media', id).addRule(cutRule(side)), signal);
  });
}
