/** Tokens go bad on their way: the real server answers its real 401. With `count` 1 a new token heals it, as with an expired one. */
import { defineFault } from './define-fault.ts';
import { need, type Fault } from './fault.ts';
import { undoOnce } from './undo.ts';

/** @param count how many requests with a token are hit; Infinity for all. */
export function tokenSpoil(id: string, count: number): Fault {
  return defineFault(id, (target, signal) => {
    return undoOnce(need(target, 'signal', id).spoilTokens(count), signal);
  });
}
