/**
 * Owns: telling many what happened, as callbacks and as async iterators. A listener that throws keeps no other from
 * being told; a reader that is slow loses the oldest events, is told how many, and holds nobody up.
 */

/** Events waiting for one reader at most. */
const MAX_WAITING = 1000;

/** A typed channel of events. */
export class EventChannel<E> {
  readonly #listeners = new Set<(event: E) => void>();
  readonly #onError: (error: unknown) => void;

  /** @param onError gets what a listener threw */
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  /** How many listen; for tests that look for leaks. */
  get listenerCount(): number {
    return this.#listeners.size;
  }

  /** Calls `listener` with each event from now on, until `signal` aborts or the returned function is called. */
  on(listener: (event: E) => void, signal?: AbortSignal): () => void {
    if (signal?.aborted) return () => undefined;
    const entry = (event: E): void => listener(event); // the same function may listen twice
    const end = (): void => {
      this.#listeners.delete(entry);
      signal?.removeEventListener('abort', end);
    };
    this.#listeners.add(entry);
    signal?.addEventListener('abort', end, { once: true });
    return end;
  }

  /** Tells everyone, in the order they came. Never throws. */
  emit(event: E): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(event);
      } catch (error) {
        this.#onError(error);
      }
    }
  }

  /**
   * Events from this call on, until `signal` aborts or the loop is left. @param onLost told how many events were
   * dropped for this reader since the last time
   */
  async *events(
    signal: AbortSignal,
    onLost: (count: number) => void = () => undefined,
  ): AsyncGenerator<E, void> {
    const waiting: E[] = [];
    let lost = 0;
    let wake: (() => void) | undefined;
    const end = this.on((event) => {
      waiting.push(event);
      if (waiting.length > MAX_WAITING) {
        waiting.shift();
        lost += 1;
      }
      wake?.();
    }, signal);
    const onAbort = (): void => wake?.();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      while (!signal.aborted) {
        if (lost > 0) {
          onLost(lost);
          lost = 0;
        }
        const next = waiting.shift();
        if (next !== undefined) yield next;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      end();
      signal.removeEventListener('abort', onAbort);
    }
  }
}
