import { expect } from 'chai';
import { deleteDB, openDB } from 'idb';
import { browserClock } from '../../../src/compose/browser-clock.ts';
import { tableOfChunks } from '../../../src/core/metrics/sample-buffer.ts';
import { samplesOf } from '../../../src/core/metrics/sample-table.ts';
import { openRecording } from '../../../src/core/review/open-recording.ts';
import { Database } from '../../../src/storage/database.ts';
import { IndexedRecordStore } from '../../../src/storage/indexed-record-store.ts';
import { openRecordStore } from '../../../src/storage/open-record-store.ts';
import { putAwayAll } from '../../../src/storage/put-away.ts';
import { storeRecorder } from '../../../src/storage/recorder.ts';
import type { KeptLine } from '../../../src/shared/recording.ts';
import type { RecordWriter } from '../../../src/storage/record-store.ts';
import { DATABASE_VERSION } from '../../../src/storage/schema.ts';
import { tidy } from '../../../src/storage/tidy.ts';
import { VERSION_1, VERSION_2, writeFixture } from '../../support/browser/database-fixtures.ts';
import { callSamples } from '../../support/core/recordings.ts';

const silent = { info: () => {}, warn: () => {} };
/** Each call of a writer's method from now on, told after it has written. */
function told<M extends 'append' | 'end'>(writer: RecordWriter, method: M): () => Promise<void> {
  const write = writer[method].bind(writer) as (...given: unknown[]) => Promise<unknown>;
  let done = 0;
  let seen = 0;
  let wake = (): void => {};
  Object.assign(writer, {
    [method]: async (...given: unknown[]) => {
      const answer = await write(...given);
      if (answer !== false) done++;
      wake();
      return answer;
    },
  });
  return async () => {
    seen++;
    while (done < seen) await new Promise<void>((resolve) => (wake = resolve));
  };
}
let names = 0;

