import type { EngineClock } from '../supervisor/engine-clock.ts';

/** Waits `delayMs`, or until the signal aborts. Resolves with whether the whole time has passed; never rejects. */
export function pauseUnless(clock: EngineClock, delayMs: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(false);
    const onAbort = (): void => {
      cancel();
      resolve(false);
    };
    const cancel = clock.after(delayMs, () => {
      signal.removeEventListener('abort', onAbort);
      resolve(true);
    });
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
