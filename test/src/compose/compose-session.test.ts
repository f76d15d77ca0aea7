import { expect } from 'chai';
import { composeSession } from '../../../src/compose/compose-session.ts';
import { libraryOver, openSharedStore } from '../../../src/compose/recording-library.ts';
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

  it('is found in the library with its phases, its samples and its place as hashes', async () => {
    session = composeSession({ tokenEndpoint: '/api/token', log });
    await session.start();
    const peer = await server.peer();
    await peer.addAgent('agent-1', { attributes: { 'lk.agent.state': 'listening' } });
    await new Promise((resolve) => setTimeout(resolve, 2300)); // two samples of a real connection
    await session.stop();
    const library = libraryOver(await openSharedStore());
    let newest = (await library.list())[0];
    // Writes go on after stop, which never waits for them.
    while (newest?.endedWallMs === undefined) newest = (await library.list())[0];
    expect(newest.outcome).to.deep.equal({ phase: 'ended', reason: 'stopped' });
    expect(newest.roomHash).to.match(/^[0-9a-f]{16}$/);
    const { recording } = (await library.review(newest.id))!;
    const phases = recording.events.flatMap((event) => (event.kind === 'phase' ? [event.phase] : []));
    expect(phases).to.include.members(['connecting', 'connected', 'ended']);
    expect(recording.main.rows).to.be.at.least(2);
    const sent = recording.growth.grown.get('upPacketsSent');
    expect(sent?.at(-1), 'packets sent in the last second').to.be.greaterThan(10);
    expect(JSON.stringify(recording.session)).to.not.contain('"r"').and.not.contain('planted');
    await library.delete(newest.id);
    expect((await library.list()).some(({ id }) => id === newest?.id)).to.equal(false);
  });

  it('goes on unharmed when nothing can be stored, and says so once', async () => {
    const problems: string[] = [];
    session = composeSession({
      tokenEndpoint: '/api/token',
      log,
      recordStore: Promise.reject(new DOMException('shut', 'SecurityError')),
      onRecordingProblem: (problem) => problems.push(problem),
    });
    await session.start();
    expect(session.link.value.phase).to.equal('connected');
    await session.stop();
    expect(session.link.value.phase).to.equal('ended');
    expect(problems).to.deep.equal(['failed']);
    expect(lines.filter((line) => line.includes('recordingFailed'))).to.have.length(1);
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
