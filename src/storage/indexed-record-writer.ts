/**
 * Writes recordings into IndexedDB; what reads them is in indexed-record-store.ts, which no call loads. Each method is one transaction. Appends are relaxed (a crash may cost the last seconds,
 * which recording.md allows); deletes, imports and putting away are strict. When the quota is used up the oldest ended
 * session that is not pinned goes, and the write is tried once more.
 */
import type { IDBPDatabase, IDBPTransaction, StoreNames } from 'idb';
import { goingOrder } from '../core/review/retention.ts';
import {
  withKept,
  type KeptPiece,
  type ListedRecording,
  type RecordingSession,
} from '../shared/recording.ts';
import type { SessionOutcome } from '../shared/records.ts';
import type { Database } from './database.ts';
import type { RecordPart, RecordWriter } from './record-store.ts';
import { isEventRow, isSessionRow, listedOfRow, rowOfSession } from './rows.ts';
import type { ClaraSchema, SessionRow } from './schema.ts';

const RELAXED: IDBTransactionOptions = { durability: 'relaxed' };
/** For deletes, imports and putting away. */
export const STRICT: IDBTransactionOptions = { durability: 'strict' };
/** The stores that hold parts of a session, without what the user has had kept. */
export const ALL_OF_A_SESSION = ['sessions', 'events', 'chunks'] as const;
/** These as well. */
export const ALL_AND_KEPT = [...ALL_OF_A_SESSION, 'kept'] as const;
/** As idb gives it. */
export type Connection = IDBPDatabase<ClaraSchema>;

/** A {@link RecordWriter} over `database`, which stays the caller's. */
export class IndexedRecordWriter implements RecordWriter {
  readonly isPersistent = true;
  protected readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  begin(session: RecordingSession): Promise<void> {
    return this.write((connection) => {
      const transaction = connection.transaction('sessions', 'readwrite', RELAXED);
      return committed(transaction, [transaction.store.put(rowOfSession(session))]);
    });
  }

  append(id: string, { firstSeq, events, chunks }: RecordPart): Promise<boolean> {
    return this.write(async (connection) => {
      const transaction = connection.transaction([...ALL_OF_A_SESSION], 'readwrite', RELAXED);
      const isThere = (await transaction.objectStore('sessions').getKey(id)) !== undefined;
      const puts = isThere
        ? [
            ...events.map((event, at) =>
              transaction.objectStore('events').put({ sessionId: id, seq: firstSeq + at, event }),
            ),
            ...chunks.map((chunk) => transaction.objectStore('chunks').put({ sessionId: id, ...chunk })),
          ]
        : [];
      await committed(transaction, puts);
      return isThere;
    });
  }

  keep(id: string, pieces: readonly KeptPiece[]): Promise<boolean> {
    return this.write(async (connection) => {
      const transaction = connection.transaction(['sessions', 'kept'], 'readwrite', RELAXED);
      const sessions = transaction.objectStore('sessions');
      const row = await sessions.get(id);
      const puts = row && [
        sessions.put({
          ...row,
          summary: { ...row.summary, keptBytes: withKept(row.summary.keptBytes, pieces) },
        }),
        ...pieces.map((piece) => transaction.objectStore('kept').put({ ...piece, sessionId: id })),
      ];
      await committed(transaction, puts ?? []);
      return row !== undefined;
    });
  }

  describe(id: string, facts: Pick<RecordingSession, 'roomHash' | 'identityHash'>): Promise<void> {
    return this.change(id, (row) => ({ ...row, summary: { ...row.summary, ...facts } }));
  }

  end(id: string, endedWallMs: number, outcome: SessionOutcome | undefined, bytes?: number): Promise<void> {
    const facts = outcome === undefined ? ({ interrupted: true } as const) : { outcome };
    return this.change(id, (row) => ({
      ...row,
      endedAt: endedWallMs,
      summary: { ...row.summary, ...facts, ...(bytes !== undefined && { bytes }) },
    }));
  }

  async list(): Promise<ListedRecording[]> {
    const rows = await this.database.run((connection) => connection.getAllFromIndex('sessions', 'startedAt'));
    return rows.reverse().filter(isSessionRow).map(listedOfRow);
  }

  async lastAtMs(id: string): Promise<number> {
    return this.database.run(async (connection) => {
      const transaction = connection.transaction(['events', 'chunks']);
      const [event, chunk] = await Promise.all([
        transaction.objectStore('events').openCursor(rangeOf(id), 'prev'),
        transaction.objectStore('chunks').openCursor(rangeOf(id), 'prev'),
      ]);
      const eventMs = isEventRow(event?.value) ? event.value.event.atMs : 0;
      return Math.max(0, eventMs, chunk?.value.toMs ?? 0);
    });
  }

  delete(id: string): Promise<void> {
    return this.database.run((connection) => deleteSession(connection, id));
  }

  setting(key: string): Promise<unknown> {
    return this.database.run((connection) => connection.get('settings', key));
  }

  setSetting(key: string, value: unknown): Promise<void> {
    return this.write((connection) => {
      const transaction = connection.transaction('settings', 'readwrite', RELAXED);
      return committed(transaction, [transaction.store.put(value, key)]);
    });
  }

  protected change(id: string, change: (row: SessionRow) => SessionRow): Promise<void> {
    return this.write(async (connection) => {
      const transaction = connection.transaction('sessions', 'readwrite', RELAXED);
      const row = await transaction.store.get(id);
      await committed(transaction, row === undefined ? [] : [transaction.store.put(change(row))]);
    });
  }

  protected async write<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    try {
      return await this.database.run(work);
    } catch (error) {
      if (!isQuota(error) || !(await this.#dropOldest())) throw error;
      return this.database.run(work);
    }
  }

  /** Whether there was one to drop. */
  async #dropOldest(): Promise<boolean> {
    const [oldest] = goingOrder(await this.list());
    if (oldest !== undefined) await this.delete(oldest.id);
    return oldest !== undefined;
  }
}

/**
 * Waits for the transaction and not for its requests: when the quota is used up those fail with a mere AbortError, and
 * only the transaction knows why.
 */
export async function committed<Names extends StoreNames<ClaraSchema>[]>(
  transaction: IDBPTransaction<ClaraSchema, Names, 'readwrite'>,
  requests: readonly Promise<unknown>[],
): Promise<void> {
  for (const request of requests) request.catch(() => {}); // told by the transaction
  await transaction.done;
}

async function deleteSession(connection: Connection, id: string): Promise<void> {
  const transaction = connection.transaction([...ALL_AND_KEPT], 'readwrite', STRICT);
  await committed(transaction, [
    transaction.objectStore('sessions').delete(id),
    transaction.objectStore('kept').delete(rangeOf(id)),
    transaction.objectStore('events').delete(rangeOf(id)),
    transaction.objectStore('chunks').delete(rangeOf(id)),
  ]);
}

/** All keys that begin with a session's id: in IndexedDB's order an array comes after every number and string. */
export function rangeOf(id: string): IDBKeyRange {
  return IDBKeyRange.bound([id], [id, []]);
}

function isQuota(error: unknown): boolean {
  return (error as { name?: unknown } | null)?.name === 'QuotaExceededError';
}
