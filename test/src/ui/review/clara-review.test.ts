import { resetMouse, sendMouse } from '@web/test-runner-commands';
import { expect } from 'chai';
import { compareModelOf } from '../../../../src/core/review/compare-model.ts';
import { reviewModelOf } from '../../../../src/core/review/review-model.ts';
import type { ReviewModel } from '../../../../src/core/review/review-model.ts';
import { ClaraReviewElement } from '../../../../src/ui/review/clara-review-element.ts';
import { ClaraCompareElement } from '../../../../src/ui/review/compare-element.ts';
import { axeFindings } from '../../../support/browser/axe-check.ts';
import { callRecording } from '../../../support/core/recordings.ts';

customElements.define('clara-review', ClaraReviewElement);
customElements.define('clara-review-compare', ClaraCompareElement);

const twoCuts = (): ReviewModel =>
  reviewModelOf(
    callRecording(300, [
      { fromS: 60, toS: 72 },
      { fromS: 150, toS: 180, isRejoin: true },
    ]),
  );

describe('<clara-review>', () => {
  let element: ClaraReviewElement;
  const root = (): ShadowRoot => element.shadowRoot!;
  const text = (selector: string): string =>
    root().querySelector(selector)?.textContent?.replace(/\s+/g, ' ').trim() ?? '';
  const plots = (): HTMLCanvasElement[] => [...root().querySelectorAll('canvas')];

  async function show(model: ReviewModel, changes: Partial<ClaraReviewElement> = {}): Promise<void> {
    element = Object.assign(document.createElement('clara-review') as ClaraReviewElement, { model }, changes);
    const drawn =
      model.charts.panels.length === 0
        ? Promise.resolve()
        : new Promise((resolve) => element.addEventListener('clara-review-drawn', resolve, { once: true }));
    document.body.append(element);
    await element.updateComplete;
    await drawn;
    await element.updateComplete;
  }
  afterEach(() => {
    element.remove();
    document.documentElement.style.removeProperty('background');
  });

  it('tells two cuts in words, with figures, and one by one', async () => {
    await show(twoCuts());
    expect(text('.lead')).to.contain('lasted 5 min').and.contain('lost 2 times');
    expect(text('.tiles')).to.contain('Outages 2');
    const outages = [...root().querySelectorAll('.outage')].map((item) => item.textContent ?? '');
    expect(outages).to.have.length(2);
    expect(outages[0]).to.contain('at 1:00').and.contain('12 s of sound lost to you');
    expect(outages[1]).to.contain('at 2:30').and.contain('30 s of sound lost to you');
  });

  it('shows kept text as text, moves cursor and player with a line, and gives the sound back', async () => {
    const said = { kind: 'text', wallMs: 0, by: 'speech', from: 'agent' } as const;
    await show(twoCuts(), {
      kept: [
        { ...said, seq: 0, id: 'a', atMs: 30_000, text: 'half' },
        { ...said, seq: 1, id: 'a', atMs: 61_000, text: '<img src=x onerror=alert(1)>' },
        { ...said, seq: 2, id: 'b', atMs: 90_000, by: 'text', from: 'user', text: 'typed' },
        { kind: 'sound', seq: 0, take: 0, atMs: 1000, type: 'audio/webm', data: Uint8Array.of(1, 2) },
        { kind: 'sound', seq: 1, take: 0, atMs: 1000, type: 'audio/webm', data: Uint8Array.of(3) },
        { kind: 'sound', seq: 2, take: 1, atMs: 60_000, type: 'audio/webm', data: Uint8Array.of(4) },
      ],
    });
    const lines = [...root().querySelectorAll<HTMLButtonElement>('.said button')];
    expect(lines.map((line) => line.textContent?.replace(/\s+/g, ' ').trim())).to.deep.equal([
      '1:01 Agent <img src=x onerror=alert(1)>',
      '1:30 You typed',
    ]);
    expect(root().querySelector('img')).to.equal(null);
    const players = [...root().querySelectorAll('audio')];
    expect(players).to.have.length(2);
    const { src } = players[0]!;
    expect([...new Uint8Array(await (await fetch(src)).arrayBuffer())]).to.deep.equal([1, 2, 3]);
    lines[1]!.click();
    expect(text('.cursor-clock')).to.equal('1:30');
    expect(players[1]!.currentTime).to.equal(30);
    expect(players[0]!.currentTime).to.equal(0);
    expect(await axeFindings(element)).to.deep.equal([]);
    element.kept = element.kept!.filter(({ kind }) => kind === 'sound');
    await element.updateComplete;
    expect(root().querySelector('.said')).to.equal(null);
    expect(root().querySelector('audio')!.src, 'it plays on when only text has gone').to.equal(src);
    element.remove();
    const isGone = await fetch(src).then(
      () => false,
      () => true,
    );
    expect(isGone).to.equal(true);
  });

  const sound = { kind: 'sound', seq: 0, take: 0, atMs: 0, type: 'audio/webm' } as const;
  const speech = { kind: 'text', wallMs: 0, by: 'speech', from: 'agent' } as const;

  it('plays a line from where it began: a line is noted when it is finished', async () => {
    await show(twoCuts(), {
      kept: [
        { ...speech, seq: 0, id: 'a', atMs: 3000, text: 'first' },
        { ...speech, seq: 1, id: 'b', atMs: 9000, text: 'after the first' },
        { ...speech, seq: 2, id: 'c', atMs: 9200, text: 'at almost the same time' },
        { ...speech, seq: 3, id: 'd', atMs: 90_000, text: 'after a long silence' },
        { ...speech, seq: 4, id: 'e', atMs: 121_000, text: 'begun before its take' },
        { ...sound, data: Uint8Array.of(1) },
        { ...sound, seq: 1, take: 1, atMs: 120_000, data: Uint8Array.of(1) },
      ],
    });
    const players = [...root().querySelectorAll('audio')];
    const lines = [...root().querySelectorAll<HTMLButtonElement>('.said button')];
    const seconds = lines.slice(0, 4).map((line) => {
      line.click();
      return players[0]!.currentTime;
    });
    expect(seconds).to.deep.equal([0, 3, 7.2, 80]);
    players[1]!.currentTime = 5;
    lines[4]!.click();
    expect(players[1]!.currentTime).to.equal(0);
    expect(players[0]!.currentTime, 'another take').to.equal(80);
  });

  it('goes where a line was clicked also when the length of the sound was not known yet', async () => {
    await show(twoCuts(), {
      kept: [
        { ...speech, seq: 0, id: 'a', atMs: 30_000, by: 'text', from: 'user', text: 'typed' },
        { ...sound, data: Uint8Array.of(1) },
      ],
    });
    const player = root().querySelector('audio')!;
    Object.defineProperty(player, 'duration', { value: Infinity });
    player.dispatchEvent(new Event('loadedmetadata'));
    root().querySelector<HTMLButtonElement>('.said button')!.click();
    expect(player.currentTime, 'still on its way to the end').to.be.greaterThan(1e6);
    player.dispatchEvent(new Event('seeked'));
    expect(player.currentTime).to.equal(30);
  });

  it('makes no address for sound after it was removed, and makes it when it is back', async () => {
    const createObjectURL = URL.createObjectURL.bind(URL);
    let made = 0;
    URL.createObjectURL = (blob) => {
      made++;
      return createObjectURL(blob);
    };
    try {
      await show(twoCuts());
      element.kept = [{ ...sound, data: Uint8Array.of(1) }];
      element.remove();
      await element.updateComplete;
      expect(made).to.equal(0);
      document.body.append(element);
      await element.updateComplete;
      expect(made).to.equal(1);
      expect(root().querySelectorAll('audio')).to.have.length(1);
    } finally {
      URL.createObjectURL = createObjectURL;
    }
  });

  it('draws every panel, and has a lane and a button for each outage where it happened', async () => {
    await show(twoCuts());
    expect(plots()).to.have.length(5);
    for (const canvas of plots()) expect(canvas.width).to.be.greaterThan(100);
    const lane = root().querySelector('.lane')!;
    expect([...lane.querySelectorAll('.stay')].map((stay) => stay.className.split(' ')[1])).to.deep.equal([
      'requestingMic',
      'connecting',
      'connected',
      'unstable',
      'reconnecting',
      'connected',
      'unstable',
      'reconnecting',
      'connected',
    ]);
    const marks = [...root().querySelectorAll<HTMLElement>('button.mark')];
    expect(marks.map((mark) => mark.getAttribute('aria-label'))).to.deep.equal([
      'Outage 1, at 1:00 for 13 s',
      'Outage 2, at 2:30 for 31 s',
    ]);
    const { left, width } = lane.getBoundingClientRect();
    const at = marks.map((mark) => (mark.getBoundingClientRect().left + 12 - left) / width);
    expect(at[0]).to.be.closeTo(60 / 300, 0.01);
    expect(at[1]).to.be.closeTo(150 / 300, 0.01);
  });

  it('shows an outage by its button, with ten seconds around it, and says which', async () => {
    await show(twoCuts());
    root().querySelectorAll<HTMLButtonElement>('.outage button')[1]!.click();
    await element.updateComplete;
    expect(text('[aria-live]')).to.contain('Outage 2, at 2:30 for 31 s');
    expect(text('.cursor-clock')).to.equal('2:30');
    expect(root().querySelectorAll('.mark')).to.have.length(1);
    const whole = [...root().querySelectorAll('button')].find((button) =>
      button.textContent?.includes('Whole'),
    )!;
    expect(whole.disabled).to.equal(false);
    whole.click();
    await element.updateComplete;
    expect(root().querySelectorAll('.mark')).to.have.length(2);
  });

  it('moves its cursor by keys in every chart and reads the values out', async () => {
    await show(twoCuts());
    const figure = root().querySelector<HTMLElement>('.panel-figure')!;
    const press = (key: string, init: KeyboardEventInit = {}): boolean =>
      figure.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...init }));
    expect(press('Home')).to.equal(false); // taken
    expect(text('[aria-live]')).to.match(/^0:01, Media path \d+ ms, Signal connection \d+ ms$/);
    press('ArrowRight', { shiftKey: true });
    expect(text('[aria-live]')).to.match(/^0:11,/);
    press('End');
    expect(text('[aria-live]')).to.match(/^5:00,/);
    press('+');
    press('+');
    press('Home');
    const [, minutes] = /^(\d+):/.exec(text('[aria-live]'))!;
    expect(Number(minutes), 'the visible stretch, not the whole').to.be.greaterThan(2);
    press('Escape');
    press('Home');
    expect(text('[aria-live]')).to.match(/^0:01,/);
    expect(text('.readout')).to.match(/ms$/);
    expect(press('Tab')).to.equal(true); // not taken
  });

  it('zooms into what is drawn with the pointer', async () => {
    await show(twoCuts());
    const over = root().querySelector<HTMLElement>('.u-over')!;
    over.scrollIntoView({ block: 'center' });
    const { left, top, width } = over.getBoundingClientRect();
    const at = (share: number): [number, number] => [Math.round(left + width * share), Math.round(top + 20)];
    await sendMouse({ type: 'move', position: at(0.45) });
    await sendMouse({ type: 'down' });
    await sendMouse({ type: 'move', position: at(0.6) });
    await sendMouse({ type: 'move', position: at(0.75) });
    await sendMouse({ type: 'up' });
    await resetMouse();
    await element.updateComplete;
    expect(root().querySelectorAll('.mark'), 'of 2:15 to 3:45').to.have.length(1);
  });

  it('has the values as tables, made when they are opened', async () => {
    await show(twoCuts());
    expect(root().querySelector('[part=timeline] table')).to.equal(null);
    const details = root().querySelector('details')!;
    details.open = true;
    await new Promise((resolve) => details.addEventListener('toggle', resolve, { once: true }));
    await element.updateComplete;
    const table = root().querySelector('[part=timeline] table')!;
    expect(table.querySelector('caption')!.textContent).to.contain('Round trip: Media path');
    expect(table.querySelectorAll('tbody tr')).to.have.length(20);
  });

  it('says that nothing was measured when nothing was, and gives no score', async () => {
    const recording = callRecording(60);
    await show(reviewModelOf({ ...recording, chunks: [] }));
    expect(plots()).to.have.length(0);
    expect(text('[part=timeline]')).to.contain('Nothing was measured');
    expect(text('[part=quality]')).to.contain('No score');
  });

  it('shows names of strangers as text', async () => {
    const recording = callRecording(20);
    const phase = '<img src=x onerror=alert(1)>';
    await show(
      reviewModelOf({ ...recording, events: [...recording.events, { kind: 'phase', atMs: 5000, phase }] }),
    );
    expect(root().querySelector('img')).to.equal(null);
    expect(root().querySelector('.lane')!.getAttribute('aria-label')).to.contain(phase);
  });

  it('takes another recording, and leaves no canvas behind when it is removed', async () => {
    await show(twoCuts());
    const drawn = new Promise((resolve) =>
      element.addEventListener('clara-review-drawn', resolve, { once: true }),
    );
    element.model = reviewModelOf(callRecording(100));
    await drawn;
    expect(plots()).to.have.length(5);
    expect(text('.lead')).to.contain('never lost');
    element.remove();
    expect(plots()).to.have.length(0);
    const again = new Promise((resolve) =>
      element.addEventListener('clara-review-drawn', resolve, { once: true }),
    );
    document.body.append(element);
    await again;
    expect(plots()).to.have.length(5);
  });

  for (const theme of ['light', 'dark'] as const)
    it(`has nothing that axe finds (${theme})`, async () => {
      document.documentElement.style.background = theme === 'dark' ? '#0b1013' : '#f4f8f7';
      await show(twoCuts(), { theme });
      const details = root().querySelector('details')!;
      details.open = true;
      await new Promise((resolve) => details.addEventListener('toggle', resolve, { once: true }));
      await element.updateComplete;
      expect(await axeFindings(element)).to.deep.equal([]);
    });
});

