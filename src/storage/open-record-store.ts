import type { Clock, Log } from '../core/ports.ts';
import { Database } from './database.ts';
import { IndexedRecordStore } from './indexed-record-store.ts';
import { MemoryRecordStore } from './memory-record-store.ts';
import { isBeingRecorded } from './recording-lock.ts';
import type { RecordStore } from './record-store.ts';

/** Where locks are missing, a session without an end counts as crashed this long after its start, ms: the agent side ends one after 2 h. */
const SURELY_OVER_MS = 3 * 3_600_000;

/**
 * The store of this browser: IndexedDB, or memory where that cannot be had. Ends what a crash left open. Never rejects.
 * @param name of the database; for tests.
 */
export async function openRecordStore(clock: Clock, log: Log, name?: string): Promise<RecordStore> {
  const store = new IndexedRecordStore(new Database({ clock, ...(name !== undefined && { name }) }));
  try {
    await endCrashedSessions(store, clock.wallMs());
    return store;
  } catch (error) {
    log.warn(
      'storageUnavailable',
      `sessions are kept in memory only: ${error instanceof Error ? error.message : typeof error}`,
    );
    return new MemoryRecordStore();
  }
}

/** Ends every session that has no end and that no page writes, at its last event that was kept. */
export async function endCrashedSessions(store: RecordStore, nowWallMs: number): Promise<void> {
  for (const { id, startedWallMs, endedWallMs } of await store.list()) {
    if (endedWallMs !== undefined) continue;
    const isAlive = (await isBeingRecorded(id)) ?? nowWallMs - startedWallMs < SURELY_OVER_MS;
    if (isAlive) continue;
    const lastAtMs = (await store.events(id)).at(-1)?.atMs ?? 0;
    await store.end(id, startedWallMs + lastAtMs, undefined);
  }
}
