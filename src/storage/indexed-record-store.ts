/** Recordings in IndexedDB, read and kept in order; what a call writes is in indexed-record-writer.ts. */
import {
  withKept,
  type KeptKind,
  type KeptPiece,
  type Recording,
  type RecordingEvent,
} from '../shared/recording.ts';
import {
  ALL_AND_KEPT,
  ALL_OF_A_SESSION,
  committed,
  IndexedRecordWriter,
  rangeOf,
  STRICT,
} from './indexed-record-writer.ts';
import type { PutAway, RecordStore, StoredRecording } from './record-store.ts';
import {
  chunkOfRow,
  isChunkRow,
  isEventRow,
  isSessionRow,
  keptOfRows,
  rowOfSession,
  sessionOfRow,
  withoutKept,
} from './rows.ts';
import type { SessionRow } from './schema.ts';

/** A {@link RecordStore} over `database`, which stays the caller's. */
export class IndexedRecordStore extends IndexedRecordWriter implements RecordStore {
  async events(id: string): Promise<RecordingEvent[]> {
    const rows = await this.database.run((connection) => connection.getAll('events', rangeOf(id)));
    return rows.filter(isEventRow).map(({ event }) => event);
  }

  async read(id: string): Promise<StoredRecording | undefined> {
    const { row, events, chunks, lost } = await this.database.run(async (connection) => {
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
    return this.write(async (connection) => {
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
    return this.write((connection) => {
      const transaction = connection.transaction([...ALL_AND_KEPT], 'readwrite', STRICT);
      const keptStore = transaction.objectStore('kept');
      const eventStore = transaction.objectStore('events');
      const chunkStore = transaction.objectStore('chunks');
      const puts = recordings.flatMap(({ session: { id }, session, events, chunks, kept = [] }) => [
        eventStore.delete(rangeOf(id)),
        keptStore.delete(rangeOf(id)),
        chunkStore.delete(rangeOf(id)),
        transaction.objectStore('sessions').put(rowWith(rowOfSession(session), kept)),
        ...kept.map((piece) => keptStore.put({ ...piece, sessionId: id })),
        ...events.map((event, seq) => eventStore.put({ sessionId: id, seq, event })),
        ...chunks.map((chunk) => chunkStore.put({ sessionId: id, ...chunk })),
      ]);
      return committed(transaction, puts);
    });
  }

  async kept(id: string): Promise<KeptPiece[]> {
    const { rows } = await this.database.run((connection) =>
      readable(connection.transaction('kept').store, id),
    );
    // By kind in the order of the alphabet: text comes first in ours.
    return keptOfRows(rows).sort(
      (one, other) => Number(one.kind === 'sound') - Number(other.kind === 'sound'),
    );
  }

  deleteKept(id: string, kind: KeptKind): Promise<void> {
    return this.write(async (connection) => {
      const transaction = connection.transaction(['sessions', 'kept'], 'readwrite', STRICT);
      const sessions = transaction.objectStore('sessions');
      const row = await sessions.get(id);
      await committed(transaction, [
        transaction.objectStore('kept').delete(IDBKeyRange.bound([id, kind], [id, kind, []])),
        ...(row === undefined ? [] : [sessions.put(rowWithout(row, kind))]),
      ]);
    });
  }

  setPinned(id: string, pinned: boolean): Promise<void> {
    return this.change(id, (row) => ({ ...row, pinned }));
  }
}

function rowWith(row: SessionRow, kept: readonly KeptPiece[]): SessionRow {
  if (kept.length === 0) return row;
  return { ...row, summary: { ...row.summary, keptBytes: withKept(undefined, kept) } };
}

function rowWithout(row: SessionRow, kind: KeptKind): SessionRow {
  const { keptBytes: before, ...summary } = row.summary;
  const keptBytes = withoutKept(before, kind);
  return { ...row, summary: { ...summary, ...(keptBytes && { keptBytes }) } };
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
