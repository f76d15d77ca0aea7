/** Notices that page or machine slept, by a timer that comes too late. It owns the timer of its run. */
import { sleptMs, WAKE_LATE_MS } from '../reconnect/wake.ts';
import type { Clock } from '../ports.ts';

const WAKE_CHECK_MS = 1000;

/** One session's. */
export class SleepWatch {
  readonly #clock: Clock;
  #lastTickMonoMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `onWoke` after each sleep, until `run` ends it with its reason. */
  async run(onWoke: () => void, run: AbortSignal): Promise<void> {
    for (;;) {
      const monoMs = this.#clock.monoMs();
      const wallMs = this.#clock.wallMs();
      this.#lastTickMonoMs = monoMs;
      await this.#clock.sleep(WAKE_CHECK_MS, run);
      const slept = sleptMs(WAKE_CHECK_MS, this.#clock.monoMs() - monoMs, this.#clock.wallMs() - wallMs);
      if (slept !== undefined) onWoke();
    }
  }

  /** Whether it slept just now and {@link run} has not had its turn yet: other timers may come first. */
  hasSlept(): boolean {
    return this.#clock.monoMs() - this.#lastTickMonoMs > WAKE_CHECK_MS + WAKE_LATE_MS;
  }
}
