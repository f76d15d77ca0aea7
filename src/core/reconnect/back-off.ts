/** How long to wait: between rejoins (ours) and between the SDK's own repairs. Pure; chance is an argument. */
import type { RepairFacts } from '../ports.ts';
import type { ReconnectPolicy } from './policy.ts';

/**
 * Wait before rejoin number `failedRejoins + 1`, ms: 1, 2, 4, 8 s and so on, capped, less the jitter.
 * @param chance in [0, 1): 0 gives the longest wait.
 */
export function rejoinDelayMs(
  failedRejoins: number,
  chance: number,
  policy: Pick<ReconnectPolicy, 'firstDelayMs' | 'maxDelayMs' | 'jitterRatio'>,
): number {
  const fullMs = Math.min(policy.maxDelayMs, policy.firstDelayMs * 2 ** Math.max(0, failedRejoins));
  return Math.round(fullMs * (1 - policy.jitterRatio * chance));
}

/** What core knows when the SDK asks; the SDK's own facts and ours. */
export interface RepairSituation extends RepairFacts {
  /** How long sound has been cut, ms; undefined while media flows and only the signal connection is gone. */
  readonly outageMs?: number;
  /** The server has answered all along in this outage: only media is cut. */
  readonly onlyMedia: boolean;
  /** This session woke from a sleep: its old connection is worth nothing. */
  readonly woke: boolean;
}

/**
 * Delay before the SDK's next repair, ms, or null: give up and let us rejoin. 0.2 s growing to 1 s; null after
 * `sdkRepairMs` of outage, after a wake-up, and once the server asked for a full reconnect (which the SDK would put
 * off to its next slot). While media flows the SDK goes on until the budget: a rejoin would cut sound that is whole.
 * While only media is cut it goes on for `mediaHoldMs`: a rejoin would have none either.
 */
export function nextRepairDelayMs(
  retryCount: number,
  elapsedMs: number,
  situation: RepairSituation,
  policy: Pick<ReconnectPolicy, 'sdkRepairMs' | 'mediaHoldMs' | 'budgetMs'>,
): number | null {
  if (policy.sdkRepairMs === 0 || situation.woke || situation.fullReconnectAsked) return null;
  const cutLimitMs = situation.onlyMedia ? policy.mediaHoldMs : policy.sdkRepairMs;
  const limitMs = situation.outageMs === undefined ? policy.budgetMs : cutLimitMs;
  if (Math.max(elapsedMs, situation.outageMs ?? 0) >= limitMs) return null;
  return Math.min(1000, 200 * (Math.max(0, retryCount) + 1));
}
