import { expect } from 'chai';
import { browserClock } from '../../../src/compose/browser-clock.ts';
import { SessionError, type SessionErrorCode } from '../../../src/core/errors.ts';
import type { Clock, Ticket, TicketPort } from '../../../src/core/ports.ts';
import {
  endpointTickets,
  fixedTickets,
  parseRetryAfter,
  sourceTickets,
} from '../../../src/livekit/ticket-port.ts';
import { MAX_TOKEN_ANSWER_BYTES } from '../../../src/shared/token-endpoint.ts';

const SECRET = 'planted-token';
const GOOD = {
  serverUrl: 'wss://x.test',
  participantToken: SECRET,
  roomName: 'r',
  participantIdentity: 'me',
  resume: 'back',
};
const never = new AbortController().signal;
const now = Date.parse('2026-01-01T00:00:00Z');
const clock: Clock = { ...browserClock, wallMs: () => now };

interface Asked {
  url: string;
  init: RequestInit;
}

function endpoint(
  answer: (asked: Asked) => Response | Promise<Response>,
  changes: Partial<Parameters<typeof endpointTickets>[0]> = {},
) {
  const asked: Asked[] = [];
  const tickets = endpointTickets({
    endpoint: '/api/token',
    clock,
    fetch: async (url, init) => {
      const request = { url: url as string, init: init ?? {} };
      asked.push(request);
      return answer(request);
    },
    ...changes,
  });
  return { tickets, asked };
}

async function failureOf(tickets: TicketPort, signal = never): Promise<SessionError> {
  try {
    await tickets.request({}, signal);
  } catch (error) {
    expect(error).to.be.instanceOf(SessionError);
    const found = error as SessionError;
    expect(`${found.message} ${found.stack} ${String(found.cause)}`).to.not.contain(SECRET);
    return found;
  }
  throw new Error('the request succeeded');
}

