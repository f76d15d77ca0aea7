/**
 * A clock that stands until a test moves it. It owns its timers and counts them, so that a test can see that none
 * is left. Works in Node and in a browser.
 */
import type { Clock } from '../../../src/core/ports.ts';

interface Timer {
  readonly dueMs: number;
  readonly order: number;
  readonly fire: () => void;
}

/** A {@link Clock} moved by {@link FakeClock.advance}. */
export class FakeClock implements Clock {
  #monoMs = 0;
  #wallMs: number;
  #order = 0;
  readonly #timers = new Set<Timer>();

  constructor(wallMs = 1_700_000_000_000) {
    this.#wallMs = wallMs;
  }

  monoMs(): number {
    return this.#monoMs;
  }

  wallMs(): number {
    return this.#wallMs;
  }

  /** How many sleeps are under way. */
  get timerCount(): number {
    return this.#timers.size;
  }

  sleep(delayMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      const abort = (): void => {
        this.#timers.delete(timer);
        reject(signal.reason);
      };
      const timer: Timer = {
        dueMs: this.#monoMs + Math.max(0, delayMs),
        order: (this.#order += 1),
        fire: () => {
          this.#timers.delete(timer);
          signal.removeEventListener('abort', abort);
          resolve();
        },
      };
      this.#timers.add(timer);
      signal.addEventListener('abort', abort, { once: true });
    });
  }

  /** Moves both clocks by `ms`, firing what is due in order, with all promises settled between two instants. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#monoMs + ms;
    await settle();
    for (;;) {
      const due = this.#next(endMs);
      if (due === undefined) break;
      this.#move(due.dueMs);
      due.fire();
      await settle();
    }
    this.#move(endMs);
    await settle();
  }

  /** Jumps as a machine does that slept: nothing fires in between, everything due fires late, in order. */
  async sleepThrough(ms: number): Promise<void> {
    this.#move(this.#monoMs + ms);
    await this.advance(0);
  }

  #move(monoMs: number): void {
    this.#wallMs += Math.max(0, monoMs - this.#monoMs);
    this.#monoMs = Math.max(this.#monoMs, monoMs);
  }

  #next(endMs: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueMs > endMs) continue;
      if (
        next === undefined ||
        timer.dueMs < next.dueMs ||
        (timer.dueMs === next.dueMs && timer.order < next.order)
      )
        next = timer;
    }
    return next;
  }
}

/** Resolves when all promise reactions that are ready have run: a turn of the event loop, without waiting. */
export function settle(): Promise<void> {
  const { setImmediate } = globalThis as { setImmediate?: (turn: () => void) => unknown };
  return new Promise((resolve) => {
    if (setImmediate !== undefined) setImmediate(resolve);
    else {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => {
        channel.port1.close();
        resolve();
      };
      channel.port2.postMessage(undefined);
    }
  });
}
