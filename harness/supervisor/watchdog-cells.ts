/** What the watchdog's thread and its process share. */

/** Counts turns of the event loop. */
export const BEAT = 0;
/** 1 when the thread is to end. */
export const STOP = 1;

/** What the thread is started with. */
export interface WatchdogOrder {
  readonly cells: Int32Array;
  readonly limitMs: number;
  readonly parentPid: number;
  readonly pid: number;
}

/** What the thread remembers between two looks. */
export interface WatchdogState {
  readonly beat: number;
  /** Since when the beat stands, mono ms. */
  readonly sinceMonoMs: number;
  readonly lookedMonoMs: number;
}

/**
 * One look. Pure. A look that comes much later than planned means that the thread stood still too, so the loop is not
 * to blame and gets a new allowance.
 */
export function nextWatch(
  state: WatchdogState,
  seen: { readonly beat: number; readonly nowMonoMs: number; readonly parentPid: number },
  order: { readonly limitMs: number; readonly parentPid: number; readonly lookMs: number },
): { readonly state: WatchdogState; readonly end: 'loopStands' | 'parentGone' | undefined } {
  const wasFrozen = seen.nowMonoMs - state.lookedMonoMs > order.lookMs * 3 + 100;
  const sinceMonoMs = seen.beat !== state.beat || wasFrozen ? seen.nowMonoMs : state.sinceMonoMs;
  const next = { beat: seen.beat, sinceMonoMs, lookedMonoMs: seen.nowMonoMs };
  if (seen.parentPid !== order.parentPid) return { state: next, end: 'parentGone' };
  return { state: next, end: seen.nowMonoMs - sinceMonoMs >= order.limitMs ? 'loopStands' : undefined };
}
