import { expect } from 'chai';
import { composeSession, type ComposeOptions } from '../../../src/compose/compose-session.ts';
import type { VoiceSession } from '../../../src/core/session/types.ts';
import { FakeLiveKitServer } from '../../support/browser/fake-livekit-server.ts';
import { PLANTED_TOKEN } from '../../support/browser/room-bench.ts';

/** What the endpoint was sent: `new` for a new session, else the resume value. */
type Asked = string;

describe('sessions of one page and their ways back', () => {
  let server: FakeLiveKitServer;
  let asked: Asked[];
  let made: VoiceSession[];
  const { fetch } = globalThis;

  const answer = (resume: string | undefined) => {
    asked.push(resume ?? 'new');
    const name = resume ?? `session-${asked.length}`;
    return { serverUrl: server.url, participantToken: PLANTED_TOKEN, resume: name, roomName: name };
  };

  beforeEach(() => {
    sessionStorage.clear();
    server = new FakeLiveKitServer();
    asked = [];
    made = [];
    globalThis.fetch = async (input, init) => {
      if (input !== '/api/token') return fetch(input, init);
      const { resume } = JSON.parse(init?.body as string) as { resume?: string };
      return Response.json(answer(resume));
    };
  });
  afterEach(async () => {
    await Promise.all(made.map((session) => session.dispose()));
    globalThis.fetch = fetch;
    server.stop();
  });

  async function start(options: ComposeOptions): Promise<VoiceSession> {
    const session = composeSession({ textOnly: true, record: false, ...options });
    made.push(session);
    await session.start();
    expect(session.link.value).to.include({ phase: 'connected' });
    return session;
  }

  /** A reload ends a page without a word: its record stays. */
  async function reload(): Promise<void> {
    const kept = { ...sessionStorage } as Record<string, string>;
    await Promise.all(made.map((session) => session.dispose()));
    made = [];
    for (const [key, value] of Object.entries(kept)) sessionStorage.setItem(key, value);
    asked = [];
  }

  const endpoint = { tokenEndpoint: '/api/token' };

  it('do not take each other for their own past', async () => {
    await start(endpoint);
    const second = await start(endpoint);
    expect(asked).to.deep.equal(['new', 'new']);
    await second.stop();
    await reload();
    await start(endpoint);
    expect(asked, "the first one's way back is still there").to.deep.equal(['session-1']);
  });

  it('come back each to its own by their slots, whichever is made first', async () => {
    await start({ ...endpoint, slot: '0' });
    await start({ ...endpoint, slot: '1' });
    await reload();
    await start({ ...endpoint, slot: '1' });
    await start({ ...endpoint, slot: '0' });
    expect(asked).to.deep.equal(['session-2', 'session-1']);
  });

  it('come back by the key that the page gave them, and not to that of another', async () => {
    await start({ ...endpoint, sessionKey: 'ann' });
    await reload();
    const bob = await start({ ...endpoint, sessionKey: 'bob' });
    await bob.stop();
    await start({ ...endpoint, sessionKey: 'ann' });
    expect(asked).to.deep.equal(['new', 'session-1']);
  });

  it('of a page that gives tokens itself come back only by a key, as the user may be another', async () => {
    const tokenSource = ({ resume }: { readonly resume?: string }) => Promise.resolve(answer(resume));
    await start({ tokenSource, slot: '0' });
    expect(sessionStorage.length).to.equal(0);
    await start({ tokenSource, sessionKey: 'ann' });
    await reload();
    await start({ tokenSource, slot: '0' });
    await start({ tokenSource, sessionKey: 'ann' });
    expect(asked).to.deep.equal(['new', 'session-2']);
  });

  it('leave their record to the next when they are disposed of', async () => {
    const first = await start(endpoint);
    await first.dispose();
    await start(endpoint);
    await reload();
    await start(endpoint);
    expect(asked).to.deep.equal(['session-2']);
  });
});
