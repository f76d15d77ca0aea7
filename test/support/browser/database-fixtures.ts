/**
 * Databases as each version of the schema wrote them, row by row, made with the browser's own API and not with ours:
 * a fixture is never changed once its version has shipped. The next version gets its own, and every one must open.
 */

/** The rows of one version. */
export interface DatabaseFixture {
  readonly version: number;
  /** Makes the stores. */
  readonly create: (database: IDBDatabase) => void;
  /** Rows by store; `[key, row]` where the key stands outside. */
  readonly rows: Readonly<Record<string, readonly (readonly [IDBValidKey | undefined, unknown])[]>>;
}

const bytesOf = (base64: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

/** Twelve samples of the call of test/support/core/recordings.ts, codec 1, the fifth without a round trip. */
export const CODEC_1_CHUNK = bytesOf(
  'DDABAtQP0g8HCgMAAQAGAwEGCgAACwFkZGRkZGRkZGRkZGQMAAANAAAOAsA+4D+eAQ8sGr8CoAK5AsICHzEPUcoHN64BOZgBB20BsQGGAgggEBKqxgPwvgM+hgH+BcUIkAEAzgS3BGPMAhECmvUF6OgFYuIB/gmfDu4BAtYHsQelAagEEhLO+gK09AIwcoAFkQd4AuoD2QNRlAITApr1BejoBWLiAf4Jnw7uAQLWB7EHpQGoBBQAABUAABYAABcAABgAABlB0C7VJaoMpw+oJaEKkwnwAbQL3SCeCpEHGmLQrgLsmAHqNMVMrF+AL42WAcsa6GzbwgHgJb4xGxLcS75KChaAAbcBGgBgWxE4HAKa9QXo6AVi4gH+CZ8O7gEC1gexB6UBqAQoAAApAWRkZGRkZGRkZGRkZCoCkkCiPxI3IjHaApkCDHdYBCsAACwAgPQDLUHMDTtmiwEuXk8fKiNETS5AAC8AADBQ2AQxQfQW7wLMGqss5iitC5MciALuKNsFL+UkMmHsV4YV1KoB8E3cfYRc4CSulwLCJMqzAtp/+j88AAA9Re8Pug0rSnmSAV8VLCMqNz4AwM8kPwKSQKI/EjciMdoCmQIMd1gEQALAPuA/ngEPLBq/AqACuQLCAh8xQQAAQgAAQwAARAAERQAERgACUAGwAQMICwIMCQEEAwQDUQAGUgAEUwAIWgAGXAEAAAAAAAAAAAACAAA=',
);

/** Version 1: 0.1.0 wrote sessions and events only; later releases of the same version wrote chunks too. */
export const VERSION_1: DatabaseFixture = {
  version: 1,
  create(database) {
    database.createObjectStore('sessions', { keyPath: 'id' }).createIndex('startedAt', 'startedAt');
    database.createObjectStore('events', { keyPath: ['sessionId', 'seq'] });
    database.createObjectStore('chunks', { keyPath: ['sessionId', 'stream', 'seq'] });
    database.createObjectStore('settings');
  },
  rows: {
    sessions: [
      [
        undefined,
        {
          id: 'of-0.1.0',
          startedAt: 1_790_000_000_000,
          endedAt: 1_790_000_060_000,
          pinned: false,
          summary: { outcome: { phase: 'ended', reason: 'stopped' } },
        },
      ],
      [undefined, { id: 'crashed', startedAt: 1_790_000_100_000, pinned: true, summary: {} }],
    ],
    events: [
      [undefined, { sessionId: 'of-0.1.0', seq: 0, event: { kind: 'phase', atMs: 0, phase: 'connecting' } }],
      [undefined, { sessionId: 'of-0.1.0', seq: 1, event: { kind: 'phase', atMs: 900, phase: 'connected' } }],
      [undefined, { sessionId: 'of-0.1.0', seq: 2, event: { kind: 'mute', atMs: 950.25, muted: true } }],
      [undefined, { sessionId: 'crashed', seq: 0, event: { kind: 'phase', atMs: 12, phase: 'connecting' } }],
    ],
    chunks: [
      [
        undefined,
        { sessionId: 'crashed', stream: 'main', seq: 0, codec: 1, toMs: 12_001, data: CODEC_1_CHUNK },
      ],
    ],
    settings: [['salt', '00ff']],
  },
};

/** Version 2: as version 1, and text and sound by themselves. */
export const VERSION_2: DatabaseFixture = {
  version: 2,
  create(database) {
    VERSION_1.create(database);
    database.createObjectStore('kept', { keyPath: ['sessionId', 'kind', 'seq'] });
  },
  rows: {
    ...VERSION_1.rows,
    sessions: [
      [
        undefined,
        {
          id: 'with-sound',
          startedAt: 1_790_000_200_000,
          endedAt: 1_790_000_260_000,
          pinned: false,
          summary: { outcome: { phase: 'ended', reason: 'stopped' }, keptBytes: { text: 120, sound: 3 } },
        },
      ],
    ],
    events: [],
    chunks: [],
    kept: [
      [
        undefined,
        {
          sessionId: 'with-sound',
          kind: 'sound',
          seq: 0,
          take: 0,
          atMs: 900,
          type: 'audio/webm',
          data: Uint8Array.of(26, 69, 223),
        },
      ],
      [
        undefined,
        {
          sessionId: 'with-sound',
          kind: 'text',
          seq: 0,
          atMs: 1200.5,
          wallMs: 1_790_000_201_200,
          from: 'user',
          by: 'text',
          id: 'm-1',
          text: 'Hello',
        },
      ],
    ],
  },
};

/** Writes a fixture into a new database `name`, and closes it. */
export function writeFixture(name: string, { version, create, rows }: DatabaseFixture): Promise<void> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(name, version);
    opening.onerror = () => reject(opening.error ?? new Error('no fixture'));
    opening.onupgradeneeded = () => create(opening.result);
    opening.onsuccess = () => {
      const database = opening.result;
      const transaction = database.transaction(Object.keys(rows), 'readwrite');
      for (const [store, all] of Object.entries(rows))
        for (const [key, row] of all) transaction.objectStore(store).put(row, key);
      transaction.oncomplete = () => {
        database.close();
        resolve();
      };
      transaction.onerror = () => reject(transaction.error ?? new Error('no fixture'));
    };
  });
}
