import { expect } from 'chai';
import { ClaraConsentEvent } from '../../../src/ui/events.ts';
import { ClaraVoiceElement } from '../../../src/ui/clara-voice-element.ts';
import { axeFindings } from '../../support/browser/axe-check.ts';
import { FakeSession } from '../../support/browser/fake-session.ts';
import { mount, unmountAll, type Mounted } from '../../support/browser/mount-element.ts';

afterEach(() => {
  unmountAll();
  document.documentElement.style.removeProperty('background');
});

const CONNECTED = { phase: 'connected', sinceMonoMs: 60_000 } as const;
const notes = (page: Mounted): string[] =>
  [...page.root.querySelectorAll('.kept-note')].map((note) => note.textContent?.trim() ?? '');

describe('keeping text and sound', () => {
  it('is neither offered nor on by itself', async () => {
    const page = await mount();
    page.session.link.set(CONNECTED);
    await page.drawn();
    expect(page.root.querySelector('.keeping')).to.equal(null);
    const offered = await mount({ 'offer-recording': '' });
    await offered.drawn();
    expect(offered.buttons).to.include.members(['Keep the text', 'Keep the sound']);
    expect(notes(offered)).to.deep.equal(['', '']);
    expect(offered.session.keeping.states.value).to.deep.equal({ text: 'off', sound: 'off' });
  });

  for (const size of ['full', 'compact'])
    it(`is switched on by the user, shown and announced while on, and switched off there (${size})`, async () => {
      const page = await mount({ 'offer-recording': '', size });
      const asked: string[] = [];
      page.element.addEventListener('clara-consent', ({ kept }) => asked.push(kept));
      page.session.link.set(CONNECTED);
      await page.drawn();
      const live = [...page.root.querySelectorAll('.kept-note')];
      page.button('Keep the sound').click();
      await page.drawn();
      expect(asked).to.deep.equal(['sound']);
      expect(page.session.keeping.states.value).to.deep.equal({ text: 'off', sound: 'on' });
      expect(notes(page)).to.deep.equal(['', 'Recording sound']);
      expect(page.root.querySelectorAll('.kept-note')[1], 'the live region was there before').to.equal(
        live[1],
      );
      expect(live[1]?.getAttribute('aria-live')).to.equal('polite');
      expect(live[1]?.getBoundingClientRect().height).to.be.greaterThan(10);
      page.button('Stop recording sound').click();
      await page.drawn();
      expect(page.session.keeping.states.value.sound).to.equal('off');
      expect(notes(page)).to.deep.equal(['', '']);
      expect(asked).to.deep.equal(['sound'], 'turning off asks nobody');
    });

  it('stays off when the page cancels', async () => {
    const page = await mount({ 'offer-recording': '' });
    page.element.addEventListener(ClaraConsentEvent.type, (event) => event.preventDefault());
    await page.drawn();
    page.button('Keep the text').click();
    await page.drawn();
    expect(page.session.keeping.states.value.text).to.equal('off');
  });

  it('that is on is shown also where it was not offered, and says why it stopped', async () => {
    const page = await mount();
    page.session.keeping.set('text', true);
    await page.drawn();
    await page.drawn();
    expect(notes(page)[0]).to.equal('Recording text');
    page.session.keeping.states.set({ text: 'on', sound: 'unsupported' });
    await page.drawn();
    expect(notes(page)[1]).to.equal('This browser cannot record sound.');
  });

  it('takes the wish from before there is a session to it, once', async () => {
    customElements.define('clara-voice-keeping', class extends ClaraVoiceElement {});
    const element = document.createElement('clara-voice-keeping') as ClaraVoiceElement;
    element.offerRecording = true;
    document.body.append(element);
    element.setKept('text', true);
    const [first, second] = [new FakeSession(), new FakeSession()];
    element.session = first;
    element.session = second;
    expect(first.keeping.states.value.text).to.equal('on');
    expect(second.keeping.states.value.text).to.equal('off');
    element.remove();
  });

  it('is not offered for a session that cannot', async () => {
    const page = await mount({ 'offer-recording': '' });
    const session = new FakeSession();
    Object.assign(session, { keeping: undefined });
    page.element.session = session;
    await page.drawn();
    expect(page.root.querySelector('.keeping')).to.equal(null);
  });

  for (const dir of ['ltr', 'rtl'])
    for (const size of ['full', 'compact'])
      it(`has nothing that axe finds, and fits 320 px (${dir}, ${size})`, async () => {
        const page = await mount({ 'offer-recording': '', dir, size });
        page.session.link.set(CONNECTED);
        page.session.keeping.set('text', true);
        page.element.style.inlineSize = '320px';
        await page.drawn();
        expect(await axeFindings(page.element)).to.deep.equal([]);
        const card = page.root.querySelector('.card')!;
        expect(page.root.querySelector('.keeping')!.scrollWidth).to.be.at.most(card.clientWidth);
        const dot = getComputedStyle(page.root.querySelector('.kept[data-on] .kept-note')!, '::before');
        expect(dir === 'rtl' ? dot.marginLeft : dot.marginRight).to.equal('6px');
        for (const button of page.root.querySelectorAll('.keeping button'))
          expect(button.getBoundingClientRect().height).to.be.at.least(24);
      });
});
