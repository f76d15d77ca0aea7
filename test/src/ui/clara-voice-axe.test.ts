import { expect } from 'chai';
import { axeFindings } from '../../support/browser/axe-check.ts';
import { LINKS, transcriptLine } from '../../support/browser/fake-session.ts';
import { mount, unmountAll } from '../../support/browser/mount-element.ts';

afterEach(() => {
  unmountAll();
  document.documentElement.style.removeProperty('background');
});

for (const theme of ['light', 'dark'])
  for (const size of ['full', 'compact'])
    describe(`axe, ${theme}, ${size}`, () => {
      for (const { name, link } of LINKS)
        it(`finds nothing in "${name}"`, async () => {
          const page = await mount({ theme, size });
          // No colour may be caught on its way from one value to another.
          const still = new CSSStyleSheet();
          still.replaceSync(
            '*, *::before, *::after { transition: none !important; animation: none !important; }',
          );
          page.root.adoptedStyleSheets = [...page.root.adoptedStyleSheets, still];
          page.session.microphone.set({ status: 'live', muted: true });
          page.session.audioBlocked.set(true);
          page.session.transcript.set([
            transcriptLine({ id: 'a' }),
            transcriptLine({ id: 'b', from: 'user', kind: 'text', text: 'Hi', delivery: 'failed' }),
            transcriptLine({ id: 'c', text: 'Hel', final: false }),
          ]);
          page.session.link.set(link);
          await page.drawn();
          expect(await axeFindings(page.element)).to.deep.equal([]);
        });
    });

describe('axe itself', () => {
  it('finds a fault in the shadow root when there is one', async () => {
    const page = await mount();
    page.element.style.setProperty('--clara-accent', '#dddddd');
    page.element.style.setProperty('--clara-on-accent', '#ffffff');
    await page.drawn();
    const findings = await axeFindings(page.element);
    expect(findings.some((finding) => finding.startsWith('color-contrast'))).to.equal(true);
  });
});

describe('targets', () => {
  it('are 24 px or more each way, and the buttons of the call 44 px, at 320 px of width', async () => {
    const page = await mount();
    page.element.style.inlineSize = '320px';
    page.session.transcript.set([transcriptLine()]);
    page.session.link.set(LINKS.find(({ name }) => name === 'reconnecting, waiting')!.link);
    await page.drawn();
    const sizes = [...page.root.querySelectorAll('button')].map((button) => {
      const { width, height } = button.getBoundingClientRect();
      return { control: button.hasAttribute('data-control'), least: Math.min(width, height) };
    });
    expect(sizes).to.have.length(5);
    for (const { control, least } of sizes) expect(least).to.be.at.least(control ? 44 : 24);
    const card = page.root.querySelector('.card')!;
    expect(card.scrollWidth).to.be.at.most(card.clientWidth);
  });
});
