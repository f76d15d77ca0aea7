import { expect } from 'chai';
import { beaconFarewell, byeEndpointOf } from '../../../src/compose/beacon-farewell.ts';
import { browserClock } from '../../../src/compose/browser-clock.ts';
import { browserLocks } from '../../../src/compose/browser-locks.ts';
import { browserNetwork } from '../../../src/compose/browser-network.ts';
import { parseResumeContext, sessionResumeStore } from '../../../src/compose/session-resume-store.ts';
import type { NetworkHint, ResumeContext } from '../../../src/core/ports.ts';
import { httpUrlOf, serverProbe } from '../../../src/livekit/server-probe.ts';

const never = new AbortController().signal;

describe('the browser clock', () => {
  it('sleeps, and ends a sleep with the reason of its signal', async () => {
    const before = browserClock.monoMs();
    await browserClock.sleep(20, never);
    expect(browserClock.monoMs() - before).to.be.greaterThan(15);
    const controller = new AbortController();
    const sleeping = browserClock.sleep(60_000, controller.signal).catch((reason: unknown) => reason);
    controller.abort('woken');
    expect(await sleeping).to.equal('woken');
    expect(await browserClock.sleep(1, controller.signal).catch((reason: unknown) => reason)).to.equal(
      'woken',
    );
  });
});

describe('the browser network', () => {
  it('tells hints until its signal aborts', () => {
    const controller = new AbortController();
    const hints: NetworkHint[] = [];
    browserNetwork().watch((hint) => hints.push(hint), controller.signal);
    const fire = (): void => {
      window.dispatchEvent(new Event('offline'));
      window.dispatchEvent(new Event('online'));
      window.dispatchEvent(new Event('pageshow'));
      document.dispatchEvent(new Event('resume'));
      document.dispatchEvent(new Event('visibilitychange'));
      (navigator as unknown as { connection?: EventTarget }).connection?.dispatchEvent(new Event('change'));
    };
    fire();
    expect(hints).to.deep.equal(['offline', 'online', 'pageshow', 'resume', 'visible', 'connectionChange']);
    controller.abort();
    fire();
    expect(hints).to.have.length(6);
    expect(browserNetwork().isOffline()).to.equal(false);
  });
});

describe('browser locks', () => {
  const locks = browserLocks(navigator.locks);
  let names = 0;
  let key: string;
  beforeEach(() => {
    key = `lock-${++names}`;
  });

  it('give a key to one holder at a time', async () => {
    const hold = await locks.acquire(key, { takeOver: false, onLost: () => {} }, never);
    expect(await locks.acquire(key, { takeOver: false, onLost: () => {} }, never)).to.equal(undefined);
    hold?.release();
    hold?.release();
    await new Promise((resolve) => setTimeout(resolve));
    const next = await locks.acquire(key, { takeOver: false, onLost: () => {} }, never);
    expect(next).to.not.equal(undefined);
    next?.release();
  });

  it('tell the holder when another takes the key over, and only then', async () => {
    let lost = 0;
    await locks.acquire(key, { takeOver: false, onLost: () => lost++ }, never);
    const taken = await locks.acquire(key, { takeOver: true, onLost: () => lost++ }, never);
    await new Promise((resolve) => setTimeout(resolve));
    expect(lost).to.equal(1);
    taken?.release();
    await new Promise((resolve) => setTimeout(resolve));
    expect(lost).to.equal(1);
  });

  it('give back what comes after an abort', async () => {
    const controller = new AbortController();
    const asking = locks
      .acquire(key, { takeOver: false, onLost: () => {} }, controller.signal)
      .catch((reason: unknown) => reason);
    controller.abort('enough');
    expect(await asking).to.equal('enough');
    await navigator.locks.request(key, () => {}); // in line behind what was given back
    const next = await locks.acquire(key, { takeOver: false, onLost: () => {} }, never);
    expect(next).to.not.equal(undefined);
    next?.release();
  });
});

describe('the resume store', () => {
  const context: ResumeContext = {
    resume: 'signed',
    turns: [{ id: '1', from: 'user', kind: 'text', text: 'hi', final: true, wallMs: 1 }],
    expiresWallMs: Date.now() + 60_000,
  };
  const store = sessionResumeStore('resume-test', browserClock);
  afterEach(() => sessionStorage.clear());

  it('gives back what it kept, until it is cleared', () => {
    expect(store.load()).to.equal(undefined);
    store.save(context);
    expect(store.load()).to.deep.equal(context);
    store.clear();
    expect(store.load()).to.equal(undefined);
  });

  it('forgets what has expired and what is not whole', () => {
    store.save({ ...context, expiresWallMs: Date.now() - 1 });
    expect(store.load()).to.equal(undefined);
    for (const text of [
      '',
      '{',
      'null',
      '[]',
      '{"turns":[]}',
      JSON.stringify({ ...context, turns: [{ id: 1 }] }),
      JSON.stringify({ ...context, resume: 5 }),
    ]) {
      sessionStorage.setItem('resume-test', text);
      expect(store.load(), text).to.equal(undefined);
    }
    expect(parseResumeContext({ ...context, extra: 'x' })).to.deep.equal(context);
  });

  it('throws nothing where storage is forbidden or full', () => {
    const forbidden = sessionResumeStore('x', browserClock, () => {
      throw new DOMException('no', 'SecurityError');
    });
    forbidden.save(context);
    forbidden.clear();
    expect(forbidden.load()).to.equal(undefined);
    store.save({
      ...context,
      turns: Array.from({ length: 100 }, () => ({ ...context.turns[0]!, text: 'x'.repeat(15_000) })),
    });
    expect(store.load()).to.equal(undefined);
  });
});

