/**
 * Owns: what the last sessions of a kind tell about how its next one will end. Pure.
 * Never: estimates from fewer than {@link MIN_SAMPLES} sessions; counts what somebody cancelled.
 */
import type { AgentOutlook } from '../../src/shared/agent-sessions.ts';
import type { EndedSession } from './ended-session.ts';
import { MIN_SAMPLES, rateOf, trendOf } from './rates.ts';

/** Older ones say little of tomorrow. */
const WINDOW = 1000;

function outlookOf(kind: string, ended: readonly EndedSession[]): AgentOutlook {
  const bad = ended.filter(({ outcome }) => outcome === 'bad');
  const { low, high } = rateOf(bad.length, ended.length);
  const reasons = new Map<string, number>();
  for (const { reason } of bad) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  return {
    kind,
    samples: ended.length,
    needed: MIN_SAMPLES,
    failed: bad.length,
    lowRatio: low,
    highRatio: high,
    trend: trendOf(ended.map(({ outcome }) => (outcome === 'bad' ? 1 : 0))).verdict,
    reasons: [...reasons].map(([reason, count]) => ({ reason, count })).sort((a, b) => b.count - a.count),
  };
}

/** One for each kind there is. @param ended oldest first */
export function outlooks(ended: readonly EndedSession[]): AgentOutlook[] {
  const byKind = new Map<string, EndedSession[]>();
  for (const session of ended) {
    if (session.reason === 'cancelled') continue;
    const ofKind = byKind.get(session.kind);
    if (ofKind === undefined) byKind.set(session.kind, [session]);
    else ofKind.push(session);
  }
  return [...byKind].map(([kind, ofKind]) => outlookOf(kind, ofKind.slice(-WINDOW)));
}
