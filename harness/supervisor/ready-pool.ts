/**
 * Owns: a few things that are dear to start, kept ready. What was taken belongs to its taker.
 * Never: gives out one that has ended while it waited; never refills in a circle when starting fails.
 * Invariant: after `stop` nothing that it made and nobody took is left, starts under way included.
 */
import { bounded } from './bounded.ts';
import type { EngineClock } from './engine-clock.ts';

/** Makes what a pool keeps. */
export interface PoolFactory<T> {
  /** Rejects when none can be started. Must give up when the signal aborts. */
  create(signal: AbortSignal): Promise<T>;
  /** Ends one for good. */
  dispose(item: T): Promise<void>;
  /** Fulfils when the item has ended by itself; never rejects. */
  ended(item: T): Promise<unknown>;
}

export interface ReadyPoolOptions<T> {
  readonly factory: PoolFactory<T>;
  /** How many wait. 0: each is made when it is taken. */
  readonly size: number;
  readonly clock: EngineClock;
  /** Told what failed; the pool goes on. */
  readonly onError: (error: unknown, doing: 'create' | 'dispose') => void;
  /** Longest start, ms. @default 30000 */
  readonly createLimitMs?: number;
  /** Longest end of one, ms. @default 5000 */
  readonly disposeLimitMs?: number;
  /** Whether a taken one is replaced at once; otherwise at the next `fill`. @default true */
  readonly refillsOnTake?: boolean;
  /** Pause before the next start after one failed or died waiting, ms. @default 2000 */
  readonly refillPauseMs?: number;
}

/** A pool of waiting things. */
export class ReadyPool<T> {
  readonly #options: ReadyPoolOptions<T>;
  readonly #life = new AbortController();
  readonly #waiting = new Set<T>();
  readonly #starting = new Set<Promise<void>>();
  #cancelRefill: (() => void) | undefined;
  #draining = false;

  constructor(options: ReadyPoolOptions<T>) {
    this.#options = options;
  }

  /** How many wait now. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Starts as many as are missing. */
  fill(): void {
    while (this.#isFilling && this.#waiting.size + this.#starting.size < this.#options.size) {
      const start: Promise<void> = this.#addOne().finally(() => this.#starting.delete(start));
      this.#starting.add(start);
    }
  }

  /** A waiting one, or a new one; starts a replacement unless told otherwise. Rejects when none can be started or the pool was stopped. */
  async take(): Promise<T> {
    this.#life.signal.throwIfAborted();
    const [item] = this.#waiting;
    if (item === undefined) return this.#create();
    this.#waiting.delete(item);
    if (this.#options.refillsOnTake ?? true) this.fill();
    return item;
  }

  /** No more are kept ready, and those that wait end; `take` still makes new ones. Bounded, never rejects. */
  async drain(): Promise<void> {
    this.#draining = true;
    this.#cancelRefill?.();
    await Promise.all(this.#starting);
    const items = [...this.#waiting];
    this.#waiting.clear();
    await Promise.all(items.map((item) => this.#dispose(item)));
  }

  /** Drains, and ends the starts under way. Idempotent, bounded, never rejects. */
  async stop(): Promise<void> {
    this.#life.abort(new Error('the pool was stopped'));
    await this.drain();
  }

  get #isFilling(): boolean {
    return !this.#draining && !this.#life.signal.aborted && this.#cancelRefill === undefined;
  }

  #create(): Promise<T> {
    const { factory, clock, createLimitMs = 30_000 } = this.#options;
    return bounded(
      clock,
      createLimitMs,
      'a start for the pool',
      factory.create(this.#life.signal),
      (late) => {
        this.#dispose(late).catch((error: unknown) => this.#options.onError(error, 'dispose'));
      },
    );
  }

  async #addOne(): Promise<void> {
    try {
      const item = await this.#create();
      if (this.#draining || this.#life.signal.aborted) return await this.#dispose(item);
      this.#waiting.add(item);
      const onEnd = (): void => {
        if (this.#waiting.delete(item)) this.#refillLater();
      };
      this.#options.factory.ended(item).then(onEnd, onEnd);
    } catch (error) {
      if (this.#life.signal.aborted) return;
      this.#options.onError(error, 'create');
      this.#refillLater();
    }
  }

  async #dispose(item: T): Promise<void> {
    const { factory, clock, disposeLimitMs = 5000 } = this.#options;
    try {
      await bounded(clock, disposeLimitMs, 'the end of a waiting one', factory.dispose(item));
    } catch (error) {
      this.#options.onError(error, 'dispose');
    }
  }

  #refillLater(): void {
    if (!this.#isFilling) return;
    this.#cancelRefill = this.#options.clock.after(this.#options.refillPauseMs ?? 2000, () => {
      this.#cancelRefill = undefined;
      this.fill();
    });
  }
}
