/** The WebSocket dies once, by RST or by FIN; a new one works at once. Media is untouched. */
import { defineFault } from './define-fault.ts';
import { need, type Fault } from './fault.ts';
import { NOTHING_TO_UNDO } from './undo.ts';

/** @param how `reset`: the page sees close 1006 within ms; `fin`: closed without a closing frame. */
export function signalCut(id: string, how: 'reset' | 'fin'): Fault {
  return defineFault(id, (target) => {
    need(target, 'signal', id).cutConnections(how);
    return NOTHING_TO_UNDO;
  });
}
