/** Awaits that always end: at their signal, or at a time limit. They own the timer they start and nothing else. */
import type { Clock } from '../ports.ts';

/**
 * `work`, or a rejection with `signal.reason` as soon as it aborts, even when `work` does not listen to the signal.
 * What `work` still brings after that goes to `onLate`, which releases it; what it throws after that is dropped.
 */
export function untilAborted<T>(
  work: Promise<T>,
  signal: AbortSignal,
  onLate: (value: T) => void = () => {},
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    work.then(
      (value) => {
        signal.removeEventListener('abort', abort);
        if (signal.aborted) onLate(value);
        resolve(value);
      },
      (error: unknown) => {
        signal.removeEventListener('abort', abort);
        reject(error);
      },
    );
  });
}

/**
 * Runs `work` with a signal that aborts with `signal`, or after `limitMs` with the error that `late` makes. The
 * timer ends with the work.
 */
export async function within<T>(
  clock: Clock,
  limitMs: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
  late: () => Error,
  onLate: (value: T) => void = () => {},
): Promise<T> {
  signal.throwIfAborted();
  const limit = new AbortController();
  const timer = new AbortController();
  const pass = (): void => limit.abort(signal.reason);
  signal.addEventListener('abort', pass, { once: true });
  clock.sleep(limitMs, timer.signal).then(
    () => limit.abort(late()),
    () => {}, // the work was faster
  );
  try {
    return await untilAborted(work(limit.signal), limit.signal, onLate);
  } finally {
    signal.removeEventListener('abort', pass);
    timer.abort();
  }
}

/** Waits for `work`, at most `limitMs`; never rejects. For closing things, where nobody can do more. */
export async function settledWithin(clock: Clock, limitMs: number, work: Promise<unknown>): Promise<void> {
  const timer = new AbortController();
  const done = work.then(
    () => {},
    () => {}, // closing: who could act on it has been told by the port itself
  );
  await Promise.race([done, clock.sleep(limitMs, timer.signal).catch(() => {})]);
  timer.abort();
}
