/**
 * Keeps a few session children started and ready (rtc-node loaded), so that a dispatched session joins without
 * waiting for a fork. It owns the children that nobody has taken, and nothing else; a taken child belongs to its
 * taker. A child that dies while it waits is replaced, after a pause when it died young.
 */
import type { Logger } from '../contracts.ts';
import type { Clock } from './clock.ts';
import type { SessionChild } from './child-process.ts';
import { inBackground } from './in-background.ts';

/** Pause before the next child after one died waiting or could not be started, ms: a broken install must not fork in a circle. */
const REFILL_PAUSE_MS = 2_000;

/** A pool of waiting children. */
export class WarmPool {
  readonly #spawn: () => Promise<SessionChild>;
  readonly #size: number;
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #life = new AbortController();
  readonly #waiting = new Set<SessionChild>();
  /** Starts under way, so that `stop` can end what they bring. */
  readonly #starting = new Set<Promise<unknown>>();

  constructor(options: { spawn: () => Promise<SessionChild>; size: number; log: Logger; clock: Clock }) {
    this.#spawn = options.spawn;
    this.#size = options.size;
    this.#log = options.log;
    this.#clock = options.clock;
  }

  /** How many wait now. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Starts children until enough wait. */
  fill(): void {
    while (!this.#life.signal.aborted && this.#waiting.size + this.#starting.size < this.#size)
      this.#addOne();
  }

  /** Gives a waiting child, or starts one. Rejects when none can be started. The taker ends it. */
  async take(): Promise<SessionChild> {
    this.#life.signal.throwIfAborted();
    const [child] = this.#waiting;
    if (child === undefined) return this.#spawn();
    this.#waiting.delete(child);
    return child;
  }

  /** Ends all that wait, each within `limitMs`. Idempotent. */
  async stop(limitMs: number): Promise<void> {
    this.#life.abort();
    await Promise.all(this.#starting);
    await Promise.all([...this.#waiting].map((child) => child.end('stopped', limitMs)));
    this.#waiting.clear();
  }

  #addOne(): void {
    const start = this.#startOne().finally(() => this.#starting.delete(start));
    this.#starting.add(start);
  }

  async #startOne(): Promise<void> {
    try {
      const child = await this.#spawn();
      this.#waiting.add(child);
      const died = child.exited.then(() => {
        if (this.#waiting.delete(child)) this.#refillLater();
      });
      inBackground(died, this.#log, 'the end of a waiting session process');
    } catch (error) {
      this.#log.error(
        { event: 'childNotStarted', why: error instanceof Error ? error.message : 'unknown' },
        'A session process could not be started',
      );
      this.#refillLater();
    }
  }

  #refillLater(): void {
    this.#clock.sleep(REFILL_PAUSE_MS, this.#life.signal).then(
      () => this.fill(),
      () => {}, // stopped
    );
  }
}
