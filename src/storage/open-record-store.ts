import type { Clock, Log } from '../core/ports.ts';
import { Database } from './database.ts';
import { IndexedRecordStore } from './indexed-record-store.ts';
import { MemoryRecordStore } from './memory-record-store.ts';
import type { RecordStore } from './record-store.ts';

/**
 * The store of this browser: IndexedDB, or memory where that cannot be had. Never rejects.
 * @param name of the database; for tests.
 */
export async function openRecordStore(clock: Clock, log: Log, name?: string): Promise<RecordStore> {
  const database = new Database({ clock, ...(name !== undefined && { name }) });
  try {
    await database.run((connection) => connection.count('sessions'));
    return new IndexedRecordStore(database);
  } catch (error) {
    log.warn(
      'storageUnavailable',
      `sessions are kept in memory only: ${error instanceof Error ? error.message : typeof error}`,
    );
    return new MemoryRecordStore();
  }
}
