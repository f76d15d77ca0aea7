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
  /** The new version is in charge already, by a yes in another window; this window still shows the old one. */
  readonly replaced: boolean;
}

/** `hold`: there is one, but not now. `reload`: it is in charge, only this window has to be loaded anew. */
export type UpdateStep = 'none' | 'hold' | 'offer' | 'apply' | 'reload';

/** What to do now. */
export function updateStep(facts: UpdateFacts): UpdateStep {
  const { waiting, inCall, accepted, dismissed, replaced } = facts;
  if (!waiting && !replaced) return 'none';
  if (inCall) return 'hold';
  if (accepted) return waiting ? 'apply' : 'reload';
  return dismissed ? 'hold' : 'offer';
}

/** Shortest time between two looks for a new version, ms: one hour. */
export const UPDATE_CHECK_EVERY_MS = 3_600_000;

/** Whether to look for a new version now. Clock: monotonic ms. */
export function isCheckDue(nowMonoMs: number, lastMonoMs: number, inCall: boolean): boolean {
  return !inCall && nowMonoMs - lastMonoMs >= UPDATE_CHECK_EVERY_MS;
}
