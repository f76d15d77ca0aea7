import { setViewport } from '@web/test-runner-commands';
import { expect } from 'chai';
import type { AgentAnalytics, AgentSessionView, AgentsMessage } from '../../../src/shared/agent-sessions.ts';
import { AgentsElement } from '../../../src/app/dashboard/agents-element.ts';
import { MAX_NEWS, NOTHING_KNOWN, withMessage } from '../../../src/app/dashboard/agents-state.ts';
import { takeEvents } from '../../../src/app/dashboard/agents-stream.ts';
import { clockText, durationText, memoryText } from '../../../src/app/dashboard/agents-view.ts';
import { axeFindings } from '../../support/browser/axe-check.ts';

if (customElements.get('clara-agents') === undefined) customElements.define('clara-agents', AgentsElement);

const NO_SPREAD = { count: 0, p50: 0, p95: 0 };
const analytics: AgentAnalytics = {
  sessions: 2,
  durationMs: { count: 2, p50: 60_000, p95: 90_000 },
  joinMs: NO_SPREAD,
  answerMs: { count: 2, p50: 700, p95: 1_250 },
  maxRssBytes: { count: 2, p50: 150 * 1024 * 1024, p95: 200 * 1024 * 1024 },
  endReasons: { bye: 1, died: 1 },
  errorsByCode: { '<img src=x onerror=alert(1)>': 3 },
  recoveries: { total: 3, sessions: 1, survived: 1 },
  outlook: [
    {
      kind: 'cli',
      samples: 40,
      needed: 20,
      failed: 6,
      lowRatio: 0.071,
      highRatio: 0.291,
      trend: 'steady',
      reasons: [
        { reason: 'exitCode', count: 5 },
        { reason: 'timeout', count: 1 },
      ],
    },
    {
      kind: 'voice',
      samples: 3,
      needed: 20,
      failed: 0,
      lowRatio: 0,
      highRatio: 1,
      trend: 'notEnoughData',
      reasons: [],
    },
  ],
};
const session = (sessionId: string, more: Partial<AgentSessionView> = {}): AgentSessionView => ({
  sessionId,
  kind: 'voice',
  state: 'connected',
  startedWallMs: Date.now() - 65_000,
  messages: 4,
  recoveries: 1,
  reconnections: 0,
  errors: 2,
  lastError: 'ttsFailed',
  rssBytes: 150 * 1024 * 1024,
  ...more,
});
const snapshot = (...sessions: AgentSessionView[]): AgentsMessage => ({
  type: 'snapshot',
  nowWallMs: Date.now(),
  sessions,
  news: [{ atWallMs: 1, sessionId: 's1', event: 'started', text: 'started' }],
  analytics,
});

/** A gateway of which a test holds the stream. */
class FakeGateway {
  readonly asked: { url: string; body: string | undefined; token: string | null }[] = [];
  status = 200;
  endStatus = 204;
  /** Streams that were aborted or cancelled. */
  cancelled = 0;
  #streams: ReadableStreamDefaultController<Uint8Array>[] = [];

  readonly fetch: typeof fetch = (input, init) => {
    const body = typeof init?.body === 'string' ? init.body : undefined;
    const token = new Headers(init?.headers).get('authorization');
    const url = input instanceof Request ? input.url : input.toString();
    this.asked.push({ url, body, token });
    if (url === '/api/agents/end') return Promise.resolve(new Response(null, { status: this.endStatus }));
    if (this.status !== 200) return Promise.resolve(new Response('', { status: this.status }));
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#streams.push(controller);
        init?.signal?.addEventListener('abort', () => {
          this.cancelled += 1;
          controller.error(init.signal?.reason);
        });
      },
    });
    return Promise.resolve(new Response(stream));
  };

  get streams(): number {
    return this.#streams.length;
  }

  tell(...messages: unknown[]): void {
    const text = messages.map((message) => `data: ${JSON.stringify(message)}\n\n`).join('');
    this.#streams.at(-1)?.enqueue(new TextEncoder().encode(text));
  }

  close(): void {
    this.#streams.at(-1)?.close();
  }
}

