/** An engine clock that stands until a test moves it; it counts its timers, so that a test can see that none is left. */
import type { EngineClock } from '../../../harness/supervisor/engine-clock.ts';

interface Timer {
  readonly dueMs: number;
  readonly callback: () => void;
}

export class FakeEngineClock implements EngineClock {
  #nowMs = 0;
  readonly #timers = new Set<Timer>();
  /** How many timers were ever set. */
  timersSet = 0;

  get timerCount(): number {
    return this.#timers.size;
  }

  monoMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return 1_700_000_000_000 + this.#nowMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { dueMs: this.#nowMs + delayMs, callback };
    this.timersSet += 1;
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** Moves time, firing what is due in order, with promises settled in between. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    await turn();
    for (;;) {
      const [next] = [...this.#timers]
        .filter(({ dueMs }) => dueMs <= endMs)
        .sort((a, b) => a.dueMs - b.dueMs);
      if (next === undefined) break;
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      this.#timers.delete(next);
      next.callback();
      await turn();
    }
    this.#nowMs = endMs;
    await turn();
  }

  /** Jumps as a machine does that slept: what was due meanwhile fires late. */
  async sleepThrough(ms: number): Promise<void> {
    this.#nowMs += ms;
    await this.advance(0);
  }
}

/** A turn of the event loop: all promise reactions that are ready have run. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
