/** Owns: how a set of sessions is called healthy or stale. Pure. */
import type { CliState } from '../supervisor/session-states.ts';
import type { SessionHealthMetrics } from './session-types.ts';

/** What is needed of a session. */
export interface HealthFacts {
  readonly status: CliState;
  /** ms without activity. */
  readonly idleMs: number;
  /** 0 is never stale. */
  readonly staleAfterMs: number;
  /** Below 0 when not measured. */
  readonly rssBytes: number;
}

/** Whether an active session has shown no activity for too long. One that waits for its retry is not asked for any. */
export function isStale({ status, idleMs, staleAfterMs }: HealthFacts): boolean {
  return status === 'running' && staleAfterMs > 0 && idleMs >= staleAfterMs;
}

/** The figures of all. @param sessionsByStatus all six keys */
export function healthMetrics(
  sessions: readonly HealthFacts[],
  sessionsByStatus: Readonly<Record<CliState, number>>,
): SessionHealthMetrics {
  const active = sessions.filter(({ status }) => status === 'running' || status === 'recovering');
  const staleSessions = active.filter(isStale).length;
  const measured = active.filter(({ rssBytes }) => rssBytes >= 0);
  const sum = measured.reduce((total, { rssBytes }) => total + rssBytes, 0);
  return {
    totalSessions: sessions.length,
    healthySessions: active.length - staleSessions,
    staleSessions,
    averageMemoryUsage: measured.length === 0 ? 0 : sum / measured.length,
    sessionsByStatus,
  };
}