describe('a token endpoint', () => {
  it('is asked by POST, uncached, without following redirects, and its answer becomes a ticket', async () => {
    const { tickets, asked } = endpoint(() => Response.json(GOOD), { pipeline: 'count' });
    const ticket = await tickets.request({}, never);
    expect(ticket).to.deep.equal({
      serverUrls: ['wss://x.test'],
      participantToken: SECRET,
      resume: 'back',
      roomName: 'r',
      identity: 'me',
    });
    const { url, init } = asked[0] as Asked;
    expect(url).to.equal('/api/token');
    expect(init).to.include({
      method: 'POST',
      cache: 'no-store',
      credentials: 'same-origin',
      redirect: 'manual',
    });
    expect(JSON.parse(init.body as string)).to.deep.equal({ pipeline: 'count' });
  });

  it('gets the resume value alone where there is one, else the names', async () => {
    const { tickets, asked } = endpoint(() => Response.json(GOOD));
    await tickets.request({ resume: 'back', roomName: 'r', identity: 'me' }, never);
    await tickets.request({ roomName: 'r', identity: 'me' }, never);
    expect(asked.map(({ init }) => JSON.parse(init.body as string) as unknown)).to.deep.equal([
      { resume: 'back' },
      { room_name: 'r', participant_identity: 'me' },
    ]);
  });

  it('may answer in snake case', async () => {
    const { tickets } = endpoint(() =>
      Response.json({ server_url: 'ws://y.test', participant_token: SECRET }),
    );
    expect(await tickets.request({}, never)).to.deep.equal({
      serverUrls: ['ws://y.test'],
      participantToken: SECRET,
    });
  });

  it('may name several addresses of its server, which are then tried in turn, each once', async () => {
    for (const name of ['serverUrls', 'server_urls']) {
      const { tickets } = endpoint(() =>
        Response.json({ ...GOOD, [name]: ['wss://two.test', 'wss://x.test', 'wss://two.test'] }),
      );
      const { serverUrls } = await tickets.request({}, never);
      expect(serverUrls).to.deep.equal(['wss://x.test', 'wss://two.test']);
    }
  });

  it('may not name more than eight, nor what is no address of a server', async () => {
    const many = Array.from({ length: 8 }, (_, at) => `wss://${at}.test`);
    for (const serverUrls of [many, 'wss://two.test', ['wss://two.test', 7], ['javascript:alert(1)']]) {
      const { tickets } = endpoint(() => Response.json({ ...GOOD, serverUrls }));
      expect((await failureOf(tickets)).code).to.equal('tokenInvalid');
    }
  });

  const statuses: [number, SessionErrorCode][] = [
    [400, 'tokenInvalid'],
    [401, 'tokenRejected'],
    [403, 'tokenRejected'],
    [404, 'tokenInvalid'],
    [408, 'tokenTimeout'],
    [429, 'tokenRateLimited'],
    [500, 'tokenServerError'],
    [503, 'tokenServerError'],
  ];
  for (const [status, code] of statuses) {
    it(`that answers ${status} is ${code}`, async () => {
      const { tickets } = endpoint(() => new Response(SECRET, { status, headers: { 'retry-after': '7' } }));
      const error = await failureOf(tickets);
      expect(error.code).to.equal(code);
      expect(error.facts).to.deep.equal({ status, retryAfterMs: 7000 });
    });
  }

  const answers: [string, () => Response | Promise<Response>, SessionErrorCode, RegExp][] = [
    [
      'an HTML page',
      () => new Response(`<html>${SECRET}</html>`, { headers: { 'content-type': 'text/html' } }),
      'tokenInvalid',
      /not JSON/,
    ],
    ['a list', () => Response.json([SECRET]), 'tokenInvalid', /not an object/],
    [
      'no token',
      () => Response.json({ serverUrl: 'wss://x' }),
      'tokenInvalid',
      /participantToken is missing/,
    ],
    [
      'an address that is none',
      () => Response.json({ serverUrl: `file://${SECRET}`, participantToken: SECRET }),
      'tokenInvalid',
      /serverUrl/,
    ],
    [
      'bytes that are not UTF-8',
      () => new Response(Uint8Array.from([0x7b, 0xff, 0xfe])),
      'tokenInvalid',
      /UTF-8/,
    ],
    ['nothing', () => new Response(null, { status: 200 }), 'tokenInvalid', /not JSON/],
    [
      'a declared size beyond the limit',
      () => new Response('{}', { headers: { 'content-length': '999999' } }),
      'tokenInvalid',
      /999999/,
    ],
    [
      'a network error',
      () => Promise.reject(new TypeError(`Failed to fetch ${SECRET}`)),
      'tokenUnreachable',
      /did not answer/,
    ],
  ];
  for (const [name, answer, code, text] of answers) {
    it(`that answers with ${name} is ${code}`, async () => {
      const error = await failureOf(endpoint(answer).tickets);
      expect(error.code).to.equal(code);
      expect(error.message).to.match(text);
    });
  }

  it('that never stops sending is cut at the limit', async () => {
    let sentBytes = 0;
    let isCancelled = false;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        sentBytes += 16_384;
        controller.enqueue(new Uint8Array(16_384).fill(32));
      },
      cancel() {
        isCancelled = true;
      },
    });
    const error = await failureOf(endpoint(() => new Response(body)).tickets);
    expect(error.code).to.equal('tokenInvalid');
    expect(error.message).to.contain(String(MAX_TOKEN_ANSWER_BYTES));
    expect(isCancelled).to.equal(true);
    expect(sentBytes).to.be.lessThan(MAX_TOKEN_ANSWER_BYTES + 3 * 16_384);
  });

  it('that breaks off in the middle is tokenUnreachable', async () => {
    const body = new ReadableStream({ start: (controller) => controller.error(new TypeError(SECRET)) });
    expect((await failureOf(endpoint(() => new Response(body)).tickets)).code).to.equal('tokenUnreachable');
  });

  it('that redirects is tokenInvalid', async () => {
    const opaque = {
      type: 'opaqueredirect',
      ok: false,
      status: 0,
      headers: new Headers(),
      body: null,
    } as unknown as Response;
    const error = await failureOf(endpoint(() => opaque).tickets);
    expect(error.code).to.equal('tokenInvalid');
    expect(error.message).to.contain('redirect');
  });

  it('that gives no whole answer in time is tokenTimeout, and its request is aborted', async () => {
    const { tickets, asked } = endpoint(() => new Response(new ReadableStream({ start: () => {} })), {
      timeoutMs: 20,
    });
    const error = await failureOf(tickets);
    expect(error.code).to.equal('tokenTimeout');
    expect(error.message).to.contain('20 ms');
    expect(asked[0]?.init.signal?.aborted).to.equal(true);
  });

  it('is left alone when the caller aborts, whose reason is passed on as it is', async () => {
    const controller = new AbortController();
    const { tickets, asked } = endpoint(
      ({ init }) =>
        new Promise((_, reject) =>
          init.signal?.addEventListener('abort', () => reject(new DOMException('', 'AbortError'))),
        ),
    );
    const asking = tickets.request({}, controller.signal).then(
      () => 'ticket',
      (reason: unknown) => reason,
    );
    const reason = { mine: true };
    controller.abort(reason);
    expect(await asking).to.equal(reason);
    expect(asked[0]?.init.signal?.aborted).to.equal(true);
  });
});