describe('<clara-review-compare>', () => {
  it('marks what is better, draws both, and axe finds nothing', async () => {
    const good = reviewModelOf(callRecording(200));
    const element = document.createElement('clara-review-compare') as ClaraCompareElement;
    element.names = ['bad one', 'good one'];
    element.model = compareModelOf(twoCuts(), good, 'firstReconnect');
    document.body.append(element);
    await element.updateComplete;
    const root = element.shadowRoot!;
    const row = (name: string): string[] =>
      [...root.querySelectorAll('tr')]
        .filter((one) => one.textContent?.includes(name))
        .flatMap((one) =>
          [...one.querySelectorAll('td')].map((cell) => cell.textContent.replace(/\s+/g, ' ').trim()),
        );
    expect(row('Outages')).to.deep.equal(['2', '0 better']);
    expect(row('Sound lost')).to.deep.equal(['42 s', '0 s better']);
    expect(root.textContent, 'one has no outage, so they meet at the join').to.contain(
      '0:00 is the join of both.',
    );
    await import('uplot');
    await new Promise((resolve) => setTimeout(resolve));
    expect(root.querySelectorAll('canvas').length).to.equal(5);
    expect(await axeFindings(element)).to.deep.equal([]);
    element.remove();
    expect(root.querySelectorAll('canvas').length).to.equal(0);
  });
});
