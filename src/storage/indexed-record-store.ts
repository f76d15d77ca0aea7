/**
 * Recordings in IndexedDB. Each method is one transaction. Appends are relaxed (a crash may cost the last seconds,
 * which recording.md allows), deletes are strict. When the quota is used up the oldest ended session that is not
 * pinned goes, and the write is tried once more.
 */
import type { IDBPDatabase } from 'idb';
import type { RecordedEvent, SessionOutcome, SessionRecord } from '../shared/records.ts';
import type { Database } from './database.ts';
import type { RecordStore } from './record-store.ts';
import type { ClaraSchema, SessionRow } from './schema.ts';

const RELAXED: IDBTransactionOptions = { durability: 'relaxed' };
const STRICT: IDBTransactionOptions = { durability: 'strict' };

/** A {@link RecordStore} over `database`, which stays the caller's. */
export class IndexedRecordStore implements RecordStore {
  readonly isPersistent = true;
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  begin(id: string, startedWallMs: number): Promise<void> {
    return this.#write(async (connection) => {
      const transaction = connection.transaction('sessions', 'readwrite', RELAXED);
      await Promise.all([
        transaction.store.put({ id, startedAt: startedWallMs, pinned: false, summary: {} }),
        transaction.done,
      ]);
    });
  }

  append(id: string, firstSeq: number, events: readonly RecordedEvent[]): Promise<void> {
    return this.#write(async (connection) => {
      const transaction = connection.transaction('events', 'readwrite', RELAXED);
      const puts = events.map((event, at) =>
        transaction.store.put({ sessionId: id, seq: firstSeq + at, event }),
      );
      await Promise.all([...puts, transaction.done]);
    });
  }

  end(id: string, endedWallMs: number, outcome: SessionOutcome | undefined): Promise<void> {
    return this.#write(async (connection) => {
      const transaction = connection.transaction('sessions', 'readwrite', RELAXED);
      const row = await transaction.store.get(id);
      const summary = outcome === undefined ? ({ interrupted: true } as const) : { outcome };
      const put =
        row &&
        transaction.store.put({ ...row, endedAt: endedWallMs, summary: { ...row.summary, ...summary } });
      await Promise.all([put, transaction.done]);
    });
  }

  async list(): Promise<SessionRecord[]> {
    const rows = await this.#database.run((connection) =>
      connection.getAllFromIndex('sessions', 'startedAt'),
    );
    return rows.reverse().filter(isSessionRow).map(recordOf);
  }

  async events(id: string): Promise<RecordedEvent[]> {
    const rows = await this.#database.run((connection) => connection.getAll('events', rangeOf(id)));
    return rows.map(({ event }) => event).filter(isEvent);
  }

  delete(id: string): Promise<void> {
    return this.#database.run((connection) => deleteSession(connection, id));
  }

  async #write(work: (connection: IDBPDatabase<ClaraSchema>) => Promise<void>): Promise<void> {
    try {
      await this.#database.run(work);
    } catch (error) {
      if (!isQuota(error) || !(await this.#dropOldest())) throw error;
      await this.#database.run(work);
    }
  }

  /** Whether there was one to drop. */
  async #dropOldest(): Promise<boolean> {
    return this.#database.run(async (connection) => {
      const rows = await connection.getAllFromIndex('sessions', 'startedAt');
      const oldest = rows.find(({ pinned, endedAt }) => !pinned && endedAt !== undefined);
      if (oldest !== undefined) await deleteSession(connection, oldest.id);
      return oldest !== undefined;
    });
  }
}

async function deleteSession(connection: IDBPDatabase<ClaraSchema>, id: string): Promise<void> {
  const transaction = connection.transaction(['sessions', 'events', 'chunks'], 'readwrite', STRICT);
  await Promise.all([
    transaction.objectStore('sessions').delete(id),
    transaction.objectStore('events').delete(rangeOf(id)),
    transaction.objectStore('chunks').delete(rangeOf(id)),
    transaction.done,
  ]);
}

/** All keys that begin with a session's id: in IndexedDB's order an array comes after every number and string. */
function rangeOf(id: string): IDBKeyRange {
  return IDBKeyRange.bound([id], [id, []]);
}

function recordOf({ id, startedAt, endedAt, pinned, summary }: SessionRow): SessionRecord {
  return {
    id,
    startedWallMs: startedAt,
    ...(endedAt !== undefined && { endedWallMs: endedAt }),
    ...(summary.outcome !== undefined && { outcome: summary.outcome }),
    pinned,
  };
}

/** What stands in a database may have been written by anything. */
function isSessionRow(row: unknown): row is SessionRow {
  const { id, startedAt, summary } = row as Partial<SessionRow>;
  return (
    typeof id === 'string' && typeof startedAt === 'number' && typeof summary === 'object' && summary !== null
  );
}

function isEvent(event: unknown): event is RecordedEvent {
  if (typeof event !== 'object' || event === null) return false;
  const { kind, atMs } = event as Partial<RecordedEvent>;
  return typeof kind === 'string' && typeof atMs === 'number';
}

function isQuota(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'QuotaExceededError';
}
