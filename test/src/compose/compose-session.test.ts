import { expect } from 'chai';
import { composeSession } from '../../../src/compose/compose-session.ts';
import { openSessionHistory } from '../../../src/compose/session-history.ts';
import type { Log } from '../../../src/core/ports.ts';
import type { VoiceSession } from '../../../src/core/session/types.ts';
import { FakeLiveKitServer } from '../../support/browser/fake-livekit-server.ts';
import { PeerConnectionWatch } from '../../support/browser/peer-connection-watch.ts';
import { PLANTED_TOKEN } from '../../support/browser/room-bench.ts';

describe('a composed session', () => {
  let server: FakeLiveKitServer;
  let watch: PeerConnectionWatch;
  let session: VoiceSession | undefined;
  let lines: string[];
  let beacons: { url: string; body: unknown }[];
  let asked: unknown[];
  const sendBeacon = navigator.sendBeacon.bind(navigator);
  const log: Log = {
    info: (event, text, facts) => lines.push(JSON.stringify([event, text, facts])),
    warn: (event, text, facts) => lines.push(JSON.stringify([event, text, facts])),
  };

  beforeEach(() => {
    sessionStorage.clear();
    server = new FakeLiveKitServer();
    watch = new PeerConnectionWatch();
    lines = [];
    beacons = [];
    asked = [];
    navigator.sendBeacon = (url, body) => beacons.push({ url: String(url), body }) > 0;
    const { fetch } = globalThis;
    globalThis.fetch = async (input, init) => {
      if (input !== '/api/token') return fetch(input, init);
      asked.push(JSON.parse(init?.body as string));
      return Response.json({
        serverUrl: server.url,
        participantToken: PLANTED_TOKEN,
        resume: 'signed-resume',
        roomName: 'r',
      });
    };
  });
  afterEach(async () => {
    await session?.dispose();
    session = undefined;
    navigator.sendBeacon = sendBeacon;
    watch.stop();
    server.stop();
  });

  it('starts, talks, stops, says bye and leaves nothing behind', async () => {
    session = composeSession({ tokenEndpoint: '/api/token', pipeline: 'count', log });
    const phases: string[] = [];
    session.link.watch(({ phase }) => phases.push(phase));
    await session.start();
    expect(session.link.value.phase).to.equal('connected');
    expect(session.microphone.value).to.deep.equal({ status: 'live', muted: false });
    const peer = await server.peer();
    await peer.addAgent('agent-1', { attributes: { 'lk.agent.state': 'listening' } });
    await session.sendText('hello');
    await peer.until(() => peer.packets.some(({ value }) => value.case === 'streamChunk'));
    await session.stop();
    expect(phases).to.deep.equal(['requestingMic', 'connecting', 'connected', 'ended']);
    expect(beacons).to.deep.equal([
      { url: new URL('/api/bye', location.href).href, body: '{"resume":"signed-resume"}' },
    ]);
    expect(asked).to.deep.equal([{ pipeline: 'count' }]);
    expect(watch.openCount).to.equal(0);
    expect(server.openSockets).to.equal(0);
    expect(lines.join('\n')).to.not.contain('planted').and.not.contain('hello');
  });

  it('is found in the history with its phases', async () => {
    session = composeSession({ tokenEndpoint: '/api/token', log });
    await session.start();
    await session.stop();
    const history = await openSessionHistory();
    let events: string[] = [];
    // Writes go on after stop, which never waits for them.
    while (!events.includes('ended')) {
      const [newest] = await history.sessions();
      const found = newest?.endedWallMs === undefined ? [] : await history.events(newest.id);
      events = found.flatMap((event) => (event.kind === 'phase' ? [event.phase] : []));
    }
    expect(events).to.include.members(['connecting', 'connected', 'ended']);
    const [newest] = await history.sessions();
    expect(newest?.outcome).to.deep.equal({ phase: 'ended', reason: 'stopped' });
    await history.delete(newest?.id ?? '');
    expect((await history.sessions()).some(({ id }) => id === newest?.id)).to.equal(false);
  });

  it('sends no beacon for an endpoint that gave no resume value', async () => {
    session = composeSession({ serverUrl: server.url, token: PLANTED_TOKEN, log, byeEndpoint: '/bye' });
    await session.start();
    expect(session.link.value.phase).to.equal('connected');
    await session.stop();
    expect(beacons).to.deep.equal([]);
  });

  it('keeps the same microphone track through a rejoin', async () => {
    session = composeSession({ tokenEndpoint: '/api/token', log });
    await session.start();
    const first = await server.peer();
    first.leave(1 /* CLIENT_INITIATED, as after a freeze */);
    const second = await server.peer(2);
    await second.until(() => second.publications.length === 1);
    expect(second.publications[0]?.cid).to.equal(first.publications[0]?.cid);
    expect(asked).to.deep.equal([{}, { resume: 'signed-resume' }]);
  });

  it('needs a source of tokens', () => {
    expect(() => composeSession({ log })).to.throw(TypeError, 'tokenEndpoint');
  });
});
