/**
 * Owns: whether a session lives and gets on. Pure; time arrives as an argument.
 * A life sign says that its loop turns; progress says that its work gets on: a counter or tag that must change. A
 * process that answers every ping and does nothing is stuck, one that says nothing is silent. Both are hangs.
 * Invariant: without work to do (`isBusy` false) only silence counts; a quiet but healthy session is never stuck.
 */

/** Limits in ms; 0 switches that limit off. */
export interface LifePolicy {
  /** Longest time without any life sign. */
  readonly silentAfterMs: number;
  /** Longest time of work without progress. */
  readonly stuckAfterMs: number;
}

/** What is known of a session's life. */
export interface LifeState {
  readonly lastSignMonoMs: number;
  /** When progress last changed, or work began. */
  readonly lastProgressMonoMs: number;
  readonly progress: number | string | undefined;
  readonly isBusy: boolean;
}

export type LifeVerdict =
  | {
      readonly verdict: 'alive';
      /** Look again then; Infinity when nothing can happen. */ readonly againMonoMs: number;
    }
  | { readonly verdict: 'silent' | 'stuck'; readonly forMs: number; readonly limitMs: number };

/** A session that has just been started. */
export function beginLife(nowMonoMs: number, isBusy = false): LifeState {
  return { lastSignMonoMs: nowMonoMs, lastProgressMonoMs: nowMonoMs, progress: undefined, isBusy };
}

/** A life sign came; without `progress` it is a mere ping. */
export function takeSign(state: LifeState, nowMonoMs: number, progress?: number | string): LifeState {
  const hasMoved = progress !== undefined && progress !== state.progress;
  return {
    ...state,
    lastSignMonoMs: nowMonoMs,
    ...(hasMoved && { progress, lastProgressMonoMs: nowMonoMs }),
  };
}

/** Work begins or ends. The time for progress starts with the work. */
export function setBusy(state: LifeState, nowMonoMs: number, isBusy: boolean): LifeState {
  if (state.isBusy === isBusy) return state;
  return { ...state, isBusy, lastProgressMonoMs: nowMonoMs };
}

/** The watcher itself stood still until now: signs sent meanwhile may be unread, so both times begin anew. */
export function forgive(state: LifeState, nowMonoMs: number): LifeState {
  return { ...state, lastSignMonoMs: nowMonoMs, lastProgressMonoMs: nowMonoMs };
}

/** What to think of it now. */
export function judgeLife(state: LifeState, policy: LifePolicy, nowMonoMs: number): LifeVerdict {
  const silentAt = policy.silentAfterMs > 0 ? state.lastSignMonoMs + policy.silentAfterMs : Infinity;
  const stuckAt =
    policy.stuckAfterMs > 0 && state.isBusy ? state.lastProgressMonoMs + policy.stuckAfterMs : Infinity;
  if (nowMonoMs >= silentAt)
    return { verdict: 'silent', forMs: nowMonoMs - state.lastSignMonoMs, limitMs: policy.silentAfterMs };
  if (nowMonoMs >= stuckAt)
    return { verdict: 'stuck', forMs: nowMonoMs - state.lastProgressMonoMs, limitMs: policy.stuckAfterMs };
  return { verdict: 'alive', againMonoMs: Math.min(silentAt, stuckAt) };
}
