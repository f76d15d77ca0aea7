import { expect } from 'chai';
import { deleteDB, openDB } from 'idb';
import { browserClock } from '../../../src/compose/browser-clock.ts';
import type { Clock, Log } from '../../../src/core/ports.ts';
import type { RecordedEvent } from '../../../src/shared/records.ts';
import { Database, StorageError } from '../../../src/storage/database.ts';
import { IndexedRecordStore } from '../../../src/storage/indexed-record-store.ts';
import { MemoryRecordStore } from '../../../src/storage/memory-record-store.ts';
import { endCrashedSessions, openRecordStore } from '../../../src/storage/open-record-store.ts';
import type { RecordStore } from '../../../src/storage/record-store.ts';
import { holdRecordingLock } from '../../../src/storage/recording-lock.ts';

const phase = (atMs: number, name = 'connected'): RecordedEvent => ({ kind: 'phase', atMs, phase: name });
const silent: Log = { info: () => {}, warn: () => {} };
let names = 0;
const newName = (): string => `clara-test-${Date.now()}-${++names}`;

/** What both stores hold to. */
function describesStore(name: string, open: () => { store: RecordStore; close: () => Promise<void> }): void {
  describe(`${name} as a record store`, () => {
    let store: RecordStore;
    let close: () => Promise<void>;
    beforeEach(() => ({ store, close } = open()));
    afterEach(() => close());

    it('lists sessions newest first, with their ends', async () => {
      await store.begin('a', 1000);
      await store.begin('c', 3000);
      await store.begin('b', 2000);
      await store.end('b', 2500, { phase: 'ended', reason: 'stopped' });
      expect(await store.list()).to.deep.equal([
        { id: 'c', startedWallMs: 3000, pinned: false },
        {
          id: 'b',
          startedWallMs: 2000,
          endedWallMs: 2500,
          outcome: { phase: 'ended', reason: 'stopped' },
          pinned: false,
        },
        { id: 'a', startedWallMs: 1000, pinned: false },
      ]);
    });

    it('gives the events of one session in their order', async () => {
      await store.begin('a', 0);
      await store.begin('ab', 0);
      await store.append('a', 0, [phase(1), phase(2)]);
      await store.append('ab', 0, [phase(9)]);
      await store.append(
        'a',
        2,
        Array.from({ length: 12 }, (_, at) => phase(at + 3)),
      );
      expect((await store.events('a')).map(({ atMs }) => atMs)).to.deep.equal([
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
      ]);
    });

    it('deletes a session with its events and no other', async () => {
      await store.begin('a', 1);
      await store.begin('b', 2);
      await store.append('a', 0, [phase(1)]);
      await store.append('b', 0, [phase(2)]);
      await store.delete('a');
      expect((await store.list()).map(({ id }) => id)).to.deep.equal(['b']);
      expect(await store.events('a')).to.deep.equal([]);
      expect(await store.events('b')).to.have.length(1);
    });

    it('ignores the end of a session that it does not know', async () => {
      await store.end('nobody', 5, undefined);
      expect(await store.list()).to.deep.equal([]);
    });

    it('ends what a crash left open at its last event, and lets live and ended ones be', async () => {
      const alive = new AbortController();
      await store.begin('crashed', 1000);
      await store.append('crashed', 0, [phase(10), phase(700)]);
      await store.begin('running', 2000);
      await store.begin('done', 3000);
      await store.end('done', 3500, { phase: 'ended', reason: 'stopped' });
      holdRecordingLock('running', alive.signal);
      await endCrashedSessions(store, 10_000);
      alive.abort();
      const ends = (await store.list()).map(({ id, endedWallMs, outcome }) => ({
        id,
        endedWallMs,
        outcome: outcome?.reason,
      }));
      expect(ends).to.deep.equal([
        { id: 'done', endedWallMs: 3500, outcome: 'stopped' },
        { id: 'running', endedWallMs: undefined, outcome: undefined },
        { id: 'crashed', endedWallMs: 1700, outcome: undefined },
      ]);
    });
  });
}

describesStore('memory', () => ({ store: new MemoryRecordStore(), close: async () => {} }));
describesStore('IndexedDB', () => {
  const name = newName();
  const database = new Database({ clock: browserClock, name });
  return {
    store: new IndexedRecordStore(database),
    close: async () => {
      await database.close();
      await deleteDB(name);
    },
  };
});

