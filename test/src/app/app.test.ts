import { expect } from 'chai';
import { App } from '../../../src/app/app.ts';
import { TalkElement } from '../../../src/app/talk-element.ts';
import '../../../src/app/review/elements.ts';
import { libraryOver, type RecordingLibrary } from '../../../src/compose/recording-library.ts';
import type { Recording } from '../../../src/shared/recording.ts';
import { MemoryRecordStore } from '../../../src/storage/memory-record-store.ts';
import { putAwayAll } from '../../../src/storage/put-away.ts';
import { axeFindings } from '../../support/browser/axe-check.ts';
import { FakeSession } from '../../support/browser/fake-session.ts';
import { callRecording } from '../../support/core/recordings.ts';

customElements.define('clara-voice', TalkElement);

/** A library over memory with these recordings, put away. */
async function libraryOf(...recordings: Recording[]): Promise<RecordingLibrary> {
  const store = new MemoryRecordStore();
  await store.add(recordings);
  await putAwayAll(store, new AbortController().signal);
  return { ...libraryOver(store), isPersistent: true };
}

const failed = callRecording(65, [{ fromS: 20, toS: 32 }], {
  id: 'one',
  outcome: { phase: 'failed', reason: 'budgetExhausted' },
});
const good = callRecording(100, [], { id: 'two', startedWallMs: failed.session.startedWallMs - 86_400_000 });