describe('a database that something happens to', () => {
  let name: string;
  let database: Database;
  beforeEach(() => {
    name = `clara-faults-${Date.now()}-${++names}`;
    database = new Database({ clock: browserClock, name });
  });
  afterEach(async () => {
    await database.close();
    await deleteDB(name);
  });

  it('is read as version 1 left it: sessions of 0.1.0, a crash, codec 1 to the last digit', async () => {
    await writeFixture(name, VERSION_1);
    const store = new IndexedRecordStore(database);
    await tidy(store, 1_790_000_200_000 + 4 * 3_600_000);
    await putAwayAll(store, new AbortController().signal);
    const [crashed, first] = await store.list();
    expect([first?.id, first?.source, first?.outcome?.reason]).to.deep.equal([
      'of-0.1.0',
      'recorded',
      'stopped',
    ]);
    expect(first?.digest).to.include({ samples: 0, outages: 0 });
    expect((await store.events('of-0.1.0')).map(({ atMs }) => atMs)).to.deep.equal([0, 900, 950.25]);
    expect([crashed?.id, crashed?.interrupted, crashed?.pinned]).to.deep.equal(['crashed', true, true]);
    expect(crashed?.endedWallMs).to.equal(1_790_000_100_000 + 12_001);
    const { recording } = (await store.read('crashed'))!;
    const samples = [...samplesOf(tableOfChunks(recording.chunks))];
    expect(samples).to.have.length(12);
    expect(samples.map(({ atMs }) => atMs)).to.deep.equal(callSamples(12).map(({ atMs }) => atMs));
    expect(samples.map(({ pathRttS }) => pathRttS === undefined)).to.deep.equal(
      Array.from({ length: 12 }, (_, at) => at === 4),
    );
    expect(await store.setting('salt')).to.equal('00ff');
    const version = await database.run((connection) => Promise.resolve(connection.version));
    expect(version).to.equal(DATABASE_VERSION);
    const said: KeptLine = {
      kind: 'text',
      seq: 0,
      atMs: 1,
      wallMs: 2,
      from: 'user',
      by: 'text',
      id: 'm',
      text: 'now kept',
    };
    expect(await store.kept('crashed')).to.deep.equal([]);
    expect(await store.keep('crashed', [said])).to.equal(true);
    expect(await store.kept('crashed')).to.deep.equal([said]);
  });

  it('is read as version 2 left it: text and sound of a session, damaged rows left out', async () => {
    await writeFixture(name, VERSION_2);
    const raw = await openDB(name, 2);
    await raw.put('kept', { sessionId: 'with-sound', kind: 'sound', seq: 1, data: 'no bytes' });
    raw.close();
    const store = new IndexedRecordStore(database);
    const kept = await store.kept('with-sound');
    expect(kept.map((piece) => (piece.kind === 'text' ? piece.text : [...piece.data]))).to.deep.equal([
      'Hello',
      [26, 69, 223],
    ]);
    const [listed] = await store.list();
    expect([listed?.bytes, listed?.keptBytes]).to.deep.equal([123, { text: 120, sound: 3 }]);
  });

  it('is made anew when it was deleted under a recording, which goes on in the new one', async () => {
    const store = new IndexedRecordStore(database);
    const appended = told(store, 'append');
    const ended = told(store, 'end');
    const ticks: (() => void)[] = [];
    const session = storeRecorder({
      store: Promise.resolve(store),
      clock: {
        ...browserClock,
        sleep: (_delayMs, signal) =>
          new Promise((resolve, reject) => {
            ticks.push(resolve);
            signal.addEventListener('abort', () => reject(signal.reason), { once: true });
          }),
      },
      log: silent,
      newId: () => 'going-on',
    }).begin(1000);
    session.event({ kind: 'phase', atMs: 1, phase: 'connecting' });
    ticks.shift()?.();
    await appended();
    expect(await store.events('going-on')).to.have.length(1);
    await deleteDB(name); // our connection makes way for it
    session.event({ kind: 'phase', atMs: 2, phase: 'connected' });
    session.sample('main', callSamples(1)[0]!);
    ticks.shift()?.();
    await appended();
    const { recording } = (await store.read('going-on'))!;
    expect(recording.events.map(({ atMs }) => atMs)).to.deep.equal([2]);
    expect(recording.chunks).to.have.length(1);
    session.end(3, { phase: 'ended', reason: 'stopped' });
    await ended();
  });

  it('whose rows are damaged shows what is left, and says how much is not', async () => {
    await writeFixture(name, VERSION_1);
    const raw = await openDB(name, 1);
    await raw.put('chunks', {
      sessionId: 'crashed',
      stream: 'main',
      seq: 1,
      codec: 1,
      data: new Uint8Array([9]),
    });
    await raw.put('chunks', { sessionId: 'crashed', stream: 'main', seq: 2, codec: 1, data: 'no bytes' });
    await raw.put('events', { sessionId: 'crashed', seq: 1, event: 'no event' });
    raw.close();
    const { recording, leftOut } = (await new IndexedRecordStore(database).read('crashed'))!;
    const opened = openRecording(recording, leftOut);
    expect(opened.brokenRecords).to.equal(3);
    expect(opened.main.rows).to.equal(12);
  });

  it('that cannot be opened leaves the recording in memory, and the user is told once', async () => {
    const newer = await openDB(name, DATABASE_VERSION + 1);
    const problems: string[] = [];
    const warnings: string[] = [];
    const store = openRecordStore(browserClock, { ...silent, warn: (event) => warnings.push(event) }, name);
    const ended = told(await store, 'end');
    const recorder = storeRecorder({
      store,
      clock: browserClock,
      log: { ...silent, warn: (event) => warnings.push(event) },
      newId: () => 'in-memory',
      onProblem: (problem) => problems.push(problem),
    });
    const session = recorder.begin(1);
    session.event({ kind: 'phase', atMs: 1, phase: 'connecting' });
    session.end(3, { phase: 'ended', reason: 'stopped' });
    await ended();
    newer.close();
    expect(problems).to.deep.equal(['memoryOnly']);
    expect(warnings).to.deep.equal(['storageUnavailable']);
    expect((await (await store).list())[0]?.outcome?.reason).to.equal('stopped');
  });
});
