import { expect } from 'chai';
import type { NetworkQuality } from '../../../src/core/session/types.ts';
import type { ClaraPhaseChangeEvent } from '../../../src/ui/events.ts';
import { LINKS, transcriptLine } from '../../support/browser/fake-session.ts';
import { mount, unmountAll } from '../../support/browser/mount-element.ts';

const linkOf = (name: string) => LINKS.find((entry) => entry.name === name)!.link;

afterEach(unmountAll);

describe('<clara-voice>', () => {
  const expected: Record<string, { status: string; buttons: string[] }> = {
    idle: { status: 'Ready', buttons: ['Start Session'] },
    requestingMic: { status: 'Waiting for the microphone', buttons: ['Mute', 'Stop', 'Send'] },
    connecting: { status: 'Connecting...', buttons: ['Mute', 'Stop', 'Send'] },
    connected: { status: 'Connected', buttons: ['Mute', 'Stop', 'Send'] },
    'connected, recovered': { status: 'Connected', buttons: ['Mute', 'Stop', 'Send'] },
    'unstable, up': { status: 'Unstable', buttons: ['Mute', 'Stop', 'Send'] },
    'unstable, down': { status: 'Unstable', buttons: ['Mute', 'Stop', 'Send'] },
    'unstable, agent': { status: 'Unstable', buttons: ['Mute', 'Stop', 'Send'] },
    'unstable, signal': { status: 'Connected', buttons: ['Mute', 'Stop', 'Send'] },
    'reconnecting, waiting': { status: 'Reconnecting...', buttons: ['Retry now', 'Mute', 'Stop', 'Send'] },
    'reconnecting, trying': { status: 'Reconnecting...', buttons: ['Retry now', 'Mute', 'Stop', 'Send'] },
    'reconnecting, offline': { status: 'Reconnecting...', buttons: ['Retry now', 'Mute', 'Stop', 'Send'] },
    failed: { status: 'Failed', buttons: ['Start Session'] },
    ended: { status: 'Ended', buttons: ['Start Session'] },
  };
  for (const { name, link } of LINKS)
    it(`shows "${name}" with its words and buttons`, async () => {
      const page = await mount();
      page.session.link.set(link);
      await page.drawn();
      expect(page.text('[role=status]')).to.equal(expected[name]!.status);
      expect(page.buttons).to.deep.equal(expected[name]!.buttons);
      expect(page.element.getAttribute('phase')).to.equal(link.phase);
      expect(page.element.phase).to.equal(link.phase);
    });

  it('starts the session with the Start Session button, which works again after a failure', async () => {
    const page = await mount();
    page.button('Start Session').click();
    await page.drawn();
    page.session.link.set(linkOf('failed'));
    await page.drawn();
    page.button('Start Session').click();
    await page.drawn();
    expect(page.session.calls).to.deep.equal([{ method: 'start' }, { method: 'start' }]);
  });

  it('starts once when Start Session is clicked twice before anything is drawn', async () => {
    const page = await mount();
    page.button('Start Session').click();
    page.button('Start Session').click();
    await page.drawn();
    expect(page.session.calls).to.deep.equal([{ method: 'start' }]);
  });

  it('does not take the second click of a double click on Start for a Stop', async () => {
    const page = await mount();
    page.session.link.set(linkOf('connecting'));
    await page.drawn();
    page.button('Stop').dispatchEvent(new MouseEvent('click', { detail: 2 }));
    expect(page.session.calls).to.deep.equal([]);
    page.button('Stop').dispatchEvent(new MouseEvent('click', { detail: 1 }));
    expect(page.session.calls).to.deep.equal([{ method: 'stop' }]);
  });

  it('offers to use a session here that another tab has', async () => {
    const page = await mount();
    page.session.link.set({ phase: 'ended', reason: 'duplicateIdentity' });
    await page.drawn();
    expect(page.buttons).to.deep.equal(['Start Session', 'Use here']);
    page.button('Use here').click();
    await page.drawn();
    expect(page.session.calls).to.deep.equal([{ method: 'start', takeOver: true }]);
  });

  it('mutes and unmutes, and the button says what it will do', async () => {
    const page = await mount();
    page.session.microphone.set({ status: 'live', muted: false });
    page.session.link.set(linkOf('connected'));
    await page.drawn();
    page.button('Mute').click();
    await page.drawn();
    expect(page.text('.note')).to.equal('You are muted.');
    page.button('Unmute').click();
    await page.drawn();
    expect(page.session.calls).to.deep.equal([
      { method: 'setMuted', muted: true },
      { method: 'setMuted', muted: false },
    ]);
    expect(page.buttons).to.include('Mute');
  });

  it('keeps a mute from before the start and hands it over first', async () => {
    const page = await mount();
    await page.element.setMuted(true);
    page.session.calls.length = 0;
    await page.element.start();
    expect(page.session.calls).to.deep.equal([{ method: 'setMuted', muted: true }, { method: 'start' }]);
  });

  it('retries at once on wish, but not while a join is under way', async () => {
    const page = await mount();
    page.session.link.set({
      phase: 'reconnecting',
      sinceMonoMs: 88_000,
      side: 'both',
      by: 'rejoin',
      attempt: 2,
      offline: false,
    });
    await page.drawn();
    expect(page.button('Retry now').getAttribute('aria-disabled')).to.equal('true');
    page.session.link.set(linkOf('reconnecting, waiting'));
    await page.drawn();
    expect(page.button('Retry now').getAttribute('aria-disabled')).to.equal('false');
    page.button('Retry now').click();
    expect(page.session.calls).to.deep.equal([{ method: 'retryNow' }]);
  });

  it('offers to play audio while the browser holds it back', async () => {
    const page = await mount();
    page.session.link.set(linkOf('connected'));
    page.session.audioBlocked.set(true);
    await page.drawn();
    page.button('Play audio').click();
    expect(page.session.calls).to.deep.equal([{ method: 'playAudio' }]);
    page.session.audioBlocked.set(false);
    await page.drawn();
    expect(page.buttons).not.to.include('Play audio');
  });

  it('keeps what ticks out of every live region', async () => {
    const page = await mount();
    page.session.link.set(linkOf('reconnecting, waiting'));
    await page.drawn();
    const facts = page.root.querySelector('.facts')!;
    expect(facts.querySelectorAll('span')).to.have.length(3);
    expect(facts.closest('[aria-live], [role=status], [role=alert]')).to.equal(null);
    expect(page.text('[role=status]')).to.equal('Reconnecting...');
  });

  it('announces a failure politely', async () => {
    const page = await mount();
    page.session.link.set(linkOf('failed'));
    await page.drawn();
    expect(page.text('[aria-live=polite]')).to.contain('Connection lost.');
  });

  it('tells the page each phase', async () => {
    const page = await mount();
    const heard: string[] = [];
    document.body.addEventListener(
      'clara-phase-change',
      (event: ClaraPhaseChangeEvent) => heard.push(`${event.previous}>${event.phase}:${event.reason ?? ''}`),
      { once: false },
    );
    page.session.link.set(linkOf('connecting'));
    page.session.link.set(linkOf('connected'));
    page.session.link.set(linkOf('reconnecting, waiting'));
    page.session.link.set(linkOf('failed'));
    expect(heard).to.deep.equal([
      'idle>connecting:',
      'connecting>connected:',
      'connected>reconnecting:both',
      'reconnecting>failed:budgetExhausted',
    ]);
  });

  it('has the phase attribute right when the event is heard', async () => {
    const page = await mount();
    let attribute: string | null = null;
    page.element.addEventListener(
      'clara-phase-change',
      () => (attribute = page.element.getAttribute('phase')),
    );
    page.session.link.set(linkOf('connecting'));
    expect(attribute).to.equal('connecting');
  });

  it('tells a microphone lost in a call as an error that is not the end', async () => {
    const page = await mount();
    page.session.link.set(linkOf('connected'));
    const heard: unknown[] = [];
    page.element.addEventListener('clara-error', (event) => heard.push([event.code, event.fatal]));
    page.session.microphone.set({ status: 'failed', code: 'micEnded' });
    expect(heard).to.deep.equal([['micEnded', false]]);
  });

  it('tells a screen reader of a weak network once per spell, whatever else changes in it', async () => {
    const page = await mount();
    page.session.link.set(linkOf('connected'));
    await page.drawn();
    const live = [...page.root.querySelectorAll('.words [aria-live], .words [role=status]')];
    const read: string[] = [];
    const observer = new MutationObserver((records) => {
      for (const node of new Set(
        records.map(({ target }) => (target instanceof Element ? target : target.parentNode!)),
      ))
        if (/network is weak/.test(node.textContent ?? '')) read.push(node.textContent!.trim());
    });
    for (const node of live) observer.observe(node, { childList: true, characterData: true, subtree: true });
    const show = async (quality: NetworkQuality): Promise<void> => {
      page.session.quality.set(quality);
      await page.drawn();
    };
    await show('weakDown');
    await show('weakBoth');
    page.session.link.set(linkOf('unstable, signal'));
    await page.drawn();
    page.session.microphone.set({ status: 'live', muted: false, silent: true });
    page.session.link.set(linkOf('connected'));
    await page.drawn();
    await show('weakUp');
    expect(page.root.querySelector('.note')?.textContent).to.contain('We can’t hear you');
    expect(read).to.deep.equal(['The network is weak. You may not hear them well.']);
    await show('good');
    await show('weakUp');
    expect(read.slice(1)).to.deep.equal(['The network is weak. They may not hear you well.']);
    observer.disconnect();
  });

  it('moves the visualiser with the levels and without drawing anew', async () => {
    const page = await mount();
    page.session.link.set(linkOf('connected'));
    await page.drawn();
    page.session.levels.set({ user: 0.25, agent: 2 });
    const { style } = page.root.querySelector<HTMLElement>('.stage')!;
    expect(style.getPropertyValue('--_user-level')).to.equal('0.250');
    expect(style.getPropertyValue('--_agent-level')).to.equal('1.000');
    expect(page.element.isUpdatePending).to.equal(false);
  });

  it('shows the page’s own words', async () => {
    const page = await mount();
    page.element.messages = { 'action.start': 'Talk to us' };
    await page.drawn();
    expect(page.buttons).to.deep.equal(['Talk to us']);
  });

  it('shows a row without a conversation when it is compact', async () => {
    const page = await mount({ size: 'compact' });
    page.session.transcript.set([transcriptLine()]);
    page.session.link.set(linkOf('connected'));
    await page.drawn();
    expect(page.root.querySelector('.transcript')).to.equal(null);
    expect(page.buttons).to.deep.equal(['Mute', 'Stop']);
  });

  it('says that its words are English unless the page gave words of its own', async () => {
    const page = await mount({ lang: 'de' });
    page.session.link.set(linkOf('reconnecting, waiting'));
    await page.drawn();
    const card = (): string => `${page.root.querySelector('.card')?.getAttribute('lang')}`;
    expect([card(), page.text('.facts')]).to.deep.equal(['en', 'Attempt 3 12 sec so far Next try in 4 sec']);
    page.element.messages = { 'fact.nextTry': 'Nächster Versuch in {duration}' };
    await page.drawn();
    expect(card()).to.equal('de');
    expect(page.text('.facts')).to.contain('Nächster Versuch in 4 Sek.');
  });

  it('shows attempt, time and countdown while reconnecting, compact too', async () => {
    const page = await mount({ size: 'compact' });
    const isShown = (): boolean | undefined => page.root.querySelector('.facts')?.checkVisibility();
    page.session.link.set(linkOf('reconnecting, waiting'));
    await page.drawn();
    expect(isShown()).to.equal(true);
    page.session.link.set(linkOf('unstable, up'));
    await page.drawn();
    expect(isShown()).to.equal(false);
  });
});
