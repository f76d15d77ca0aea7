/**
 * Owns: whether something that failed is tried again, and after how long. Pure; chance arrives as an argument.
 * Invariant: at most `maxRetries` more tries, and none that would begin after the total limit.
 */

export interface RetryPolicy {
  /** Tries after the first one, 0 or more. */
  readonly maxRetries: number;
  /** Wait before the first retry, ms; doubled each time. */
  readonly firstDelayMs: number;
  /** Longest wait before jitter, ms. */
  readonly maxDelayMs: number;
  /** Share of the wait that is left to chance, 0 to 1: 0 is exact, 1 is full jitter. Never makes it longer. */
  readonly jitterRatio: number;
  /** From the first failure to the start of the last retry, ms. Infinity for none. */
  readonly totalLimitMs: number;
}

/** What happened so far. */
export interface RetryFacts {
  /** Retries already made. */
  readonly retriesDone: number;
  /** Since the first failure, ms. */
  readonly spentMs: number;
  /** False for failures that a retry cannot mend (a missing command, a refused login). */
  readonly isRetryable: boolean;
  /** In [0, 1). */
  readonly chance: number;
}

export type RetryAnswer =
  | { readonly retry: true; readonly delayMs: number }
  | { readonly retry: false; readonly why: 'notRetryable' | 'noRetriesLeft' | 'totalLimit' };

/** The wait before retry number `retriesDone` + 1, ms. */
export function retryDelayMs(policy: RetryPolicy, retriesDone: number, chance: number): number {
  const full = Math.min(policy.maxDelayMs, policy.firstDelayMs * 2 ** Math.min(retriesDone, 40));
  return full * (1 - policy.jitterRatio * chance);
}

/** Whether to try again, and when. */
export function askRetry(policy: RetryPolicy, facts: RetryFacts): RetryAnswer {
  if (!facts.isRetryable) return { retry: false, why: 'notRetryable' };
  if (facts.retriesDone >= policy.maxRetries) return { retry: false, why: 'noRetriesLeft' };
  const delayMs = retryDelayMs(policy, facts.retriesDone, facts.chance);
  if (facts.spentMs + delayMs > policy.totalLimitMs) return { retry: false, why: 'totalLimit' };
  return { retry: true, delayMs };
}
