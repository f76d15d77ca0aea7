import { expect } from 'chai';
import { html, render } from 'lit';
import { sessionsPage } from '../../../src/app/pages/sessions.ts';
import { Reviews } from '../../../src/app/review/reviews.ts';
import { archiveBlob } from '../../../src/compose/export-recording.ts';
import { libraryOver } from '../../../src/compose/recording-library.ts';
import { MemoryRecordStore } from '../../../src/storage/memory-record-store.ts';
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
