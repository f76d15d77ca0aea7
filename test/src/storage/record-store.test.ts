import { expect } from 'chai';
import { deleteDB, openDB } from 'idb';
import { browserClock } from '../../../src/compose/browser-clock.ts';
import type { Clock, Log } from '../../../src/core/ports.ts';
import type { RecordedEvent } from '../../../src/shared/records.ts';
import { Database, StorageError } from '../../../src/storage/database.ts';
import { IndexedRecordStore } from '../../../src/storage/indexed-record-store.ts';
import { MemoryRecordStore } from '../../../src/storage/memory-record-store.ts';
import { chunkOf, tableOfChunks } from '../../../src/core/metrics/sample-buffer.ts';
import { samplesOf, tableOf } from '../../../src/core/metrics/sample-table.ts';
import type { KeptLine, KeptSound, RecordingSession } from '../../../src/shared/recording.ts';
import { openRecordStore } from '../../../src/storage/open-record-store.ts';
import { putAway, putAwayAll } from '../../../src/storage/put-away.ts';
import type { TimedChunk } from '../../../src/storage/record-store.ts';
import { endCrashedSessions, tidy } from '../../../src/storage/tidy.ts';
import { callRecording, callSamples } from '../../support/core/recordings.ts';
import type { RecordStore } from '../../../src/storage/record-store.ts';
import { holdRecordingLock } from '../../../src/storage/recording-lock.ts';

