/** Bounds of a growing wait. */
export interface BackoffPolicy {
  /** The first wait, ms. */
  readonly firstMs: number;
  /** The longest wait before jitter, ms. */
  readonly maxMs: number;
}

/**
 * The wait before attempt `attempt` (0 is the first retry), ms: doubling, capped, with the upper half as jitter so
 * that many agents do not knock at a restarted server in step. `chance` is in [0, 1).
 */
export function backoffMs(attempt: number, policy: BackoffPolicy, chance: number): number {
  const full = Math.min(policy.maxMs, policy.firstMs * 2 ** Math.min(attempt, 30));
  return full / 2 + (full / 2) * chance;
}
