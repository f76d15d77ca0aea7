import { expect } from 'chai';
import { LINKS, transcriptLine } from '../../support/browser/fake-session.ts';
import { mount, unmountAll, type Mounted } from '../../support/browser/mount-element.ts';

const connected = LINKS.find(({ name }) => name === 'connected')!.link;
const reconnecting = LINKS.find(({ name }) => name === 'reconnecting, waiting')!.link;

async function inCall(): Promise<Mounted> {
  const page = await mount();
  page.session.link.set(connected);
  await page.drawn();
  return page;
}

const manyLines = (count: number) =>
  Array.from({ length: count }, (_nothing, index) =>
    transcriptLine({ id: `line-${index}`, text: `Line ${index}` }),
  );

function type(page: Mounted, text: string): HTMLTextAreaElement {
  const box = page.root.querySelector('textarea')!;
  box.value = text;
  box.dispatchEvent(new InputEvent('input', { bubbles: true }));
  return box;
}

const enter = (init: KeyboardEventInit = {}) =>
  new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true, ...init });

afterEach(unmountAll);

describe('the transcript', () => {
  it('makes no element from text, whatever the text is', async () => {
    const page = await inCall();
    const hostile = [
      '<img src=x onerror="window.pwned = 1">',
      '<script>window.pwned = 1</script>',
      '</span><b>bold</b>',
      '${7*7} {{7*7}} <!-- -->',
      '\u0000\u202e\ud800 lone',
      'x'.repeat(100_000),
    ];
    page.session.transcript.set(hostile.map((text, index) => transcriptLine({ id: `h${index}`, text })));
    await page.drawn();
    const texts = [...page.root.querySelectorAll('.text')];
    expect(texts.map((node) => node.childElementCount)).to.deep.equal(hostile.map(() => 0));
    expect(texts.map((node) => node.textContent)).to.deep.equal(hostile);
    expect(page.root.querySelectorAll('.lines img, .lines script, .lines b')).to.have.length(0);
    expect('pwned' in window).to.equal(false);
  });

  it('stays at its end when it gets less room, unless the reader has scrolled up', async () => {
    const page = await inCall();
    page.session.transcript.set(manyLines(60));
    await page.drawn();
    const list = page.root.querySelector<HTMLElement>('.lines')!;
    const fromEnd = () => Math.round(list.scrollHeight - list.scrollTop - list.clientHeight);
    /** Observers of sizes are called after the frame's layout. */
    const resized = async (height: string): Promise<void> => {
      page.element.style.setProperty('--clara-transcript-height', height);
      for (let frames = 0; frames < 2; frames++)
        await new Promise((resolve) => requestAnimationFrame(resolve));
    };
    expect(fromEnd()).to.equal(0);
    await resized('300px');
    expect(list.clientHeight).to.equal(300);
    expect(fromEnd()).to.equal(0);
    list.scrollTop = 0;
    await new Promise((resolve) => list.addEventListener('scroll', resolve, { once: true }));
    await resized('360px');
    expect(list.scrollTop).to.equal(0);
  });

  it('changes a line in place while it streams', async () => {
    const page = await inCall();
    page.session.transcript.set([transcriptLine({ text: 'He', final: false })]);
    await page.drawn();
    const line = page.root.querySelector('.line')!;
    expect(line.hasAttribute('data-partial')).to.equal(true);
    page.session.transcript.set([transcriptLine({ text: 'Hello' })]);
    await page.drawn();
    expect(page.root.querySelector('.line')).to.equal(line);
    expect(page.text('.text')).to.equal('Hello');
    expect(line.hasAttribute('data-partial')).to.equal(false);
  });

  it('announces a line when it is finished, and no half line', async () => {
    const page = await inCall();
    const announced = () =>
      [...page.root.querySelectorAll('[aria-live]')].map((node) => node.textContent).join('');
    page.session.transcript.set([transcriptLine({ text: 'Hel', final: false })]);
    await page.drawn();
    expect(announced()).not.to.contain('Hel');
    page.session.transcript.set([transcriptLine({ text: 'Hello' })]);
    await page.drawn();
    expect(announced()).to.contain('Agent: Hello');
  });

  it('follows the end', async () => {
    const page = await inCall();
    page.session.transcript.set(manyLines(40));
    await page.drawn();
    const list = page.root.querySelector('.lines')!;
    expect(list.scrollHeight - list.scrollTop - list.clientHeight).to.be.below(2);
  });

  it('stays where the reader scrolled to, and goes back to the end on wish', async () => {
    const page = await inCall();
    page.session.transcript.set(manyLines(40));
    await page.drawn();
    const list = page.root.querySelector('.lines')!;
    list.scrollTop = 0;
    list.dispatchEvent(new Event('scroll'));
    page.session.transcript.set(manyLines(41));
    await page.drawn();
    expect(list.scrollTop).to.equal(0);
    page.button('Jump to the latest line').click();
    await page.drawn();
    expect(list.scrollHeight - list.scrollTop - list.clientHeight).to.be.below(2);
    expect(page.buttons).not.to.include('Jump to the latest line');
  });

  it('is copied as text, one line an entry', async () => {
    const page = await inCall();
    page.session.transcript.set([
      transcriptLine({ id: 'a', text: 'Hello' }),
      transcriptLine({ id: 'b', from: 'user', text: 'Hi <b>' }),
    ]);
    await page.drawn();
    const copied: string[] = [];
    const clipboard = { writeText: async (text: string) => void copied.push(text) };
    Object.defineProperty(navigator, 'clipboard', { value: clipboard, configurable: true });
    try {
      page.button('Copy transcript').click();
      await Promise.resolve();
      await page.drawn();
    } finally {
      Reflect.deleteProperty(navigator, 'clipboard');
    }
    expect(copied).to.deep.equal(['Agent: Hello\nYou: Hi <b>']);
    expect(page.text('.copy-note')).to.equal('Transcript copied');
  });

  it('stays readable after the session', async () => {
    const page = await inCall();
    page.session.transcript.set([transcriptLine()]);
    page.session.link.set({ phase: 'ended', reason: 'stopped' });
    await page.drawn();
    expect(page.text('.text')).to.equal('Hello');
    expect(page.buttons).to.deep.equal(['Start Session', 'Copy transcript']);
  });
});

