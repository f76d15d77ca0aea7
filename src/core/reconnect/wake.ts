/** Tells a sleep of the machine (or a frozen page) from a slow timer. Pure. */

/** A timer that is later than this was not late but asleep, ms. */
export const WAKE_LATE_MS = 30_000;

/**
 * How long we slept, ms, or undefined when the timer was merely late. Looks at both clocks, each by itself,
 * because the monotonic one stands still during sleep on some systems.
 */
export function sleptMs(
  expectedMs: number,
  monoElapsedMs: number,
  wallElapsedMs: number,
): number | undefined {
  const lateMs = Math.max(monoElapsedMs, wallElapsedMs) - expectedMs;
  return lateMs > WAKE_LATE_MS ? lateMs : undefined;
}
