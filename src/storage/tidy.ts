/**
 * What has to be put right in a store of recordings, at a start and after it: sessions that a crash left open are
 * ended and flagged, and what is too old or too much goes. Small, because every page with the tag loads it.
 */
import { DEFAULT_RETENTION, sessionsToDrop } from '../core/review/retention.ts';
import type { RetentionLimits } from '../core/review/retention.ts';
import type { RecordingSession } from '../shared/recording.ts';
import type { RecordWriter } from './record-store.ts';
import { isBeingRecorded } from './recording-lock.ts';

/** Where locks are missing, a session without an end counts as crashed this long after its start, ms: the agent side ends one after 2 h. */
const SURELY_OVER_MS = 3 * 3_600_000;

/** Ends crashed sessions and drops what goes. Rejects when the store does. @param limits instead of those that the user chose */
export async function tidy(store: RecordWriter, nowWallMs: number, limits?: RetentionLimits): Promise<void> {
  await endCrashedSessions(store, nowWallMs);
  const kept = limits ?? (await storedLimits(store));
  for (const id of sessionsToDrop(await store.list(), kept, nowWallMs)) await store.delete(id);
}

const LIMITS = 'retention';

/** What the user has chosen to keep, or the default. */
export async function storedLimits(store: RecordWriter): Promise<RetentionLimits> {
  const { maxBytes, maxAgeMs } = ((await store.setting(LIMITS)) ?? {}) as Partial<RetentionLimits>;
  return typeof maxBytes === 'number' && typeof maxAgeMs === 'number'
    ? { maxBytes, maxAgeMs }
    : DEFAULT_RETENTION;
}

/** Keeps what the user has chosen. */
export function setLimits(store: RecordWriter, { maxBytes, maxAgeMs }: RetentionLimits): Promise<void> {
  return store.setSetting(LIMITS, { maxBytes, maxAgeMs });
}

/** Ends every session that has no end and that no page writes, at the last thing that was kept of it. */
export async function endCrashedSessions(store: RecordWriter, nowWallMs: number): Promise<void> {
  for (const session of await store.list()) {
    const { id, startedWallMs, endedWallMs } = session;
    if (endedWallMs !== undefined || (await isRunning(session, nowWallMs))) continue;
    await store.end(id, startedWallMs + (await store.lastAtMs(id)), undefined);
  }
}

/** Whether some page, of whichever tab, still writes this session. */
export async function isRunning(
  { id, startedWallMs, endedWallMs }: RecordingSession,
  nowWallMs: number,
): Promise<boolean> {
  if (endedWallMs !== undefined) return false;
  return (await isBeingRecorded(id)) ?? nowWallMs - startedWallMs < SURELY_OVER_MS;
}
