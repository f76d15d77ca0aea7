import { expect } from 'chai';
import { sendKeys } from '@web/test-runner-commands';
import { LINKS } from '../../support/browser/fake-session.ts';
import { mount, unmountAll, type Mounted } from '../../support/browser/mount-element.ts';

const linkOf = (name: string) => LINKS.find((entry) => entry.name === name)!.link;
const focused = (page: Mounted): string | undefined =>
  (page.root.activeElement as HTMLElement | null)?.textContent?.trim();

afterEach(unmountAll);

describe('the keyboard in <clara-voice>', () => {
  it('keeps its place when the focused button goes away', async () => {
    const page = await mount();
    page.button('Start Session').focus();
    page.session.link.set(linkOf('connecting'));
    await page.drawn();
    expect(focused(page)).to.equal('Mute');
    page.session.link.set(linkOf('failed'));
    await page.drawn();
    expect(focused(page)).to.equal('Start Session');
  });

  it('keeps the focus on a button that stays, through every change around it', async () => {
    const page = await mount();
    page.session.link.set(linkOf('connected'));
    await page.drawn();
    page.button('Stop').focus();
    for (const name of [
      'unstable, up',
      'reconnecting, waiting',
      'reconnecting, trying',
      'connected, recovered',
    ]) {
      page.session.link.set(linkOf(name));
      await page.drawn();
      expect(focused(page), name).to.equal('Stop');
    }
  });

  it('takes the focus from nobody outside', async () => {
    const page = await mount();
    const other = document.createElement('button');
    document.body.append(other);
    other.focus();
    page.session.link.set(linkOf('connecting'));
    await page.drawn();
    expect(document.activeElement).to.equal(other);
    other.remove();
  });

  it('reaches every control in the order of reading', async () => {
    const page = await mount();
    page.session.link.set(linkOf('reconnecting, waiting'));
    await page.drawn();
    const reached: string[] = [];
    page.button('Retry now').focus();
    for (let step = 0; step < 6; step += 1) {
      const node = page.root.activeElement as HTMLElement | null;
      if (node === null) break;
      reached.push(node.getAttribute('aria-label') ?? node.textContent.trim());
      await sendKeys({ press: 'Tab' });
    }
    expect(reached).to.deep.equal(['Retry now', 'Mute', 'Stop', 'Transcript', 'Message', 'Send']);
  });
});