describe('the farewell', () => {
  it('is a beacon with the resume value, and none without one', () => {
    const sent: unknown[] = [];
    const farewell = beaconFarewell('https://x.test/api/bye', {
      sendBeacon: (url, body) => sent.push([url, body]) > 0,
    });
    farewell.bye({ resume: 'signed' });
    farewell.bye({});
    expect(sent).to.deep.equal([['https://x.test/api/bye', '{"resume":"signed"}']]);
  });

  it('never throws', () => {
    beaconFarewell(':::', {
      sendBeacon: () => {
        throw new TypeError('bad address');
      },
    }).bye({ resume: 'x' });
  });

  it('goes to the folder of the token endpoint', () => {
    expect(byeEndpointOf('/api/token', 'https://x.test/app/')).to.equal('https://x.test/api/bye');
    expect(byeEndpointOf('https://y.test/token?x=1', 'https://x.test/')).to.equal('https://y.test/bye');
    expect(byeEndpointOf('http://', 'https://x.test/')).to.equal(undefined);
  });
});

describe('the server probe', () => {
  it('is true for any answer and false for none, at the http address', async () => {
    const asked: string[] = [];
    const probe = serverProbe(async (url) => {
      asked.push(url as string);
      return new Response('', { status: 500 });
    });
    expect(await probe.probe('wss://x.test/a', never, 'anonymous')).to.equal(true);
    expect(asked).to.deep.equal(['https://x.test/a']);
    expect(
      await serverProbe(() => Promise.reject(new TypeError('x'))).probe('ws://x.test', never, 'anonymous'),
    ).to.equal(false);
    expect(httpUrlOf('https://y.test')).to.equal('https://y.test');
  });

  it('has two pools of connections, with and without cookies, and tells nobody where the page is', async () => {
    const asked: (RequestInit | undefined)[] = [];
    const probe = serverProbe(async (_url, init) => {
      asked.push(init);
      return new Response('');
    });
    for (const pool of ['anonymous', 'credentialed'] as const) await probe.probe('wss://x.test', never, pool);
    expect(asked.map((init) => init?.credentials)).to.deep.equal(['omit', 'include']);
    for (const init of asked) {
      expect(init?.referrerPolicy).to.equal('no-referrer');
      expect(init?.headers ?? init?.body).to.equal(undefined);
    }
  });

  it('knocks by a WebSocket, for which any end is an answer, and closes it', async () => {
    const opened: { url: string; socket: WebSocket }[] = [];
    const probe = serverProbe(undefined, (url) => {
      const socket = new WebSocket('ws://127.0.0.1:9');
      opened.push({ url, socket });
      return socket;
    });
    await probe.knock('https://x.test/a', never);
    expect(opened.map(({ url }) => url)).to.deep.equal(['wss://x.test/a']);
    expect(opened[0]?.socket.readyState).to.be.oneOf([WebSocket.CLOSING, WebSocket.CLOSED]);
  });

  it('a knock that is given up rejects with the reason, and its connection is closed', async () => {
    const controller = new AbortController();
    let socket: WebSocket | undefined;
    const probe = serverProbe(undefined, () => (socket = new WebSocket('ws://127.0.0.1:9')));
    const knocking = probe.knock('ws://x.test', controller.signal).catch((reason: unknown) => reason);
    controller.abort('enough');
    expect(await knocking).to.equal('enough');
    expect(socket?.readyState).to.equal(WebSocket.CLOSING);
    expect(socket?.onclose).to.equal(null);
    const later = await probe.knock('ws://x.test', controller.signal).catch((reason: unknown) => reason);
    expect(later).to.equal('enough');
  });

  it('rejects with the reason of its signal', async () => {
    const controller = new AbortController();
    const probe = serverProbe(
      (_url, init) =>
        new Promise((_, reject) => init?.signal?.addEventListener('abort', () => reject(new Error()))),
    );
    const asking = probe
      .probe('ws://x.test', controller.signal, 'anonymous')
      .catch((reason: unknown) => reason);
    controller.abort('enough');
    expect(await asking).to.equal('enough');
  });
});
