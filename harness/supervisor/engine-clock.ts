/** The engine's time, injected so that tests move it. Wall and mono are never subtracted from each other. */
export interface EngineClock {
  /** ms since 1970, for people and records. */
  wallMs(): number;
  /** For durations, ms. */
  monoMs(): number;
  /** Calls `callback` once, `delayMs` from now; the returned function takes it back. Keeps the process alive until then. */
  after(delayMs: number, callback: () => void): () => void;
}

/** setTimeout fires at once above this, ms. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** The real time. */
export const systemEngineClock: EngineClock = {
  wallMs: () => Date.now(),
  monoMs: () => performance.now(),
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, Math.min(delayMs, MAX_TIMEOUT_MS));
    return () => clearTimeout(timer);
  },
};

/** Resolves after `delayMs`. */
export function pause(clock: EngineClock, delayMs: number): Promise<void> {
  return new Promise((resolve) => clock.after(delayMs, resolve));
}