describe('a written message', () => {
  it('is sent with Enter and leaves the box empty', async () => {
    const page = await inCall();
    const box = type(page, '  Hello there ');
    await page.drawn();
    box.dispatchEvent(enter());
    await page.drawn();
    expect(page.session.calls).to.deep.equal([{ method: 'sendText', text: 'Hello there' }]);
    expect(box.value).to.equal('');
  });

  it('is not sent with Shift+Enter, nor by the Enter of an input method', async () => {
    const page = await inCall();
    const box = type(page, 'Hello');
    box.dispatchEvent(enter({ shiftKey: true }));
    box.dispatchEvent(enter({ isComposing: true }));
    expect(page.session.calls).to.deep.equal([]);
  });

  it('is not sent when it is empty', async () => {
    const page = await inCall();
    type(page, '  \n ').dispatchEvent(enter());
    expect(page.session.calls).to.deep.equal([]);
  });

  it('stays in the box through an outage while it is being written', async () => {
    const page = await inCall();
    type(page, 'Hel');
    page.session.link.set(reconnecting);
    await page.drawn();
    page.session.link.set(connected);
    await page.drawn();
    expect(page.root.querySelector('textarea')!.value).to.equal('Hel');
  });

  it('is handed to the session in an outage too, which delivers it after it', async () => {
    const page = await inCall();
    page.session.link.set(reconnecting);
    type(page, 'Hello');
    await page.drawn();
    page.button('Send').click();
    expect(page.session.calls).to.deep.equal([{ method: 'sendText', text: 'Hello' }]);
  });

  for (const [delivery, words] of [
    ['sending', 'Sending'],
    ['sent', 'Sent'],
    ['failed', 'Not sent'],
  ] as const)
    it(`shows that it is ${delivery}`, async () => {
      const page = await inCall();
      page.session.transcript.set([transcriptLine({ from: 'user', kind: 'text', delivery })]);
      await page.drawn();
      expect(page.text('.delivery')).to.equal(words);
    });

  it('can be sent again when it failed', async () => {
    const page = await inCall();
    page.session.transcript.set([
      transcriptLine({ from: 'user', kind: 'text', text: 'Hi', delivery: 'failed' }),
    ]);
    await page.drawn();
    page.button('Send again').click();
    expect(page.session.calls).to.deep.equal([{ method: 'sendText', text: 'Hi' }]);
  });
});
