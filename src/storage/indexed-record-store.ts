/**
 * Recordings in IndexedDB. Each method is one transaction. Appends are relaxed (a crash may cost the last seconds,
 * which recording.md allows); deletes, imports and putting away are strict. When the quota is used up the oldest ended
 * session that is not pinned goes, and the write is tried once more.
 */
import type { IDBPDatabase, IDBPTransaction, StoreNames } from 'idb';
import { goingOrder } from '../core/review/retention.ts';
import type { ListedRecording, Recording, RecordingEvent, RecordingSession } from '../shared/recording.ts';
import type { SessionOutcome } from '../shared/records.ts';
import type { Database } from './database.ts';
import type { PutAway, RecordPart, RecordStore, StoredRecording } from './record-store.ts';
import {
  chunkOfRow,
  isChunkRow,
  isEventRow,
  isSessionRow,
  listedOfRow,
  rowOfSession,
  sessionOfRow,
} from './rows.ts';
import type { ClaraSchema, SessionRow } from './schema.ts';

const RELAXED: IDBTransactionOptions = { durability: 'relaxed' };
const STRICT: IDBTransactionOptions = { durability: 'strict' };
const ALL_OF_A_SESSION = ['sessions', 'events', 'chunks'] as const;
type Connection = IDBPDatabase<ClaraSchema>;

