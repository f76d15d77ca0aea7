import { expect } from 'chai';
import type { VoiceSession } from '../../../src/core/session/types.ts';
import { ClaraVoiceElement } from '../../../src/ui/clara-voice-element.ts';
import { loadSessionCode, type SessionConfig } from '../../../src/ui/session-config.ts';
import { FakeSession, LINKS } from '../../support/browser/fake-session.ts';
import { Mounted, mount, unmountAll } from '../../support/browser/mount-element.ts';

const linkOf = (name: string) => LINKS.find((entry) => entry.name === name)!.link;

/** An element that makes its sessions itself, as the registered tag does, when the test says so. */
class SelfMade extends ClaraVoiceElement {
  readonly asked: SessionConfig[] = [];
  answer: () => Promise<VoiceSession> = async () => new FakeSession();

  protected override createSession(config: SessionConfig): Promise<VoiceSession> {
    this.asked.push(config);
    return this.answer();
  }
}
customElements.define('clara-voice-self-made', SelfMade);

function selfMade(
  attributes: Readonly<Record<string, string>> = { 'token-endpoint': '/api/token' },
): SelfMade {
  const element = new SelfMade();
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  document.body.append(element);
  return element;
}

/** Intervals that run now, counted at the browser's door. */
class Intervals {
  readonly #set = window.setInterval.bind(window);
  readonly #clear = window.clearInterval.bind(window);
  readonly running = new Set<number>();

  constructor() {
    window.setInterval = ((...args: Parameters<typeof setInterval>) => {
      const id = this.#set(...args);
      this.running.add(id);
      return id;
    }) as typeof window.setInterval;
    window.clearInterval = ((id?: number) => {
      if (id !== undefined) this.running.delete(id);
      this.#clear(id);
    }) as typeof window.clearInterval;
  }

  restore(): void {
    window.setInterval = this.#set;
    window.clearInterval = this.#clear;
  }
}

afterEach(() => {
  unmountAll();
  for (const element of document.querySelectorAll('clara-voice-self-made')) element.remove();
});

describe('a <clara-voice> that is removed', () => {
  for (const { name, link } of LINKS)
    it(`leaves no watcher and no timer behind in "${name}"`, async () => {
      const intervals = new Intervals();
      try {
        const page = await mount();
        page.session.link.set(link);
        await page.drawn();
        expect(page.session.watcherCount).to.be.above(0);
        page.element.remove();
        await page.drawn();
        expect(page.session.watcherCount).to.equal(0);
        expect(intervals.running.size).to.equal(0);
      } finally {
        intervals.restore();
      }
    });

  it('never disposes of a session that it was given', async () => {
    const page = await mount();
    page.session.link.set(linkOf('connected'));
    page.element.remove();
    await Promise.resolve();
    expect(page.session.calls).to.deep.equal([]);
  });

  it('tells what it missed when it comes back', async () => {
    const page = await mount();
    page.session.link.set(linkOf('connected'));
    page.element.remove();
    page.session.link.set(linkOf('failed'));
    const heard: string[] = [];
    page.element.addEventListener('clara-phase-change', (event) => heard.push(event.phase));
    document.body.append(page.element);
    await page.drawn();
    expect(heard).to.deep.equal(['failed']);
    expect(page.text('[role=status]')).to.equal('Failed');
  });
});

describe('the timer of <clara-voice>', () => {
  it('runs while something ticks and not a moment longer', async () => {
    const intervals = new Intervals();
    try {
      const page = await mount();
      page.session.link.set(linkOf('reconnecting, waiting'));
      await page.drawn();
      expect(intervals.running.size).to.equal(1);
      page.session.link.set(linkOf('connected'));
      await page.drawn();
      expect(intervals.running.size).to.equal(0);
    } finally {
      intervals.restore();
    }
  });
});

describe('a <clara-voice> with another session', () => {
  it('lets go of the first and shows the second', async () => {
    const page = await mount();
    const second = new FakeSession();
    second.link.set(linkOf('connected'));
    page.element.session = second;
    await page.drawn();
    expect(page.session.watcherCount).to.equal(0);
    expect(page.text('[role=status]')).to.equal('Connected');
  });
});

