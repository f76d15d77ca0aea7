/**
 * Decides what becomes of a new version of the app that waits. Pure. Invariant: never applied while any window of the
 * app is in a call, and never without the user's yes.
 */

/** What is known. */
export interface UpdateFacts {
  /** A new service worker is installed and waits. */
  readonly waiting: boolean;
  /** This window or another one of the app is in a call. */
  readonly inCall: boolean;
  /** The user has said yes. */
  readonly accepted: boolean;
  /** The user has said "later". */
  readonly dismissed: boolean;
}

/** `hold`: there is one, but not now. */
export type UpdateStep = 'none' | 'hold' | 'offer' | 'apply';

/** What to do now. */
export function updateStep({ waiting, inCall, accepted, dismissed }: UpdateFacts): UpdateStep {
  if (!waiting) return 'none';
  if (inCall) return 'hold';
  if (accepted) return 'apply';
  return dismissed ? 'hold' : 'offer';
}

/** Shortest time between two looks for a new version, ms: one hour. */
export const UPDATE_CHECK_EVERY_MS = 3_600_000;

/** Whether to look for a new version now. Clock: monotonic ms. */
export function isCheckDue(nowMonoMs: number, lastMonoMs: number, inCall: boolean): boolean {
  return !inCall && nowMonoMs - lastMonoMs >= UPDATE_CHECK_EVERY_MS;
}