/** A {@link RecordStore} over `database`, which stays the caller's. */
export class IndexedRecordStore implements RecordStore {
  readonly isPersistent = true;
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  begin(session: RecordingSession): Promise<void> {
    return this.#write((connection) => {
      const transaction = connection.transaction('sessions', 'readwrite', RELAXED);
      return committed(transaction, [transaction.store.put(rowOfSession(session))]);
    });
  }

  append(id: string, { firstSeq, events, chunks }: RecordPart): Promise<boolean> {
    return this.#write(async (connection) => {
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

  describe(id: string, facts: Pick<RecordingSession, 'roomHash' | 'identityHash'>): Promise<void> {
    return this.#change(id, (row) => ({ ...row, summary: { ...row.summary, ...facts } }));
  }

  end(id: string, endedWallMs: number, outcome: SessionOutcome | undefined, bytes?: number): Promise<void> {
    const facts = outcome === undefined ? ({ interrupted: true } as const) : { outcome };
    return this.#change(id, (row) => ({
      ...row,
      endedAt: endedWallMs,
      summary: { ...row.summary, ...facts, ...(bytes !== undefined && { bytes }) },
    }));
  }

  async list(): Promise<ListedRecording[]> {
    const rows = await this.#database.run((connection) =>
      connection.getAllFromIndex('sessions', 'startedAt'),
    );
    return rows.reverse().filter(isSessionRow).map(listedOfRow);
  }

  async events(id: string): Promise<RecordingEvent[]> {
    const rows = await this.#database.run((connection) => connection.getAll('events', rangeOf(id)));
    return rows.filter(isEventRow).map(({ event }) => event);
  }

  async lastAtMs(id: string): Promise<number> {
    return this.#database.run(async (connection) => {
      const transaction = connection.transaction(['events', 'chunks']);
      const [event, chunk] = await Promise.all([
        transaction.objectStore('events').openCursor(rangeOf(id), 'prev'),
        transaction.objectStore('chunks').openCursor(rangeOf(id), 'prev'),
      ]);
      const eventMs = isEventRow(event?.value) ? event.value.event.atMs : 0;
      return Math.max(0, eventMs, chunk?.value.toMs ?? 0);
    });
  }

  async read(id: string): Promise<StoredRecording | undefined> {
    const { row, events, chunks, lost } = await this.#database.run(async (connection) => {
      const transaction = connection.transaction([...ALL_OF_A_SESSION]);
      const [session, eventRows, chunkRows] = await Promise.all([
        transaction.objectStore('sessions').get(id),
        readable(transaction.objectStore('events'), id),
        readable(transaction.objectStore('chunks'), id),
      ]);
      return {
        row: session,
        events: eventRows.rows,
        chunks: chunkRows.rows,
        lost: eventRows.lost + chunkRows.lost,
      };
    });
    if (!isSessionRow(row)) return undefined;
    const goodEvents = events.filter(isEventRow);
    const goodChunks = chunks.filter(isChunkRow);
    return {
      recording: {
        session: sessionOfRow(row),
        events: goodEvents.map(({ event }) => event),
        chunks: goodChunks.map(chunkOfRow),
      },
      leftOut: lost + events.length - goodEvents.length + chunks.length - goodChunks.length,
    };
  }

  putAway(id: string, { chunks, digest, bytes }: PutAway): Promise<void> {
    return this.#write(async (connection) => {
      const transaction = connection.transaction(['sessions', 'chunks'], 'readwrite', STRICT);
      const row = await transaction.objectStore('sessions').get(id);
      if (row === undefined) return committed(transaction, []);
      const store = transaction.objectStore('chunks');
      await committed(transaction, [
        store.delete(rangeOf(id)),
        ...chunks.map((chunk) => store.put({ sessionId: id, ...chunk })),
        transaction.objectStore('sessions').put({ ...row, summary: { ...row.summary, digest, bytes } }),
      ]);
    });
  }

  add(recordings: readonly Recording[]): Promise<void> {
    return this.#write((connection) => {
      const transaction = connection.transaction([...ALL_OF_A_SESSION], 'readwrite', STRICT);
      const eventStore = transaction.objectStore('events');
      const chunkStore = transaction.objectStore('chunks');
      const puts = recordings.flatMap(({ session: { id }, session, events, chunks }) => [
        eventStore.delete(rangeOf(id)),
        chunkStore.delete(rangeOf(id)),
        transaction.objectStore('sessions').put(rowOfSession(session)),
        ...events.map((event, seq) => eventStore.put({ sessionId: id, seq, event })),
        ...chunks.map((chunk) => chunkStore.put({ sessionId: id, ...chunk })),
      ]);
      return committed(transaction, puts);
    });
  }

  setPinned(id: string, pinned: boolean): Promise<void> {
    return this.#change(id, (row) => ({ ...row, pinned }));
  }

  delete(id: string): Promise<void> {
    return this.#database.run((connection) => deleteSession(connection, id));
  }

  setting(key: string): Promise<unknown> {
    return this.#database.run((connection) => connection.get('settings', key));
  }

  setSetting(key: string, value: unknown): Promise<void> {
    return this.#write((connection) => {
      const transaction = connection.transaction('settings', 'readwrite', RELAXED);
      return committed(transaction, [transaction.store.put(value, key)]);
    });
  }

  #change(id: string, change: (row: SessionRow) => SessionRow): Promise<void> {
    return this.#write(async (connection) => {
      const transaction = connection.transaction('sessions', 'readwrite', RELAXED);
      const row = await transaction.store.get(id);
      await committed(transaction, row === undefined ? [] : [transaction.store.put(change(row))]);
    });
  }

  async #write<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    try {
      return await this.#database.run(work);
    } catch (error) {
      if (!isQuota(error) || !(await this.#dropOldest())) throw error;
      return this.#database.run(work);
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
async function committed<Names extends StoreNames<ClaraSchema>[]>(
  transaction: IDBPTransaction<ClaraSchema, Names, 'readwrite'>,
  requests: readonly Promise<unknown>[],
): Promise<void> {
  for (const request of requests) request.catch(() => {}); // told by the transaction
  await transaction.done;
}

/** A session's rows of a store; where one of them cannot be read at all, the others one by one. */
async function readable<T>(
  store: {
    getAll(range: IDBKeyRange): Promise<T[]>;
    getAllKeys(range: IDBKeyRange): Promise<IDBValidKey[]>;
    get(key: IDBKeyRange): Promise<T | undefined>;
  },
  id: string,
): Promise<{ readonly rows: T[]; readonly lost: number }> {
  try {
    return { rows: await store.getAll(rangeOf(id)), lost: 0 };
  } catch (error) {
    // Chromium tells a damaged value so; anything else ends the transaction and is the caller's.
    if (!(error instanceof DOMException) || !['NotReadableError', 'DataError'].includes(error.name))
      throw error;
  }
  const keys = await store.getAllKeys(rangeOf(id));
  const read = await Promise.allSettled(keys.map((key) => store.get(IDBKeyRange.only(key))));
  const rows = read.flatMap((one) =>
    one.status === 'fulfilled' && one.value !== undefined ? [one.value] : [],
  );
  return { rows, lost: keys.length - rows.length };
}

async function deleteSession(connection: Connection, id: string): Promise<void> {
  const transaction = connection.transaction([...ALL_OF_A_SESSION], 'readwrite', STRICT);
  await committed(transaction, [
    transaction.objectStore('sessions').delete(id),
    transaction.objectStore('events').delete(rangeOf(id)),
    transaction.objectStore('chunks').delete(rangeOf(id)),
  ]);
}

/** All keys that begin with a session's id: in IndexedDB's order an array comes after every number and string. */
function rangeOf(id: string): IDBKeyRange {
  return IDBKeyRange.bound([id], [id, []]);
}

function isQuota(error: unknown): boolean {
  return (error as { name?: unknown } | null)?.name === 'QuotaExceededError';
}
