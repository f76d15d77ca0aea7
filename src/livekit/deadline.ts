import type { Clock } from '../core/ports.ts';

/**
 * Runs `work` for at most `limitMs`. The signal that `work` gets aborts when the outer one does or when the time
 * is over; the wait ends then even if `work` ignores its signal, so `work` has to close what it opens late.
 * Rejects with the outer `signal.reason`, with `late()` after the limit, or with what `work` threw.
 */
export async function withDeadline<T>(
  work: (signal: AbortSignal) => Promise<T>,
  limitMs: number,
  late: () => Error,
  clock: Clock,
  signal: AbortSignal,
): Promise<T> {
  signal.throwIfAborted();
  const inner = new AbortController();
  const settled = new AbortController();
  const onOuterAbort = (): void => inner.abort(signal.reason);
  signal.addEventListener('abort', onOuterAbort, { once: true });
  const aborted = new Promise<never>((_, reject) => {
    inner.signal.addEventListener('abort', () => reject(inner.signal.reason), { once: true });
  });
  aborted.catch(() => {}); // the race below listens only until it is decided
  clock.sleep(limitMs, settled.signal).then(
    () => inner.abort(late()),
    () => {}, // decided in time
  );
  try {
    return await Promise.race([work(inner.signal), aborted]);
  } catch (error) {
    // A fetch that was aborted throws what it likes; the reason is what counts.
    if (inner.signal.aborted) throw inner.signal.reason;
    throw error;
  } finally {
    signal.removeEventListener('abort', onOuterAbort);
    settled.abort();
  }
}