describe('the database', () => {
  let name: string;
  let databases: Database[];
  beforeEach(() => {
    name = newName();
    databases = [];
  });
  afterEach(async () => {
    for (const database of databases) await database.close();
    await deleteDB(name);
  });
  const open = (changes: Partial<ConstructorParameters<typeof Database>[0]> = {}): Database => {
    const database = new Database({ clock: browserClock, name, ...changes });
    databases.push(database);
    return database;
  };

  it('has the stores, keys and index of version 1', async () => {
    const shape = await open().run(async (connection) => {
      const transaction = connection.transaction(['chunks', 'events', 'sessions', 'settings']);
      const keys = Object.fromEntries(
        ['chunks', 'events', 'sessions', 'settings'].map((store) => [
          store,
          transaction.objectStore(store as 'events').keyPath,
        ]),
      );
      return {
        keys,
        indexes: [...transaction.objectStore('sessions').indexNames],
        version: connection.version,
      };
    });
    expect(shape).to.deep.equal({
      keys: {
        chunks: ['sessionId', 'stream', 'seq'],
        events: ['sessionId', 'seq'],
        sessions: 'id',
        settings: null,
      },
      indexes: ['startedAt'],
      version: 1,
    });
  });

  it('makes way for the upgrade of another tab', async () => {
    await open().run(async (connection) => connection.count('sessions'));
    const newer = await openDB(name, 2);
    expect(newer.version).to.equal(2);
    newer.close();
  });

  it('gives up an open that another tab blocks, says so, and closes it when it comes late', async () => {
    const holder = await openDB(name, 1); // never listens to versionchange
    const impatient: Clock = {
      ...browserClock,
      sleep: (_delayMs, signal) => browserClock.sleep(100, signal),
    };
    const error = await open({ version: 2, clock: impatient })
      .run(async () => 1)
      .catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(StorageError).with.property('code', 'blocked');
    holder.close();
    // Would wait for ever if the late connection were still open.
    await deleteDB(name);
  });

  it('opens again after its connection was closed under it', async () => {
    const database = open();
    await database.run(async (connection) => connection.close());
    expect(await database.run((connection) => connection.count('sessions'))).to.equal(0);
  });

  it('leaves no connection behind that would block the next upgrade, however many uses met a closed one', async () => {
    const database = open();
    await database.run(async (connection) => connection.close());
    const counts = await Promise.all(
      Array.from({ length: 3 }, () => database.run((connection) => connection.count('sessions'))),
    );
    expect(counts).to.deep.equal([0, 0, 0]);
    const upgraded = await new Promise<boolean>((resolve, reject) => {
      openDB(name, 2, { blocked: () => resolve(false) }).then((newer) => {
        newer.close();
        resolve(true);
      }, reject);
    });
    expect(upgraded, 'not blocked').to.equal(true);
  });

  it('is told as unavailable where there is none', async () => {
    const error = await open({ name: 5n as never, version: -1 })
      .run(async () => 1)
      .catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(StorageError).with.property('code', 'unavailable');
  });

  it('leaves out rows that are no events and no sessions', async () => {
    const database = open();
    const store = new IndexedRecordStore(database);
    await store.begin('a', 1);
    await store.append('a', 0, [phase(1), null as never, { nonsense: true } as never, phase(2)]);
    await database.run((connection) => connection.put('sessions', { id: 'broken' } as never));
    await database.run((connection) =>
      connection.put('sessions', { id: 'no-summary', startedAt: 5 } as never),
    );
    expect((await store.events('a')).map(({ atMs }) => atMs)).to.deep.equal([1, 2]);
    expect((await store.list()).map(({ id }) => id)).to.deep.equal(['a']);
  });

  it('drops the oldest ended session when the quota is used up, and tries once more', async () => {
    const database = open();
    const store = new IndexedRecordStore(database);
    await store.begin('old', 1);
    await store.end('old', 2, { phase: 'ended', reason: 'stopped' });
    await store.begin('new', 3);
    const run = database.run.bind(database);
    let isFull = true;
    database.run = async (work) => {
      if (!isFull) return run(work);
      isFull = false;
      throw new DOMException('full', 'QuotaExceededError');
    };
    await store.append('new', 0, [phase(1)]);
    expect((await store.list()).map(({ id }) => id)).to.deep.equal(['new']);
    expect(await store.events('new')).to.have.length(1);
  });

  it('falls back to memory with one warning when it cannot be opened', async () => {
    const warnings: string[] = [];
    const holder = await openDB(name, 2); // a newer version: ours cannot open
    const store = await openRecordStore(
      browserClock,
      { ...silent, warn: (event) => warnings.push(event) },
      name,
    );
    holder.close();
    expect(store.isPersistent).to.equal(false);
    expect(warnings).to.deep.equal(['storageUnavailable']);
    await store.begin('a', 1);
    expect(await store.list()).to.have.length(1);
  });
});
