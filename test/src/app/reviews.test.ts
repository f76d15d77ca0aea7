import { expect } from 'chai';
import { html, render } from 'lit';
import { sessionPage } from '../../../src/app/pages/session.ts';
import { sessionsPage } from '../../../src/app/pages/sessions.ts';
import { Reviews } from '../../../src/app/review/reviews.ts';
import { archiveBlob } from '../../../src/compose/export-recording.ts';
import { libraryOver, type RecordingLibrary } from '../../../src/compose/recording-library.ts';
import type { KeptPiece } from '../../../src/shared/recording.ts';
import { MemoryRecordStore } from '../../../src/storage/memory-record-store.ts';
import { holdRecordingLock } from '../../../src/storage/recording-lock.ts';
import { storeRecorder } from '../../../src/storage/recorder.ts';
import { FakeClock } from '../../support/core/fake-clock.ts';
import { callRecording } from '../../support/core/recordings.ts';

function bench() {
  const store = new MemoryRecordStore();
  const life = new AbortController();
  const place = document.createElement('main');
  const went: string[] = [];
  let onIdle = (): void => {};
  const reviews: Reviews = new Reviews({
    openLibrary: () => Promise.resolve(libraryOver(store)),
    loadElements: () => Promise.resolve(),
    go: (path) => went.push(path),
    draw: () => {
      render(html`${sessionsPage(reviews, false)}`, place);
      if (!reviews.state.isBusy && reviews.state.told !== undefined) onIdle();
    },
    save: () => {},
    signal: life.signal,
  });
  const imported = (files: readonly Blob[]): Promise<void> => {
    const told = new Promise<void>((resolve) => (onIdle = resolve));
    reviews.import(files);
    return told;
  };
  return { store, reviews, place, went, imported, end: () => life.abort() };
}

describe('files that are imported', () => {
  it('are each told of when several are wrong, with their names as text, and what is good is kept', async () => {
    const { store, reviews, place, went, imported, end } = bench();
    const good = await archiveBlob([callRecording(60)]);
    await imported([
      new File(['{"a": 1'], '<img src=x onerror=alert(1)>.json'),
      new File([good], 'good.clararec'),
      new File([], 'nothing.clararec'),
    ]);
    expect(reviews.state.told?.isProblem).to.equal(true);
    const text = place.querySelector('[role=alert]')?.textContent ?? '';
    expect(text).to.include('1 session imported.');
    expect(text).to.include('“<img src=x onerror=alert(1)>.json” was not imported');
    expect(text).to.include('“nothing.clararec” was not imported: it is empty');
    expect(place.querySelector('img')).to.equal(null);
    expect(await store.list()).to.have.length(1);
    expect(went).to.deep.equal([], 'the problems are to be read first');
    end();
  });

  it('write nothing when they are wrong, and open at once when there is one', async () => {
    const { store, reviews, went, imported, end } = bench();
    await imported([new File(['{"PeerConnections": 7}'], 'dump.json')]);
    expect(reviews.state.told?.isProblem).to.equal(true);
    expect(await store.list()).to.deep.equal([]);
    const recording = callRecording(60);
    await imported([await archiveBlob([recording])]);
    expect(went).to.deep.equal([`/sessions/${recording.session.id}`]);
    await imported([await archiveBlob([recording])]);
    expect(reviews.state.told).to.deep.equal({ text: '1 session was here already.', isProblem: false });
    end();
  });
});

