import { setTimeout as delay } from 'node:timers/promises';

/** The agent side's time, injected so that tests move it. Wall and mono are never subtracted from each other. */
export interface Clock {
  /** ms since 1970, for people and records. */
  wallMs(): number;
  /** For durations, ms. */
  monoMs(): number;
  /** Resolves after `delayMs`; rejects with `signal.reason` when aborted, leaving no timer. */
  sleep(delayMs: number, signal: AbortSignal): Promise<void>;
}

/** The real time. */
export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monoMs: () => performance.now(),
  sleep: async (delayMs, signal) => {
    try {
      await delay(delayMs, undefined, { signal });
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    }
  },
};