describe('the app', () => {
  const start = location.href;
  let app: App;
  let root: HTMLElement;
  let talk: TalkElement;
  let session: FakeSession;

  function open(
    path: string,
    openLibrary: () => Promise<RecordingLibrary> = () => libraryOf(failed, good),
  ): void {
    history.replaceState(null, '', path);
    root = document.createElement('div');
    document.body.append(root);
    talk = new TalkElement();
    session = new FakeSession();
    talk.session = session;
    app = new App({ root, talk, openLibrary, loadReview: async () => {}, offlineCapable: false });
    app.start();
  }
  const follow = (name: string): void =>
    [...root.querySelectorAll<HTMLAnchorElement>('nav a')]
      .find((link) => link.textContent?.trim() === name)!
      .click();
  /** Lists and recordings are read by promises and a stream of bytes; some turns later they are there. */
  const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 30));
  /** Resolves when the page says `text`. */
  const says = (text: string): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!shownText().includes(text)) return;
        observer.disconnect();
        resolve();
      };
      const observer = new MutationObserver(look);
      observer.observe(root, { subtree: true, childList: true, characterData: true });
      look();
    });
  const shownText = (): string => root.textContent?.replace(/\s+/g, ' ') ?? '';

  let shellStyle: HTMLLinkElement;
  before(async () => {
    shellStyle = document.createElement('link');
    shellStyle.rel = 'stylesheet';
    shellStyle.href = '/src/app/shell.css';
    const loaded = new Promise((resolve) => shellStyle.addEventListener('load', resolve));
    document.head.append(shellStyle);
    await loaded;
  });
  after(() => shellStyle.remove());
  beforeEach(() => localStorage.clear());
  afterEach(() => {
    app.stop();
    root.remove();
    history.replaceState(null, '', start);
    delete document.documentElement.dataset['theme'];
  });

  for (const theme of ['light', 'dark'])
    for (const [path, heading] of [
      ['/', 'Talk'],
      ['/sessions', 'Sessions'],
      ['/storage', 'Storage'],
      ['/sessions/nobody', 'Session'],
      ['/compare/one/nobody', 'Compare'],
      ['/settings', 'Settings'],
      ['/about', 'About'],
      ['/nowhere', 'Nothing here'],
    ] as const)
      it(`shows ${path} with its heading, and axe finds nothing (${theme})`, async () => {
        localStorage.setItem('clara-voice.settings', JSON.stringify({ theme }));
        open(path);
        await settled();
        const shown = [...root.querySelectorAll('h1')].filter((node) => node.closest('[hidden]') === null);
        expect(shown.map((node) => node.textContent)).to.deep.equal([heading]);
        expect(await axeFindings(root)).to.deep.equal([]);
      });

  it('keeps the call while other pages are read, and shows the way back', async () => {
    open('/');
    session.link.set({ phase: 'connected', sinceMonoMs: 1 });
    follow('Sessions');
    expect(talk.isConnected).to.equal(true);
    expect(session.calls).to.deep.equal([]);
    expect(root.querySelector('.notice.call')?.textContent).to.contain('In a call: Connected');
    root.querySelector<HTMLAnchorElement>('.notice.call')!.click();
    expect(location.pathname).to.equal('/');
    expect(root.querySelector('.notice.call')).to.equal(null);
  });

  it('moves the focus to the heading of a page that is gone to', () => {
    open('/');
    follow('About');
    expect(document.activeElement?.textContent).to.equal('About');
  });

  it('lists recorded sessions with length, outages, quality, reason and a line', async () => {
    open('/sessions');
    await settled();
    const [first, second] = [...root.querySelectorAll('.session')];
    expect(first!.querySelector('.badge')!.textContent).to.equal('Failed');
    expect(first!.textContent).to.contain('1 min 5 s · 1 outage, 13 s · MOS 4.4');
    expect(first!.textContent).to.contain('Connection lost.');
    expect(first!.querySelector('.spark path')!.getAttribute('d')).to.match(/^M/);
    expect(second!.querySelector('.badge')!.textContent).to.equal('Ended well');
    expect(second!.querySelector('a')!.getAttribute('href')).to.equal('/sessions/two');
  });

  it('narrows the list to an outcome and to words', async () => {
    open('/sessions');
    await settled();
    const select = root.querySelector('select')!;
    select.value = 'good';
    select.dispatchEvent(new Event('change'));
    expect(root.querySelectorAll('.session')).to.have.length(1);
    const search = root.querySelector<HTMLInputElement>('input[type=search]')!;
    search.value = 'nothing like this';
    search.dispatchEvent(new Event('input'));
    expect(shownText()).to.contain('No session is like that.');
    search.value = 'two';
    search.dispatchEvent(new Event('input'));
    expect(root.querySelectorAll('.session')).to.have.length(1);
  });

  it('shows fifty of a thousand, and more when asked', async () => {
    const many = Array.from({ length: 120 }, (_, at) => ({ ...good.session, id: `s${at}` }));
    open('/sessions', async () => ({ ...(await libraryOf()), list: async () => many }));
    await settled();
    expect(root.querySelectorAll('.session')).to.have.length(50);
    root.querySelector<HTMLButtonElement>('.more')!.click();
    expect(root.querySelectorAll('.session')).to.have.length(120);
    expect(root.querySelector('.more')).to.equal(null);
  });

  it('opens a session, pins it, and deletes it for good', async () => {
    const library = await libraryOf(failed, good);
    open('/sessions/one', async () => library);
    await settled();
    expect(root.querySelector('clara-review')!.shadowRoot!.textContent).to.contain('lost once');
    const press = (name: string): void =>
      [...root.querySelectorAll('button')].find((button) => button.textContent.trim() === name)!.click();
    press('Pin');
    await settled();
    expect((await library.list()).find(({ id }) => id === 'one')?.pinned).to.equal(true);
    const confirm = window.confirm.bind(window);
    window.confirm = () => false;
    press('Delete');
    await settled();
    expect(await library.list()).to.have.length(2);
    window.confirm = () => true;
    press('Delete');
    await settled();
    window.confirm = confirm;
    expect((await library.list()).map(({ id }) => id)).to.deep.equal(['two']);
    expect(location.pathname).to.equal('/sessions');
  });

  it('compares two chosen sessions, from the join or from the first outage', async () => {
    open('/sessions');
    await settled();
    for (const box of root.querySelectorAll<HTMLInputElement>('.compare input')) box.click();
    [...root.querySelectorAll('button')].find((button) => button.textContent.trim() === 'Compare')!.click();
    await settled();
    expect(location.pathname).to.equal('/compare/one/two');
    const table = root.querySelector('clara-review-compare')!.shadowRoot!;
    expect(table.textContent).to.contain('better');
    expect(await axeFindings(root)).to.deep.equal([]);
  });

  it('hands a session out as a file that it takes in again, and knows what is here already', async () => {
    const library = await libraryOf(failed);
    const { blob } = (await library.export('one', 'archive'))!;
    open('/sessions', async () => library);
    await settled();
    const drop = (...files: File[]): void => {
      const data = new DataTransfer();
      for (const file of files) data.items.add(file);
      window.dispatchEvent(new DragEvent('drop', { dataTransfer: data, cancelable: true }));
    };
    drop(new File([blob], 'call.clararec'));
    await says('1 session was here already.');
    await library.delete('one');
    drop(new File([blob], 'call.clararec'));
    await says('All sessions');
    expect(location.pathname).to.equal('/sessions/one');
    expect((await library.list())[0]?.digest?.outages).to.equal(1);
  });

  it('refuses a file that is none in words, by its name, and writes nothing', async () => {
    const library = await libraryOf(good);
    open('/sessions', async () => library);
    await settled();
    const data = new DataTransfer();
    data.items.add(new File(['{"a":'], '<img src=x onerror=alert(1)>.json'));
    window.dispatchEvent(new DragEvent('drop', { dataTransfer: data, cancelable: true }));
    await says('was not imported');
    expect(root.querySelector('[role=alert]')!.textContent).to.contain('it is not valid JSON');
    expect(root.querySelector('[role=alert]')!.textContent).to.contain('Nothing was written.');
    expect(root.querySelector('img')).to.equal(null);
    expect(await library.list()).to.have.length(1);
  });

  it('says once in a notice that a call is not kept, beside the call that goes on', async () => {
    open('/');
    session.link.set({ phase: 'connected', sinceMonoMs: 1 });
    talk.onRecordingProblem!('full');
    expect(root.querySelector('.notices')!.textContent).to.contain('storage is full');
    expect(session.calls).to.deep.equal([]);
  });

  it('says when the window keeps nothing', async () => {
    open('/sessions', async () => ({ ...(await libraryOf(good)), isPersistent: false }));
    await settled();
    expect(root.textContent).to.contain('This window keeps nothing');
  });

  it('says so when there are no sessions, and when they cannot be read', async () => {
    open('/sessions', () => libraryOf());
    await settled();
    expect(root.textContent).to.contain('No calls yet.');
    app.stop();
    root.remove();
    open('/sessions', () => Promise.reject(new Error('shut')));
    await settled();
    expect(root.textContent).to.contain('The list cannot be read.');
  });

  it('hands what the address and the settings choose to the talk element, the address first', async () => {
    open('/settings?audioProcessing=off');
    expect([talk.pipeline, talk.audioProcessing]).to.deep.equal([undefined, 'off']);
    [...root.querySelectorAll<HTMLInputElement>('input[name=pipeline]')].at(-1)!.click();
    expect(talk.pipeline).to.equal('count');
    app.stop();
    root.remove();
    open('/?pipeline=parrot');
    expect(talk.pipeline).to.equal('parrot');
  });

  it('takes the chosen colours at once', () => {
    open('/settings');
    root.querySelectorAll<HTMLInputElement>('input[name=theme]')[2]!.click();
    expect(document.documentElement.dataset['theme']).to.equal('dark');
  });
});