describe('a session that is still being recorded', () => {
  const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

  it('is not deleted, nor its sound: that is refused with the reason, and possible when it is over', async () => {
    const store = new MemoryRecordStore();
    const life = new AbortController();
    const place = document.createElement('main');
    const went: string[] = [];
    let onDraw = (): void => {};
    const reviews: Reviews = new Reviews({
      openLibrary: () => Promise.resolve(libraryOver(store)),
      loadElements: () => Promise.resolve(),
      go: (path) => {
        went.push(path);
        onDraw();
      },
      draw: () => {
        render(html`${sessionPage(reviews)}`, place);
        onDraw();
      },
      save: () => {},
      signal: life.signal,
    });
    /** Resolves when the page is drawn so that `isSo`. */
    const drawn = (isSo: () => boolean): Promise<void> =>
      new Promise((resolve) => {
        onDraw = () => isSo() && resolve();
      });
    const buttons = (): HTMLButtonElement[] =>
      [...place.querySelectorAll('button')].filter(({ textContent }) => textContent?.includes('Delete'));
    const id = 'deleted-while-recorded';
    const session = storeRecorder({
      store: Promise.resolve(store),
      clock: new FakeClock(),
      log: { info: () => {}, warn: () => {} },
      newId: () => id,
    }).begin(Date.now());
    await settled();
    const sound = { kind: 'sound', take: 0, atMs: 0, type: 'audio/webm', data: Uint8Array.of(1) } as const;
    await store.keep(id, [{ ...sound, seq: 0 }]);

    const shown = drawn(() => buttons().length === 2);
    reviews.show({ page: 'session', ids: [id] });
    await shown;
    expect(buttons().map(({ disabled }) => disabled)).to.deep.equal([true, true]);
    expect(place.querySelector('#running')?.textContent).to.include('still being recorded');

    for (const tryIt of [() => reviews.delete(id), () => reviews.deleteKept(id, 'sound')]) {
      const told = drawn(() => reviews.state.told !== undefined);
      tryIt();
      await told;
      expect(place.querySelector('[role=alert]')?.textContent).to.include('still being recorded');
      reviews.tell('', false);
    }
    expect(await store.list()).to.have.length(1);
    expect(await store.kept(id)).to.have.length(1);
    expect(went).to.deep.equal([]);

    const isFree = drawn(() => buttons().length === 2 && buttons().every(({ disabled }) => !disabled));
    session.end(Date.now(), { phase: 'ended', reason: 'stopped' });
    await isFree;
    expect(place.querySelector('#running')).to.equal(null);
    const isGone = drawn(() => went.length > 0);
    reviews.delete(id);
    await isGone;
    expect(await store.list()).to.deep.equal([]);
    expect(went).to.deep.equal(['/sessions']);
    life.abort();
  });

  it('leaves no wait for its end behind when its page is left', async () => {
    const store = new MemoryRecordStore();
    const lock = new AbortController();
    const id = 'left-while-recorded';
    holdRecordingLock(id, lock.signal);
    await store.begin({ id, startedWallMs: Date.now(), pinned: false, source: 'recorded' });
    const life = new AbortController();
    let onDraw = (): void => {};
    const reviews: Reviews = new Reviews({
      openLibrary: () => Promise.resolve(libraryOver(store)),
      loadElements: () => Promise.resolve(),
      go: () => {},
      draw: () => onDraw(),
      save: () => {},
      signal: life.signal,
    });
    const shown = new Promise<void>((resolve) => {
      onDraw = () => reviews.state.isRunning && resolve();
    });
    reviews.show({ page: 'session', ids: [id] });
    await shown;
    const waiting = async (): Promise<number> =>
      ((await navigator.locks.query()).pending ?? []).filter(({ name }) => name?.endsWith(id)).length;
    expect(await waiting()).to.equal(1);
    reviews.show({ page: 'talk', ids: [] });
    expect(reviews.state.isRunning).to.equal(false);
    expect(await waiting()).to.equal(0);
    lock.abort();
    life.abort();
  });
});

const SOUND: KeptPiece = {
  kind: 'sound',
  seq: 0,
  take: 0,
  atMs: 0,
  type: 'audio/webm;codecs=opus',
  data: new Uint8Array([1, 2, 3]),
};
const LINE: KeptPiece = {
  kind: 'text',
  seq: 0,
  atMs: 1000,
  wallMs: 1000,
  from: 'user',
  by: 'text',
  id: 'a',
  text: 'hello',
};

