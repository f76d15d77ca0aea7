/**
 * Owns: what becomes of a session that shows no activity: it is marked, then recovered once, then failed. Pure.
 * Never: fails a session without having tried to recover it; never tries twice for one silence.
 * Invariant: activity in any phase but `failed` makes it fresh again. A recovery counts as used until the session was
 * active for `provenAfterMs`, so one that falls silent at once again is failed, not recovered for ever.
 */

/** Times in ms. */
export interface StalePolicy {
  /** Without activity for so long, a session is marked. */
  readonly staleAfterMs: number;
  /** From the mark to the recovery: time to come back by itself. */
  readonly recoverAfterMs: number;
  /** From the recovery to the failure. */
  readonly failAfterMs: number;
  /** Active for so long after a recovery, it may be recovered again. */
  readonly provenAfterMs: number;
}

export type StaleState =
  | { readonly phase: 'fresh'; readonly lastActivityMonoMs: number; readonly recoveredMonoMs?: number }
  | {
      readonly phase: 'marked';
      readonly lastActivityMonoMs: number;
      readonly markedMonoMs: number;
      readonly recoveredMonoMs?: number;
    }
  | { readonly phase: 'recovering'; readonly recoveredMonoMs: number }
  | { readonly phase: 'failed' };

export type StaleEvent = { readonly type: 'activity' | 'look'; readonly atMonoMs: number };

export type StaleCommand = 'mark' | 'recover' | 'fail' | 'fresh';

export interface StaleStep {
  readonly state: StaleState;
  /** What is to be done now, in order; usually nothing. */
  readonly commands: readonly StaleCommand[];
  /** When to look again; Infinity after a failure. */
  readonly againMonoMs: number;
}

/** A session that is active now. */
export function beginFresh(nowMonoMs: number): StaleState {
  return { phase: 'fresh', lastActivityMonoMs: nowMonoMs };
}

function dueOf(state: StaleState, policy: StalePolicy): number {
  switch (state.phase) {
    case 'fresh':
      return state.lastActivityMonoMs + policy.staleAfterMs;
    case 'marked':
      return state.markedMonoMs + policy.recoverAfterMs;
    case 'recovering':
      return state.recoveredMonoMs + policy.failAfterMs;
    case 'failed':
      return Infinity;
  }
}

/** The next phase. */
export function nextStale(state: StaleState, event: StaleEvent, policy: StalePolicy): StaleStep {
  const step = (next: StaleState, ...commands: StaleCommand[]): StaleStep => ({
    state: next,
    commands,
    againMonoMs: dueOf(next, policy),
  });
  const { atMonoMs } = event;
  if (state.phase === 'failed') return step(state);
  if (event.type === 'activity') {
    const used = state.recoveredMonoMs;
    const isProven = used === undefined || atMonoMs - used >= policy.provenAfterMs;
    const fresh: StaleState = {
      phase: 'fresh',
      lastActivityMonoMs: atMonoMs,
      ...(!isProven && { recoveredMonoMs: used }),
    };
    return state.phase === 'fresh' ? step(fresh) : step(fresh, 'fresh');
  }
  if (atMonoMs < dueOf(state, policy)) return step(state);
  if (state.phase === 'fresh') {
    return step({ ...state, phase: 'marked', markedMonoMs: atMonoMs }, 'mark');
  }
  if (state.phase === 'marked' && state.recoveredMonoMs === undefined) {
    return step({ phase: 'recovering', recoveredMonoMs: atMonoMs }, 'recover');
  }
  return step({ phase: 'failed' }, 'fail');
}