async function until(holds: () => boolean, what: string): Promise<void> {
  for (let turns = 0; !holds(); turns += 1) {
    if (turns > 600) throw new Error(`${what}: not in 3 s`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe('the dashboard', () => {
  let element: AgentsElement;
  let gateway: FakeGateway;
  const text = (): string => element.innerText.replace(/\s+/g, ' ');

  beforeEach(() => {
    sessionStorage.clear();
    gateway = new FakeGateway();
    element = new AgentsElement();
    element.fetch = gateway.fetch;
    document.body.append(element);
  });
  afterEach(() => {
    element.remove();
    sessionStorage.clear();
  });

  it('shows what runs, with state, age and memory, and what happens as it happens', async () => {
    gateway.tell(snapshot(session('s1')));
    await until(() => text().includes('s1'), 'the session');
    expect(text()).to.match(/Live/);
    expect(text()).to.match(/s1 connected 1:0\d 150 MB/);
    gateway.tell(
      { type: 'session', session: session('s2', { state: 'reconnecting' }) },
      { type: 'news', news: { atWallMs: 2, sessionId: 's2', event: 'hung', text: 'hangs: no sign of life' } },
    );
    await until(() => text().includes('hangs: no sign of life'), 'the news');
    expect(text()).to.match(/s2 reconnecting/);
    gateway.tell({ type: 'ended', sessionId: 's1', analytics: { ...analytics, sessions: 3 } });
    await until(() => element.querySelectorAll('tbody .id').length === 1, 'the end');
    expect(text()).to.match(/Ended 3/);
  });

  it('keeps to the width of a narrow page: only the table scrolls sideways', async () => {
    const styles = ['/src/app/shell.css', '/src/app/dashboard/dashboard.css'].map((href) => {
      const link = document.createElement('link');
      link.rel = 'stylesheet';
      link.href = href;
      return link;
    });
    const loaded = styles.map((link) => new Promise((resolve) => link.addEventListener('load', resolve)));
    document.head.append(...styles);
    await Promise.all(loaded);
    try {
      await setViewport({ width: 390, height: 800 });
      gateway.tell(snapshot(session('session_1796119333379_user-d7df65dd5f938dc7e3cc8d6d')));
      await until(() => element.querySelector('tbody button') !== null, 'the session');
      const table = element.querySelector('.scroll');
      expect(table?.scrollWidth).to.be.greaterThan(table?.clientWidth ?? Infinity);
      expect(document.documentElement.scrollWidth).to.be.at.most(document.documentElement.clientWidth);
    } finally {
      await setViewport({ width: 800, height: 600 });
      for (const link of styles) link.remove();
    }
  });

  it('shows figures of the ended ones, and texts of strangers as text', async () => {
    gateway.tell(snapshot());
    await until(() => text().includes('Why they ended'), 'the figures');
    expect(text()).to.match(/Length 1:00 1:30 2/);
    expect(text()).to.match(/Answer after 700 ms 1\.3 s 2/);
    expect(text()).to.include('<img src=x onerror=alert(1)>');
    expect(element.querySelector('img')).to.equal(null);
    expect(text()).to.include('1 needed a new process (3 in all); 1 of them ended well.');
  });

  it('says how the next may end with the numbers it is taken from, or that there is not enough data', async () => {
    gateway.tell(snapshot());
    await until(() => element.querySelector('.outlook') !== null, 'the outlook');
    const lines = [...element.querySelectorAll('.outlook li')].map((line) => line.textContent);
    expect(lines).to.deep.equal([
      'cli: 6 of 40 ended badly; of the next, 7 to 29 of 100 (95 % interval), no trend that chance would not show as well. Most often: exitCode (5 of 6).',
      'voice: not enough data (3 of 20 sessions).',
    ]);
  });

  it('ends a session, and says when that did not work', async () => {
    gateway.tell(snapshot(session('s1')));
    await until(() => element.querySelector('tbody button') !== null, 'the button');
    element.querySelector<HTMLButtonElement>('tbody button')?.click();
    await until(() => gateway.asked.some(({ url }) => url === '/api/agents/end'), 'the order');
    expect(gateway.asked.at(-1)?.body).to.equal('{"sessionId":"s1"}');
    gateway.endStatus = 404;
    await until(
      () => element.querySelector<HTMLButtonElement>('tbody button')?.disabled === false,
      'the answer',
    );
    element.querySelector<HTMLButtonElement>('tbody button')?.click();
    await until(() => text().includes('Session s1 could not be ended.'), 'the problem');
  });

  it('says when the connection is lost, comes back by itself, and believes the new snapshot', async () => {
    gateway.tell(snapshot(session('the-first')));
    await until(() => text().includes('the-first'), 'the first');
    gateway.close();
    await until(() => text().includes('Connection lost'), 'the loss');
    await until(() => gateway.streams === 2, 'a second stream');
    gateway.tell(snapshot(session('the-second')));
    await until(() => text().includes('the-second'), 'the second');
    expect(text()).not.to.include('the-first');
  });

  it('asks for the operator’s token when it is refused, and shows it from then on', async () => {
    element.remove();
    gateway.status = 403;
    document.body.append(element);
    await until(() => element.querySelector('input[name=token]') !== null, 'the form');
    gateway.status = 200;
    const input = element.querySelector<HTMLInputElement>('input[name=token]');
    if (input !== null) input.value = 'the-operators-token';
    element.querySelector('form')?.requestSubmit();
    await until(() => gateway.asked.at(-1)?.token === 'Bearer the-operators-token', 'the token');
    gateway.tell(snapshot());
    await until(() => text().includes('Live'), 'the stream');
  });

  it('ignores what it does not understand', async () => {
    gateway.tell(
      { type: 'session', session: { sessionId: 7 } },
      { type: 'new thing' },
      snapshot(session('s1')),
    );
    await until(() => text().includes('s1'), 'the session');
  });

  it('ends its stream and its clock when it is removed', async () => {
    gateway.tell(snapshot(session('s1')));
    await until(() => text().includes('s1'), 'the session');
    element.remove();
    await until(() => gateway.cancelled === 1, 'the end of the stream');
    const asked = gateway.asked.length;
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(gateway.asked.length).to.equal(asked);
  });

  it('has no accessibility violation, empty, full and refused', async () => {
    gateway.tell(snapshot());
    await until(() => text().includes('Live'), 'the stream');
    expect(await axeFindings(element)).to.deep.equal([]);
    gateway.tell({ type: 'session', session: session('s1') });
    await until(() => text().includes('s1'), 'the session');
    expect(await axeFindings(element)).to.deep.equal([]);
  });
});

describe('what the dashboard knows', () => {
  it('is at most so much news, newest first', () => {
    let state = withMessage(NOTHING_KNOWN, snapshot(), 0);
    for (let i = 0; i < MAX_NEWS + 5; i += 1)
      state = withMessage(
        state,
        { type: 'news', news: { atWallMs: i, sessionId: 's', event: 'state', text: `${i}` } },
        0,
      );
    expect(state.news.length).to.equal(MAX_NEWS);
    expect(state.news[0]?.text).to.equal(`${MAX_NEWS + 4}`);
  });

  it('keeps ages right when the clocks differ', () => {
    expect(
      withMessage(NOTHING_KNOWN, { ...snapshot(), nowWallMs: 5_000 } as AgentsMessage, 2_000).clockAheadMs,
    ).to.equal(3_000);
  });
});

describe('the texts of the stream and of figures', () => {
  it('are events also when they come in pieces, with comments between', () => {
    const first = takeEvents('retry: 1000\n\n: still here\n\ndata: {"a"');
    expect(first).to.deep.equal({ data: [], rest: 'data: {"a"' });
    expect(takeEvents(`${first.rest}:1}\n\ndata: 2\n\n`)).to.deep.equal({ data: ['{"a":1}', '2'], rest: '' });
  });

  it('are short', () => {
    expect([clockText(59_999), clockText(3_723_000), clockText(-5)]).to.deep.equal([
      '0:59',
      '1:02:03',
      '0:00',
    ]);
    expect([memoryText(undefined), memoryText(1024 * 1024 * 3)]).to.deep.equal(['–', '3 MB']);
    expect([
      durationText(undefined),
      durationText(999.6),
      durationText(1_500),
      durationText(61_000),
    ]).to.deep.equal(['–', '1000 ms', '1.5 s', '1:01']);
  });
});