/** The page of a session with text and sound; `kept` answers in the library's place. */
async function opened(kept?: (library: RecordingLibrary) => RecordingLibrary['kept']) {
  const store = new MemoryRecordStore();
  const recording = callRecording(60);
  const { id } = recording.session;
  await store.add([{ ...recording, kept: [LINE, SOUND] }]);
  const library = libraryOver(store);
  const asked: string[] = [];
  const life = new AbortController();
  const place = document.createElement('main');
  const states: Reviews['state'][] = [];
  let wanted: { is: (state: Reviews['state']) => boolean; resolve: () => void } | undefined;
  const reviews: Reviews = new Reviews({
    openLibrary: () =>
      Promise.resolve({
        ...library,
        kept: (of: string) => {
          asked.push(of);
          return (kept?.(library) ?? library.kept)(of);
        },
      }),
    loadElements: () => Promise.resolve(),
    go: () => {},
    draw: () => {
      states.push(reviews.state);
      render(html`${sessionPage(reviews)}`, place);
      if (wanted?.is(reviews.state) === true) wanted.resolve();
    },
    save: () => {},
    signal: life.signal,
  });
  const until = (is: (state: Reviews['state']) => boolean): Promise<void> =>
    new Promise((resolve) => {
      wanted = { is, resolve };
      if (is(reviews.state)) resolve();
    });
  const route = (): Parameters<Reviews['show']>[0] => ({ page: 'session', ids: [id] });
  return { id, reviews, asked, place, states, until, route, end: () => life.abort() };
}

const isReady = ({ review }: Reviews['state']): boolean => review.status === 'ready';
const hasKept = ({ kept }: Reviews['state']): boolean => kept.length > 0;
const isPinned = ({ review }: Reviews['state']): boolean =>
  review.status === 'ready' && review.value.recording.session.pinned;

/** The page of a session whose review is there; its text and sound come when they are given. */
async function openedBeforeKept() {
  let give = (): void => {};
  const given = new Promise<void>((resolve) => (give = resolve));
  const page = await opened((library) => async (id) => {
    await given;
    return library.kept(id);
  });
  page.reviews.show(page.route());
  await page.until(isReady);
  return { page, give };
}

describe('the text and sound of a session that is opened', () => {
  it('are waited for by nothing: the review is there before them', async () => {
    const { page, give } = await openedBeforeKept();
    expect(page.reviews.state.kept).to.deep.equal([]);
    give();
    await page.until(hasKept);
    expect(page.reviews.state.kept).to.deep.equal([LINE, SOUND]);
    page.end();
  });

  it('leave the review where it is when they cannot be read, and the page says so until another is shown', async () => {
    const page = await opened(() => () => Promise.reject(new DOMException('damaged', 'NotReadableError')));
    page.reviews.show(page.route());
    await page.until(({ told, review }) => told !== undefined || review.status === 'failed');
    expect(page.reviews.state.review.status).to.equal('ready');
    expect(page.place.querySelector('[role=alert]')?.textContent?.trim()).to.equal(
      'The text and sound of this session cannot be read. Everything else can.',
    );
    page.reviews.show({ page: 'session', ids: ['another'] });
    expect(page.reviews.state.told).to.equal(undefined);
    page.end();
  });

  it('are not read again when the session is pinned: a player goes on', async () => {
    const page = await opened();
    page.reviews.show(page.route());
    await page.until(hasKept);
    const { kept } = page.reviews.state;
    page.reviews.setPinned(page.id, true);
    await page.until(isPinned);
    expect(page.reviews.state.kept).to.equal(kept);
    expect(page.asked).to.have.length(1);
    page.end();
  });

  it('are read once, and what is deleted of them goes while the rest stays as it was', async () => {
    const page = await opened();
    page.reviews.show(page.route());
    await page.until(hasKept);
    page.reviews.deleteKept(page.id, 'text');
    await page.until(({ kept }) => kept.length === 1);
    expect(page.reviews.state.kept[0]).to.equal(SOUND);
    expect(page.asked).to.have.length(1);
    page.end();
  });

  it('of a page that was left are shown on no other', async () => {
    const { page, give } = await openedBeforeKept();
    page.reviews.show({ page: 'session', ids: ['another'] });
    give();
    await page.until(({ review }) => review.status === 'missing');
    expect(page.states.some(hasKept)).to.equal(false);
    page.end();
  });
});
