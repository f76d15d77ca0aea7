/** Ways to make an {@link Undo}: once only, on abort too, and many as one. */
import type { Undo } from './fault.ts';

/** Nothing to take back. */
export const NOTHING_TO_UNDO: Undo = () => Promise.resolve();

/**
 * Runs `heal` once, on the first call of the result or when `signal` aborts, whichever comes first. A failure of
 * `heal` reaches every caller of the result; after an abort that nobody asks about, it is kept for the next caller.
 */
export function undoOnce(heal: () => Promise<void> | void, signal: AbortSignal): Undo {
  let healing: Promise<void> | undefined;
  const undo: Undo = () => {
    signal.removeEventListener('abort', onAbort);
    healing ??= (async () => heal())();
    return healing;
  };
  const onAbort = (): void => {
    undo().catch(() => {
      // Kept in `healing`: whoever calls undo later is told.
    });
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  return undo;
}

/** One undo that runs all, last first, even when one fails; then throws the first failure. */
export function undoAll(undos: readonly (() => Promise<void> | void)[]): Undo {
  return async () => {
    const failures: unknown[] = [];
    for (const undo of [...undos].reverse()) {
      try {
        await undo();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  };
}
