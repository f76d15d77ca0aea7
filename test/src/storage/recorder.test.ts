import { expect } from 'chai';
import type { Clock } from '../../../src/core/ports.ts';
import { samplesOf } from '../../../src/core/metrics/sample-table.ts';
import { tableOfChunks } from '../../../src/core/metrics/sample-buffer.ts';
import type { RecordedEvent } from '../../../src/shared/records.ts';
import { MemoryRecordStore } from '../../../src/storage/memory-record-store.ts';
import {
  FLUSH_EVERY_MS,
  MAX_WAITING_EVENTS,
  storeRecorder,
  type RecordingProblem,
} from '../../../src/storage/recorder.ts';
import type { RecordStore } from '../../../src/storage/record-store.ts';
import { FakeClock } from '../../support/core/fake-clock.ts';

const event = (atMs: number): RecordedEvent => ({ kind: 'phase', atMs, phase: 'connected' });

/** A clock whose sleeps end when the test says so. */
class ManualClock implements Clock {
  readonly sleeps: { delayMs: number; end: () => void }[] = [];
  monoMs = () => 0;
  wallMs = () => 0;
  sleep = (delayMs: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      this.sleeps.push({ delayMs, end: resolve });
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
}

/** Lets every promise that can settle do so. */
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

function bench(
  store: RecordStore | Promise<RecordStore> = new MemoryRecordStore(),
  page?: Window,
  id = 'session-1',
) {
  const clock = new ManualClock();
  const warnings: string[] = [];
  const problems: RecordingProblem[] = [];
  const recorder = storeRecorder({
    store: Promise.resolve(store),
    clock,
    log: { info: () => {}, warn: (_event, text) => warnings.push(text) },
    newId: () => id,
    page,
    onProblem: (problem) => problems.push(problem),
  });
  return { clock, warnings, problems, recorder };
}

describe('the recorder', () => {
  it('writes events in batches, and the end with what is left', async () => {
    const store = new MemoryRecordStore();
    const { clock, recorder } = bench(store);
    const session = recorder.begin(1000);
    session.event(event(1));
    session.event(event(2));
    await settled();
    expect(await store.events('session-1')).to.have.length(0);
    expect(clock.sleeps.map(({ delayMs }) => delayMs)).to.deep.equal([FLUSH_EVERY_MS]);
    clock.sleeps[0]?.end();
    await settled();
    expect(await store.events('session-1')).to.deep.equal([event(1), event(2)]);
    session.event(event(3));
    session.end(5000, { phase: 'failed', reason: 'budgetExhausted' });
    await settled();
    expect(await store.events('session-1')).to.deep.equal([event(1), event(2), event(3)]);
    expect(await store.list()).to.deep.equal([
      {
        id: 'session-1',
        startedWallMs: 1000,
        endedWallMs: 5000,
        outcome: { phase: 'failed', reason: 'budgetExhausted' },
        pinned: false,
        source: 'recorded',
        bytes: JSON.stringify([event(1), event(2)]).length + JSON.stringify([event(3)]).length,
      },
    ]);
  });

  it('loses 10 s at most, whenever the browser is killed', async () => {
    const store = new MemoryRecordStore();
    const clock = new FakeClock();
    const session = storeRecorder({
      store: Promise.resolve(store),
      clock,
      log: { info: () => {}, warn: () => {} },
      newId: () => 'session-1',
    }).begin(0);
    let mostMs = 0;
    for (let atMs = 0; atMs < 90_000; atMs += 100) {
      if (atMs % 1000 === 400) session.sample('main', { atMs, upPacketsSent: atMs });
      mostMs = Math.max(mostMs, atMs - (await store.lastAtMs('session-1')));
      await clock.advance(100);
    }
    expect(mostMs).to.be.within(FLUSH_EVERY_MS, 9900);
    session.end(90_000, { phase: 'ended', reason: 'stopped' });
    await settled();
    expect(clock.timerCount).to.equal(0);
  });

  for (const goes of ['pagehide', 'visibilitychange', 'freeze']) {
    it(`writes at once when the page goes (${goes})`, async () => {
      const store = new MemoryRecordStore();
      const document = Object.assign(new EventTarget(), { visibilityState: 'hidden' });
      const page = Object.assign(new EventTarget(), { document });
      const session = bench(store, page as unknown as Window).recorder.begin(0);
      session.event(event(1));
      (goes === 'pagehide' ? page : document).dispatchEvent(new Event(goes));
      await settled();
      expect(await store.events('session-1')).to.have.length(1);
    });
  }

  it('costs its recording and one warning when the store fails, and nothing else', async () => {
    const broken: RecordStore = Object.assign(new MemoryRecordStore(), {
      isPersistent: true,
      begin: () => Promise.reject(new DOMException('no', 'UnknownError')),
      append: () => Promise.reject(new DOMException('no', 'UnknownError')),
      end: () => Promise.reject(new DOMException('no', 'UnknownError')),
    });
    const { warnings, recorder } = bench(broken);
    const session = recorder.begin(0);
    session.event(event(1));
    session.end(1, { phase: 'ended', reason: 'stopped' });
    await settled();
    expect(warnings).to.deep.equal(['the recording was not written: UnknownError']);
  });

  it('begins with the first write that the store takes', async () => {
    const store = new MemoryRecordStore();
    const begin = store.begin.bind(store);
    let isFirst = true;
    store.begin = (...session) => {
      if (!isFirst) return begin(...session);
      isFirst = false;
      return Promise.reject(new DOMException('full', 'QuotaExceededError'));
    };
    const session = bench(store).recorder.begin(1000);
    session.event(event(1));
    session.end(5000, { phase: 'ended', reason: 'stopped' });
    await settled();
    expect((await store.list()).map(({ id, startedWallMs }) => [id, startedWallMs])).to.deep.equal([
      ['session-1', 1000],
    ]);
    expect(await store.events('session-1')).to.deep.equal([event(1)]);
  });

  it('keeps what a failing store did not take, and writes it in order when it does again', async () => {
    const store = Object.assign(new MemoryRecordStore(), { isPersistent: true });
    const append = store.append.bind(store);
    let isFull = true;
    store.append = (...part) =>
      isFull ? Promise.reject(new DOMException('full', 'QuotaExceededError')) : append(...part);
    const { clock, problems, recorder } = bench(store);
    const session = recorder.begin(0);
    await settled();
    session.event(event(1));
    session.sample('main', { atMs: 1000, upPacketsSent: 50 });
    clock.sleeps[0]?.end();
    await settled();
    expect(problems, 'told once').to.deep.equal(['full']);
    session.event(event(2));
    session.sample('main', { atMs: 2000, upPacketsSent: 100 });
    isFull = false;
    clock.sleeps[1]?.end();
    await settled();
    expect(await store.events('session-1')).to.deep.equal([event(1), event(2)]);
    const { recording } = (await store.read('session-1'))!;
    expect([...samplesOf(tableOfChunks(recording.chunks))]).to.deep.equal([
      { atMs: 1000, upPacketsSent: 50 },
      { atMs: 2000, upPacketsSent: 100 },
    ]);
    expect(problems).to.deep.equal(['full']);
  });

  it('begins the session again when the database was deleted under it', async () => {
    const store = new MemoryRecordStore();
    const { clock, recorder } = bench(store);
    const session = recorder.begin(0);
    await settled();
    session.event(event(1));
    clock.sleeps[0]?.end();
    await settled();
    await store.delete('session-1');
    session.event(event(2));
    session.end(5000, { phase: 'ended', reason: 'stopped' });
    await settled();
    expect(await store.list()).to.have.length(1);
    const { recording } = (await store.read('session-1'))!;
    expect(recording.events.filter((one) => one !== undefined)).to.deep.equal([event(2)]);
  });

  it('keeps room and identity as hashes that another browser would not make', async () => {
    const hashes = await Promise.all(
      [1, 2].map(async () => {
        const store = new MemoryRecordStore();
        const session = bench(store).recorder.begin(0);
        await settled();
        session.surroundings({ room: 'my-room', identity: 'me' });
        session.surroundings({ room: 'other', identity: 'me' });
        for (let turn = 0; turn < 20 && (await store.list())[0]?.roomHash === undefined; turn++)
          await settled();
        const [listed] = await store.list();
        return [listed?.roomHash, listed?.identityHash];
      }),
    );
    for (const hash of hashes.flat()) expect(hash).to.match(/^[0-9a-f]{16}$/);
    expect(new Set(hashes.flat()).size).to.equal(4);
  });

  it('tells once when recordings go with the page', async () => {
    const { problems, warnings, recorder } = bench();
    const session = recorder.begin(0);
    await settled();
    session.event(event(1));
    session.end(1, { phase: 'ended', reason: 'stopped' });
    await settled();
    expect(problems).to.deep.equal(['memoryOnly']);
    expect(warnings, 'the store has warned itself').to.deep.equal([]);
  });

  it('goes on after a store that could not be opened at all', async () => {
    const { warnings, recorder } = bench(Promise.reject(new Error('secret path')));
    recorder.begin(0).end(1, { phase: 'ended', reason: 'stopped' });
    await settled();
    expect(warnings).to.deep.equal(['the recording was not written: Error']);
  });

  it('keeps a bounded number of events while the store does not answer', async () => {
    const { warnings, recorder } = bench(new Promise<RecordStore>(() => {}));
    const session = recorder.begin(0);
    for (let at = 0; at < MAX_WAITING_EVENTS + 100; at++) session.event(event(at));
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.contain(String(MAX_WAITING_EVENTS));
  });

  it('holds the mark of a session that lives until its end is written', async () => {
    const { recorder } = bench(new MemoryRecordStore(), undefined, 'session-held');
    const held = async () => ((await navigator.locks.query()).held ?? []).map(({ name }) => name);
    const session = recorder.begin(0);
    await settled();
    expect(await held()).to.include('clara-voice-recording-session-held');
    session.end(1, { phase: 'ended', reason: 'stopped' });
    await settled();
    await settled();
    expect(await held()).to.not.include('clara-voice-recording-session-held');
  });
});
