/**
 * A value that changes over time and tells who watches. It owns its watchers' list and nothing else: no
 * scheduling, no equality beyond `Object.is`. A watcher that throws never keeps the others from being told.
 */

/** A value to read now and to watch. */
export interface Readable<T> {
  readonly value: T;
  /**
   * Calls `watcher` with each new value, never with the present one. Ends when `signal` aborts or the
   * returned function is called.
   */
  watch(watcher: (value: T, previous: T) => void, signal?: AbortSignal): () => void;
}

/** A {@link Readable} whose owner may set it. */
export class Writable<T> implements Readable<T> {
  #value: T;
  readonly #watchers = new Set<(value: T, previous: T) => void>();
  readonly #onWatcherError: (error: unknown) => void;

  /** @param onWatcherError receives what a watcher threw; by default it is dropped. */
  constructor(value: T, onWatcherError: (error: unknown) => void = () => {}) {
    this.#value = value;
    this.#onWatcherError = onWatcherError;
  }

  get value(): T {
    return this.#value;
  }

  /** How many watch now; for tests that look for leaks. */
  get watcherCount(): number {
    return this.#watchers.size;
  }

  /** Sets the value and tells the watchers, in the order they came. The same value tells nobody. */
  set(value: T): void {
    const previous = this.#value;
    if (Object.is(previous, value)) return;
    this.#value = value;
    for (const watcher of [...this.#watchers]) {
      try {
        watcher(value, previous);
      } catch (error) {
        this.#onWatcherError(error);
      }
    }
  }

  watch(watcher: (value: T, previous: T) => void, signal?: AbortSignal): () => void {
    if (signal?.aborted) return () => {};
    // A wrapper per call, so that the same function may watch twice and each end is its own.
    const entry = (value: T, previous: T): void => watcher(value, previous);
    const end = (): void => {
      this.#watchers.delete(entry);
      signal?.removeEventListener('abort', end);
    };
    this.#watchers.add(entry);
    signal?.addEventListener('abort', end, { once: true });
    return end;
  }
}
