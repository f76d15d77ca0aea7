import { expect } from 'chai';
import type { Clock } from '../../../src/core/ports.ts';
import type { RecordedEvent } from '../../../src/shared/records.ts';
import { MemoryRecordStore } from '../../../src/storage/memory-record-store.ts';
import { FLUSH_EVERY_MS, MAX_WAITING_EVENTS, storeRecorder } from '../../../src/storage/recorder.ts';
import type { RecordStore } from '../../../src/storage/record-store.ts';

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
  const recorder = storeRecorder({
    store: Promise.resolve(store),
    clock,
    log: { info: () => {}, warn: (_event, text) => warnings.push(text) },
    newId: () => id,
    page,
  });
  return { clock, warnings, recorder };
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
      },
    ]);
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