describe('a <clara-voice> that makes its own session', () => {
  it('loads nothing until somebody means to use it', async () => {
    const element = selfMade();
    await element.updateComplete;
    expect(element.asked).to.deep.equal([]);
    element.dispatchEvent(new PointerEvent('pointerenter'));
    expect(element.asked).to.deep.equal([{ tokenEndpoint: '/api/token', audioProcessing: true, slot: '0' }]);
  });

  it('loads at once with preload', async () => {
    const element = selfMade({ 'token-endpoint': '/api/token', preload: '' });
    await element.updateComplete;
    expect(element.asked).to.have.length(1);
  });

  it('makes one session however many ask for it', async () => {
    const element = selfMade();
    element.dispatchEvent(new PointerEvent('pointerenter'));
    element.dispatchEvent(new FocusEvent('focusin'));
    await element.start();
    expect(element.asked).to.have.length(1);
    expect((element.session as FakeSession).calls).to.deep.equal([{ method: 'start' }]);
  });

  it('hands all of its settings over', async () => {
    const element = selfMade({
      'server-url': 'wss://example.test',
      token: 'a-token',
      pipeline: 'count',
      'audio-processing': 'off',
      policy: 'classic',
      budget: '20',
      'resume-when-back': '',
      'text-only': '',
      'session-key': 'ann',
    });
    await element.start();
    expect(element.asked).to.deep.equal([
      {
        serverUrl: 'wss://example.test',
        token: 'a-token',
        pipeline: 'count',
        audioProcessing: false,
        policy: 'classic',
        budgetMs: 20_000,
        resumeWhenBack: true,
        textOnly: true,
        sessionKey: 'ann',
      },
    ]);
  });

  it('says which of the page it is, by its id, its name or its place', async () => {
    const elements = ['', 'id', 'name', ''].map((name) =>
      selfMade({ 'token-endpoint': '/api/token', ...(name && { [name]: `my ${name}` }) }),
    );
    for (const element of elements) await element.start();
    const [first, byId, byName, last] = elements.map(({ asked }) => asked[0]?.slot);
    expect([byId, byName]).to.deep.equal(['my id', 'my name']);
    expect(Number(last)).to.equal(Number(first) + 3);
    elements[0]?.remove();
    elements[3]!.pipeline = 'count';
    await elements[3]?.start();
    expect(elements[3]?.asked.at(-1)?.slot, 'for as long as it lives').to.equal(last);
  });

  it('says which setting is no number, each time, and makes no session of it', async () => {
    const element = selfMade({ 'token-endpoint': '/api/token', budget: 'abc' });
    const heard: string[] = [];
    element.addEventListener('clara-error', ({ code, detail }) => heard.push(`${code}: ${detail}`));
    await element.start();
    await element.start();
    const told = 'notConfigured: budget is not a number; allowed: 5 to 3600 (seconds)';
    expect(heard).to.deep.equal([told, told]);
    expect(element.asked).to.deep.equal([]);
    element.setAttribute('budget', '30');
    await element.start();
    expect(element.asked.map(({ budgetMs }) => budgetMs)).to.deep.equal([30_000]);
  });

  it('says that it is not set up when it knows no source of tokens', async () => {
    const element = selfMade({});
    const heard: string[] = [];
    element.addEventListener('clara-error', (event) => heard.push(event.code));
    await element.start();
    const page = new Mounted(element, new FakeSession());
    await page.drawn();
    expect(heard).to.deep.equal(['notConfigured']);
    expect(page.text('.headline')).to.contain('is not set up');
    expect(page.buttons).to.deep.equal(['Start Session']);
  });

  it('says when its code cannot be loaded, and tries again at the next start', async () => {
    const element = selfMade();
    const page = new Mounted(element, new FakeSession());
    element.answer = () => loadSessionCode(() => Promise.reject(new TypeError('failed to fetch')));
    await element.start();
    await page.drawn();
    expect(page.text('[role=status]')).to.equal('Failed');
    expect(page.text('.headline')).to.contain('could not be loaded');
    element.answer = async () => new FakeSession();
    await element.start();
    expect((element.session as FakeSession).calls).to.deep.equal([{ method: 'start' }]);
  });

  it('says that it is not set up when a setting is wrong, and tells the developer which', async () => {
    const element = selfMade();
    const heard: string[][] = [];
    element.addEventListener('clara-error', (event) => heard.push([event.code, event.detail]));
    element.answer = () => Promise.reject(new RangeError('budgetMs is 1; allowed: 5000 to 3600000'));
    await element.start();
    expect(heard).to.deep.equal([['notConfigured', 'budgetMs is 1; allowed: 5000 to 3600000']]);
  });

  it('disposes of it when it is removed', async () => {
    const element = selfMade();
    await element.start();
    const session = element.session as FakeSession;
    element.remove();
    await Promise.resolve();
    expect(session.calls.at(-1)).to.deep.equal({ method: 'dispose' });
    expect(session.watcherCount).to.equal(0);
    expect(element.session).to.equal(undefined);
  });

  it('keeps the call when it is only moved', async () => {
    const element = selfMade();
    await element.start();
    const session = element.session as FakeSession;
    const elsewhere = document.createElement('div');
    document.body.append(elsewhere);
    elsewhere.append(element);
    await Promise.resolve();
    expect(session.calls).to.deep.equal([{ method: 'start' }]);
    elsewhere.remove();
  });

  it('disposes of a session that arrives after the removal, and starts nothing', async () => {
    const element = selfMade();
    const late = new FakeSession();
    let arrive: (session: VoiceSession) => void = () => {};
    element.answer = () => new Promise((resolve) => (arrive = resolve));
    const starting = element.start();
    element.remove();
    await Promise.resolve();
    arrive(late);
    await starting;
    expect(late.calls).to.deep.equal([{ method: 'dispose' }]);
  });

  it('takes changed settings for the next session, and leaves a running one alone', async () => {
    const element = selfMade();
    await element.start();
    const first = element.session as FakeSession;
    first.link.set(linkOf('connected'));
    element.pipeline = 'count';
    await element.updateComplete;
    expect(element.session).to.equal(first);
    first.link.set(linkOf('ended'));
    element.pipeline = 'parrot';
    await element.updateComplete;
    await element.start();
    expect(element.asked.at(-1)).to.deep.equal({
      tokenEndpoint: '/api/token',
      pipeline: 'parrot',
      audioProcessing: true,
      slot: '0',
    });
    expect(first.calls.at(-1)).to.deep.equal({ method: 'dispose' });
  });
});
