/** Owns: one JSON object with all that a dashboard shows of a manager. Pure. Holds no output, prompt or answer. */
import type { SessionStatistics } from './analytics.ts';
import type { ProfileState } from './profiles.ts';
import type { ClaudeSession, SessionHealthMetrics } from './session-types.ts';

/** A row of the sessions' table. */
export interface DashboardRow {
  readonly id: string;
  readonly agentId: string;
  readonly status: string;
  readonly startedWallMs: number;
  readonly endedWallMs: number | undefined;
  readonly lastActivityWallMs: number;
  readonly retryCount: number;
  readonly rssBytes: number | undefined;
  readonly cpuMs: number;
  readonly category: string | undefined;
  readonly group: string | undefined;
  readonly template: string | undefined;
  readonly profile: string | undefined;
}

/** What it needs of a manager. */
export interface DashboardSource {
  getSessions(): ClaudeSession[];
  getSessionHealthMetrics(): SessionHealthMetrics;
  getSessionStats(): SessionStatistics;
  getProfiles(): ProfileState[];
}

/** How everything stands; the newest sessions first, at most `maxRows`. */
export function dashboardOf(manager: DashboardSource, maxRows = 200) {
  const rows = manager
    .getSessions()
    .slice(-maxRows)
    .reverse()
    .map((session): DashboardRow => ({
      id: session.id,
      agentId: session.agentId,
      status: session.status,
      startedWallMs: session.startTime.getTime(),
      endedWallMs: session.endTime?.getTime(),
      lastActivityWallMs: session.lastActivity.getTime(),
      retryCount: session.retryCount,
      rssBytes: session.memoryUsage?.rss,
      cpuMs: session.cpuMs,
      category: session.error?.category,
      group: session.group,
      template: session.template,
      profile: session.profile,
    }));
  return {
    health: manager.getSessionHealthMetrics(),
    stats: manager.getSessionStats(),
    profiles: manager.getProfiles(),
    sessions: rows,
  };
}
