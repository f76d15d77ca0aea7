import { expect } from 'chai';
import { App } from '../../../src/app/app.ts';
import { TalkElement } from '../../../src/app/talk-element.ts';
import type { SessionHistory } from '../../../src/app/session-history.ts';
import { axeFindings } from '../../support/browser/axe-check.ts';
import { FakeSession } from '../../support/browser/fake-session.ts';

customElements.define('clara-voice', TalkElement);

const history1: SessionHistory = {
  isPersistent: true,
  delete: async () => {},
  sessions: async () => [
    {
      id: 'one',
      startedWallMs: 1_700_000_000_000,
      endedWallMs: 1_700_000_065_000,
      outcome: { phase: 'failed', reason: 'budgetExhausted' },
      pinned: false,
    },
  ],
  events: async () => [
    { kind: 'phase', atMs: 0, phase: 'connected' },
    { kind: 'phase', atMs: 5_000, phase: 'reconnecting' },
    { kind: 'phase', atMs: 65_000, phase: 'failed' },
  ],
};

describe('the app', () => {
  const start = location.href;
  let app: App;
  let root: HTMLElement;
  let talk: TalkElement;
  let session: FakeSession;

  function open(path: string, openHistory: () => Promise<SessionHistory> = async () => history1): void {
    history.replaceState(null, '', path);
    root = document.createElement('div');
    document.body.append(root);
    talk = new TalkElement();
    session = new FakeSession();
    talk.session = session;
    app = new App({ root, talk, openHistory, offlineCapable: false });
    app.start();
  }
  const follow = (name: string): void =>
    [...root.querySelectorAll<HTMLAnchorElement>('nav a')]
      .find((link) => link.textContent?.trim() === name)!
      .click();
  /** The list is read by promises only; a macrotask later it is there. */
  const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

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

  it('lists recorded sessions with length, outages, reason and phases', async () => {
    open('/sessions');
    await settled();
    const item = root.querySelector('.session')!;
    expect(item.querySelector('.badge')!.textContent).to.equal('Failed');
    expect(item.textContent).to.contain('1 min 5 sec · 1 outage');
    expect(item.textContent).to.contain('Connection lost.');
    expect(
      [...item.querySelectorAll('.phase')].map((node) => node.textContent?.replace(/\s+/g, ' ').trim()),
    ).to.deep.equal(['Connected 5 sec', 'Reconnecting 1 min']);
  });

  it('deletes a session and shows the list without it', async () => {
    const records = [...(await history1.sessions())];
    const remove = async (id: string): Promise<void> =>
      void records.splice(
        records.findIndex((record) => record.id === id),
        1,
      );
    open('/sessions', async () => ({ ...history1, sessions: async () => [...records], delete: remove }));
    await settled();
    root.querySelector<HTMLButtonElement>('.session button')!.click();
    await settled();
    expect(root.querySelectorAll('.session')).to.have.length(0);
  });

  it('says when the window keeps nothing', async () => {
    open('/sessions', async () => ({ ...history1, isPersistent: false }));
    await settled();
    expect(root.textContent).to.contain('This window keeps nothing');
  });

  it('says so when there are no sessions, and when they cannot be read', async () => {
    open('/sessions', async () => ({ ...history1, sessions: async () => [] }));
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
