/**
 * Which recordings go when there are too many. Owns the order: the oldest first, never a pinned one and never one that
 * still runs.
 */

/** What is looked at of a session. */
export interface KeptSession {
  readonly id: string;
  readonly startedWallMs: number;
  readonly endedWallMs?: number;
  readonly pinned: boolean;
  /** What it takes on disk, as far as known. */
  readonly bytes?: number;
}

/** How much is kept. */
export interface RetentionLimits {
  readonly maxBytes: number;
  readonly maxAgeMs: number;
}

/** 200 MB or 90 days. */
export const DEFAULT_RETENTION: RetentionLimits = { maxBytes: 200_000_000, maxAgeMs: 90 * 86_400_000 };

/** Sessions in the order in which they would go; those that never go are left out. */
export function goingOrder<T extends KeptSession>(sessions: readonly T[]): T[] {
  return sessions
    .filter(({ pinned, endedWallMs }) => !pinned && endedWallMs !== undefined)
    .sort((a, b) => a.startedWallMs - b.startedWallMs);
}

/** The ids of those that have to go now. */
export function sessionsToDrop(
  sessions: readonly KeptSession[],
  limits: RetentionLimits,
  nowWallMs: number,
): string[] {
  let bytes = sessions.reduce((sum, session) => sum + (session.bytes ?? 0), 0);
  const drop: string[] = [];
  for (const session of goingOrder(sessions)) {
    const isOld = nowWallMs - (session.endedWallMs ?? nowWallMs) > limits.maxAgeMs;
    if (!isOld && bytes <= limits.maxBytes) continue;
    drop.push(session.id);
    bytes -= session.bytes ?? 0;
  }
  return drop;
}