describe('Retry-After', () => {
  const cases: [string | null, number | undefined][] = [
    [null, undefined],
    ['0', 0],
    ['120', 120_000],
    ['999999', 3_600_000],
    ['Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
    ['Wed, 31 Dec 2025 23:00:00 GMT', 0],
    ['soon', undefined],
    ['-5', undefined],
  ];
  for (const [value, expected] of cases) {
    it(`${String(value)} is ${String(expected)} ms`, () => {
      // "-5" is a date to some parsers: whatever it is, it is never a wait in the past.
      const parsed = parseRetryAfter(value, now);
      if (value === '-5') expect(parsed ?? 0).to.equal(0);
      else expect(parsed).to.equal(expected);
    });
  }
});

describe('a token source of the page', () => {
  it('is asked with what is known and read like an endpoint', async () => {
    const asked: unknown[] = [];
    const tickets = sourceTickets({
      clock,
      pipeline: 'parrot',
      source: async ({ signal, ...request }) => {
        expect(signal.aborted).to.equal(false);
        asked.push(request);
        return GOOD;
      },
    });
    const ticket: Ticket = await tickets.request({ resume: 'back' }, never);
    expect(ticket.participantToken).to.equal(SECRET);
    expect(asked).to.deep.equal([{ resume: 'back', pipeline: 'parrot' }]);
  });

  it("may be LiveKit's own TokenSource", async () => {
    const asked: unknown[] = [];
    const source = {
      fetch: async (options: object) => {
        asked.push(options);
        return GOOD;
      },
    };
    await sourceTickets({ clock, source }).request({ roomName: 'r', identity: 'me' }, never);
    expect(asked).to.deep.equal([{ roomName: 'r', participantIdentity: 'me' }]);
  });

  it('that throws is tokenUnreachable without its text; that answers nonsense is tokenInvalid; that hangs is tokenTimeout', async () => {
    const thrown = await failureOf(sourceTickets({ clock, source: () => Promise.reject(new Error(SECRET)) }));
    const nonsense = await failureOf(sourceTickets({ clock, source: async () => SECRET }));
    const hangs = await failureOf(
      sourceTickets({ clock, timeoutMs: 10, source: () => new Promise(() => {}) }),
    );
    expect([thrown.code, nonsense.code, hangs.code]).to.deep.equal([
      'tokenUnreachable',
      'tokenInvalid',
      'tokenTimeout',
    ]);
  });
});

describe('a fixed token', () => {
  it('is the same ticket each time, and a bad address is found', async () => {
    const tickets = fixedTickets('wss://x.test', SECRET);
    expect(await tickets.request({}, never)).to.deep.equal(await tickets.request({ resume: 'x' }, never));
    expect((await failureOf(fixedTickets('x.test', SECRET))).code).to.equal('tokenInvalid');
  });

  it('may come with several addresses, which are tried in turn', async () => {
    const tickets = fixedTickets(' wss://x.test  wss://y.test ', SECRET);
    expect((await tickets.request({}, never)).serverUrls).to.deep.equal(['wss://x.test', 'wss://y.test']);
    expect((await failureOf(fixedTickets('wss://x.test y.test', SECRET))).code).to.equal('tokenInvalid');
  });
});
