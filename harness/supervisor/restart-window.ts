/**
 * Owns: the restart intensity. More than `maxRestarts` within `windowMs` means that restarting does not help: the
 * breaker opens, and after a growing wait lets one probe through (half-open); its outcome decides. Pure.
 * Invariant: while open nothing starts; while half-open exactly one does.
 */

export interface RestartPolicy {
  readonly maxRestarts: number;
  readonly windowMs: number;
  /** First stay in the open state, ms; doubled at each failed probe. */
  readonly openMs: number;
  readonly maxOpenMs: number;
  /** Share of the stay that chance may add, 0 to 1, so that many supervisors do not probe in step. */
  readonly jitterRatio: number;
  /** A probe that tells nothing for so long is taken for failed, ms. */
  readonly probeLimitMs: number;
}

export type RestartState =
  | { readonly phase: 'closed'; readonly restartsMonoMs: readonly number[] }
  | { readonly phase: 'open'; readonly untilMonoMs: number; readonly opened: number }
  | { readonly phase: 'halfOpen'; readonly probeMonoMs: number; readonly opened: number };

export type RestartAnswer =
  | { readonly allow: true; readonly isProbe: boolean }
  | { readonly allow: false; readonly retryAtMonoMs: number };

export const NO_RESTARTS: RestartState = { phase: 'closed', restartsMonoMs: [] };

function open(policy: RestartPolicy, opened: number, nowMonoMs: number, chance: number): RestartState {
  const stayMs = Math.min(policy.maxOpenMs, policy.openMs * 2 ** Math.min(opened, 40));
  return {
    phase: 'open',
    opened: opened + 1,
    untilMonoMs: nowMonoMs + stayMs * (1 + policy.jitterRatio * chance),
  };
}

/** May a restart happen now? A granted one is counted. @param chance in [0, 1) */
export function askRestart(
  state: RestartState,
  policy: RestartPolicy,
  nowMonoMs: number,
  chance: number,
): { readonly state: RestartState; readonly answer: RestartAnswer } {
  const refuse = (next: RestartState, retryAtMonoMs: number) => ({
    state: next,
    answer: { allow: false as const, retryAtMonoMs },
  });
  if (state.phase === 'closed') {
    const recent = state.restartsMonoMs.filter((at) => nowMonoMs - at < policy.windowMs);
    if (recent.length < policy.maxRestarts) {
      return {
        state: { phase: 'closed', restartsMonoMs: [...recent, nowMonoMs] },
        answer: { allow: true, isProbe: false },
      };
    }
    const opened = open(policy, 0, nowMonoMs, chance);
    return refuse(opened, opened.phase === 'open' ? opened.untilMonoMs : nowMonoMs);
  }
  if (state.phase === 'open') {
    if (nowMonoMs < state.untilMonoMs) return refuse(state, state.untilMonoMs);
    return {
      state: { phase: 'halfOpen', probeMonoMs: nowMonoMs, opened: state.opened },
      answer: { allow: true, isProbe: true },
    };
  }
  const probeEndMonoMs = state.probeMonoMs + policy.probeLimitMs;
  if (nowMonoMs < probeEndMonoMs) return refuse(state, probeEndMonoMs);
  const reopened = open(policy, state.opened, nowMonoMs, chance);
  return refuse(reopened, reopened.phase === 'open' ? reopened.untilMonoMs : nowMonoMs);
}

/** The outcome of the probe. In the other phases outcomes change nothing: the window forgets by time. */
export function tellProbe(
  state: RestartState,
  policy: RestartPolicy,
  hasWorked: boolean,
  nowMonoMs: number,
  chance: number,
): RestartState {
  if (state.phase !== 'halfOpen') return state;
  return hasWorked ? NO_RESTARTS : open(policy, state.opened, nowMonoMs, chance);
}
