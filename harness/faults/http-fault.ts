/** The server or the token endpoint answers wrongly, or not at all. */
import { defineFault } from './define-fault.ts';
import { need, type Fault } from './fault.ts';
import type { HttpAnswer } from './http-answer.ts';
import { undoOnce } from './undo.ts';

/** @param at whose requests: `signal` is LiveKit's port, `gateway` ours. @param pathPrefix `/rtc` is every join, resume and validate. */
export function httpFault(
  id: string,
  at: 'signal' | 'gateway',
  pathPrefix: string,
  answer: HttpAnswer,
): Fault {
  return defineFault(id, (target, signal) => {
    return undoOnce(need(target, at, id).answer(pathPrefix, answer), signal);
  });
}