const phase = (atMs: number, name = 'connected'): RecordedEvent => ({ kind: 'phase', atMs, phase: name });
const silent: Log = { info: () => {}, warn: () => {} };
const session = (id: string, startedWallMs: number): RecordingSession => ({
  id,
  startedWallMs,
  pinned: false,
  source: 'recorded',
});
const part = (firstSeq: number, events: RecordedEvent[], chunks: TimedChunk[] = []) => ({
  firstSeq,
  events,
  chunks,
});
const line = (seq: number, text: string): KeptLine => ({
  kind: 'text',
  seq,
  atMs: 10 * seq,
  wallMs: 1000,
  from: 'agent',
  by: 'speech',
  id: `s${seq}`,
  text,
});
const sound = (seq: number, bytes: number): KeptSound => ({
  kind: 'sound',
  seq,
  take: 0,
  atMs: 5,
  type: 'audio/webm',
  data: new Uint8Array(bytes).fill(seq + 1),
});
/** Live chunks of ten samples each, as a recorder writes them. */
const liveChunks = (count: number): TimedChunk[] => {
  const samples = callSamples(count);
  return Array.from({ length: Math.ceil(count / 10) }, (_, seq) => {
    const ten = samples.slice(seq * 10, seq * 10 + 10);
    return { ...chunkOf('main', seq, tableOf(ten)), toMs: ten.at(-1)!.atMs };
  });
};
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
      await store.begin(session('a', 1000));
      await store.begin(session('c', 3000));
      await store.begin(session('b', 2000));
      await store.end('b', 2500, { phase: 'ended', reason: 'stopped' });
      expect(await store.list()).to.deep.equal([
        session('c', 3000),
        {
          id: 'b',
          startedWallMs: 2000,
          endedWallMs: 2500,
          outcome: { phase: 'ended', reason: 'stopped' },
          pinned: false,
          source: 'recorded',
        },
        session('a', 1000),
      ]);
    });

    it('gives the events of one session in their order', async () => {
      await store.begin(session('a', 0));
      await store.begin(session('ab', 0));
      await store.append('a', part(0, [phase(1), phase(2)]));
      await store.append('ab', part(0, [phase(9)]));
      const more = Array.from({ length: 12 }, (_, at) => phase(at + 3));
      await store.append('a', part(2, more));
      expect((await store.events('a')).map(({ atMs }) => atMs)).to.deep.equal([
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
      ]);
    });

    it('deletes a session with its events and no other', async () => {
      await store.begin(session('a', 1));
      await store.begin(session('b', 2));
      await store.append('a', part(0, [phase(1)]));
      await store.append('b', part(0, [phase(2)]));
      await store.delete('a');
      expect((await store.list()).map(({ id }) => id)).to.deep.equal(['b']);
      expect(await store.events('a')).to.deep.equal([]);
      expect(await store.events('b')).to.have.length(1);
    });

    it('takes no part of a session that is not there', async () => {
      expect(await store.append('nobody', part(0, [phase(1)], liveChunks(10)))).to.equal(false);
      await store.begin(session('nobody', 1));
      expect(await store.events('nobody')).to.deep.equal([]);
      expect((await store.read('nobody'))?.recording.chunks).to.deep.equal([]);
    });

    it('puts a session away: the same samples in chunks of 300, a digest, and what it takes', async () => {
      await store.begin(session('a', 1000));
      for (const [at, chunk] of liveChunks(615).entries())
        await store.append('a', part(at, [phase(at)], [chunk]));
      const before = await store.read('a');
      await store.end('a', 616_000, { phase: 'ended', reason: 'stopped' });
      await putAwayAll(store, new AbortController().signal);
      const after = await store.read('a');
      expect(after?.recording.chunks.map(({ stream, seq }) => [stream, seq])).to.deep.equal([
        ['main', 0],
        ['main', 1],
        ['main', 2],
      ]);
      expect([...samplesOf(tableOfChunks(after!.recording.chunks))]).to.deep.equal([
        ...samplesOf(tableOfChunks(before!.recording.chunks)),
      ]);
      const [listed] = await store.list();
      expect(listed?.digest?.samples).to.equal(615);
      expect(listed?.digest?.mos).to.be.within(3.5, 4.5);
      expect(listed?.bytes).to.be.within(15_000, 40_000);
      expect(after?.recording.session).to.not.have.property('digest');
    });

    it('puts away what is broken too, keeps it as it is, and counts it', async () => {
      await store.begin(session('a', 1000));
      const [good, bad] = liveChunks(20);
      const broken = { ...bad!, data: Uint8Array.of(200, 200, 200) };
      await store.append('a', part(0, [], [good!, broken]));
      await putAway(store, 'a');
      const { recording } = (await store.read('a'))!;
      expect(recording.chunks.map(({ seq, data }) => [seq, data.length])).to.deep.equal([
        [0, recording.chunks[0]!.data.length],
        [1, 3],
      ]);
      expect((await store.list())[0]?.digest?.samples).to.equal(10);
    });

    it('adds whole recordings, in place of those with the same id', async () => {
      const first = callRecording(700, [], { id: 'x', interrupted: true, source: 'rtcstats' });
      const second = callRecording(5, [], { id: 'x' });
      await store.add([first]);
      expect((await store.read('x'))?.recording).to.deep.equal(first);
      await store.add([second]);
      expect((await store.read('x'))?.recording).to.deep.equal(second);
    });

    it('keeps text and sound apart from the rest, counts them, and deletes each for good', async () => {
      const [said, heard] = [line(0, '<b>hi</b>'), sound(0, 300)];
      expect(await store.keep('nobody', [said])).to.equal(false);
      await store.begin(session('a', 1));
      await store.append('a', part(0, [phase(1)]));
      expect((await store.list())[0]).to.not.have.property('keptBytes');
      expect(await store.keep('a', [heard])).to.equal(true);
      expect(await store.keep('a', [said, sound(1, 700)])).to.equal(true);
      expect(await store.kept('a')).to.deep.equal([said, heard, sound(1, 700)]);
      expect(await store.kept('nobody')).to.deep.equal([]);
      expect((await store.read('a'))?.recording).to.not.have.property('kept');
      await store.end('a', 5, { phase: 'ended', reason: 'stopped' });
      await putAway(store, 'a');
      const textBytes = JSON.stringify(said).length;
      const [listed] = await store.list();
      expect(listed?.keptBytes).to.deep.equal({ text: textBytes, sound: 1000 });
      expect(listed?.bytes).to.be.greaterThan(1000 + textBytes);
      await store.deleteKept('a', 'sound');
      expect(await store.kept('a')).to.deep.equal([said]);
      expect((await store.list())[0]?.keptBytes).to.deep.equal({ text: textBytes, sound: 0 });
      await store.deleteKept('a', 'text');
      expect((await store.list())[0]).to.not.have.property('keptBytes');
      expect(await store.events('a')).to.have.length(1);
      await store.keep('a', [said]);
      await store.delete('a');
      await store.begin(session('a', 1));
      expect(await store.kept('a'), 'gone with the session').to.deep.equal([]);
    });

    it('lets text and sound count towards the limit of bytes', async () => {
      await store.begin(session('old', 1));
      await store.end('old', 2, { phase: 'ended', reason: 'stopped' }, 10);
      await store.begin(session('new', 3));
      await store.end('new', 4, { phase: 'ended', reason: 'stopped' }, 10);
      await tidy(store, 10, { maxBytes: 500, maxAgeMs: 1000 });
      expect(await store.list()).to.have.length(2);
      await store.keep('new', [sound(0, 490)]);
      await tidy(store, 10, { maxBytes: 500, maxAgeMs: 1000 });
      expect((await store.list()).map(({ id }) => id)).to.deep.equal(['new']);
    });

    it('adds recordings with the text and sound that they bring', async () => {
      const kept = [line(0, 'x'), sound(0, 3)];
      await store.add([{ ...callRecording(5, [], { id: 'x' }), kept }]);
      expect(await store.kept('x')).to.deep.equal(kept);
      expect((await store.list())[0]?.keptBytes?.sound).to.equal(3);
      await store.add([callRecording(5, [], { id: 'x' })]);
      expect(await store.kept('x')).to.deep.equal([]);
    });

    it('drops what is too old, and the oldest of what is too much, but nothing pinned or running', async () => {
      const alive = new AbortController();
      const day = 86_400_000;
      for (const [id, startedDay] of [
        ['old', 1],
        ['oldPinned', 2],
        ['big', 98],
        ['newer', 99],
      ] as const) {
        await store.begin(session(id, startedDay * day));
        await store.end(id, startedDay * day + 1000, { phase: 'ended', reason: 'stopped' }, 60);
      }
      await store.setPinned('oldPinned', true);
      await store.begin(session('running', 3 * day));
      holdRecordingLock('running', alive.signal);
      await tidy(store, 100 * day, { maxBytes: 130, maxAgeMs: 90 * day });
      alive.abort();
      expect((await store.list()).map(({ id }) => id)).to.deep.equal(['newer', 'running', 'oldPinned']);
    });

    it('keeps settings', async () => {
      expect(await store.setting('salt')).to.equal(undefined);
      await store.setSetting('salt', 'ab');
      expect(await store.setting('salt')).to.equal('ab');
    });

    it('ignores the end of a session that it does not know', async () => {
      await store.end('nobody', 5, undefined);
      expect(await store.list()).to.deep.equal([]);
    });

    it('ends what a crash left open at its last event, and lets live and ended ones be', async () => {
      const alive = new AbortController();
      await store.begin(session('crashed', 1000));
      await store.append('crashed', part(0, [phase(10), phase(700)]));
      await store.begin(session('crashedLater', 1500));
      await store.append('crashedLater', part(0, [phase(10)], liveChunks(20)));
      await store.begin(session('running', 2000));
      await store.begin(session('done', 3000));
      await store.end('done', 3500, { phase: 'ended', reason: 'stopped' });
      holdRecordingLock('running', alive.signal);
      await endCrashedSessions(store, 10_000);
      alive.abort();
      const ends = (await store.list()).map(({ id, endedWallMs, outcome, interrupted }) => ({
        id,
        endedWallMs,
        end: outcome?.reason ?? interrupted,
      }));
      expect(ends).to.deep.equal([
        { id: 'done', endedWallMs: 3500, end: 'stopped' },
        { id: 'running', endedWallMs: undefined, end: undefined },
        { id: 'crashedLater', endedWallMs: 1500 + liveChunks(20)[1]!.toMs, end: true },
        { id: 'crashed', endedWallMs: 1700, end: true },
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

  it('has the stores, keys and index of version 2', async () => {
    const shape = await open().run(async (connection) => {
      const transaction = connection.transaction(['chunks', 'events', 'kept', 'sessions', 'settings']);
      const keys = Object.fromEntries(
        ['chunks', 'events', 'kept', 'sessions', 'settings'].map((store) => [
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
        kept: ['sessionId', 'kind', 'seq'],
        sessions: 'id',
        settings: null,
      },
      indexes: ['startedAt'],
      version: 2,
    });
  });

  it('makes way for the upgrade of another tab', async () => {
    await open().run(async (connection) => connection.count('sessions'));
    const newer = await openDB(name, 3);
    expect(newer.version).to.equal(3);
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
      openDB(name, 3, { blocked: () => resolve(false) }).then((newer) => {
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
    await store.begin(session('a', 1));
    await store.append('a', part(0, [phase(1), null as never, { nonsense: true } as never, phase(2)]));
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
    await store.begin(session('old', 1));
    await store.end('old', 2, { phase: 'ended', reason: 'stopped' });
    await store.begin(session('new', 3));
    const run = database.run.bind(database);
    let isFull = true;
    database.run = async (work) => {
      if (!isFull) return run(work);
      isFull = false;
      throw new DOMException('full', 'QuotaExceededError');
    };
    await store.append('new', part(0, [phase(1)]));
    expect((await store.list()).map(({ id }) => id)).to.deep.equal(['new']);
    expect(await store.events('new')).to.have.length(1);
  });

  it('falls back to memory with one warning when it cannot be opened', async () => {
    const warnings: string[] = [];
    const holder = await openDB(name, 3); // a newer version: ours cannot open
    const store = await openRecordStore(
      browserClock,
      { ...silent, warn: (event) => warnings.push(event) },
      name,
    );
    holder.close();
    expect(store.isPersistent).to.equal(false);
    expect(warnings).to.deep.equal(['storageUnavailable']);
    await store.begin(session('a', 1));
    expect(await store.list()).to.have.length(1);
  });
});
