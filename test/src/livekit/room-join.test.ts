import { expect } from 'chai';
import { ParticipantInfo_Kind, TrackSource } from '@livekit/protocol';
import { RoomBench } from '../../support/browser/room-bench.ts';

describe('joining a room', () => {
  let bench: RoomBench;
  beforeEach(() => {
    bench = new RoomBench();
  });
  afterEach(() => bench.tearDown());

  it('publishes the microphone exactly once and tells who and where we are', async () => {
    const room = await bench.join();
    const peer = await bench.server.peer();
    expect(room.roomSid).to.equal('RM_fake');
    expect(room.identity).to.equal('user-1');
    expect(peer.publications).to.have.length(1);
    expect(peer.publications[0]?.source).to.equal(TrackSource.MICROPHONE);
    expect(peer.publications[0]?.muted).to.equal(false);
    expect(peer.publications[0]?.cid).to.equal((await bench.microphone()).id);
    expect(bench.log.events).to.deep.equal([{ type: 'agentState', state: 'absent' }]);
  });

  it('receives an agent that comes later, for whom the server asks for a new offer and no new section', async () => {
    await bench.join();
    const peer = await bench.server.peer();
    await peer.untilHears(1);
    await peer.addAgent('agent-1', { audio: true }); // resolves when the client has offered a section for it
    expect(bench.watch.count).to.equal(1);
  });

  it('publishes nothing in text-only mode', async () => {
    const room = await bench.rooms.join(
      {
        ticket: bench.ticket,
        serverUrl: bench.server.url,
        repairDelayMs: () => null,
        mayKeepPath: () => false,
        resumable: false,
        muted: false,
        onEvent: bench.log.onEvent,
      },
      new AbortController().signal,
    );
    const peer = await bench.server.peer();
    expect(peer.publications).to.have.length(0);
    expect((await room.sample(new AbortController().signal)).up).to.equal(undefined);
    await room.close();
  });

  it('publishes a muted microphone as muted and leaves it disabled', async () => {
    const track = await bench.microphone();
    track.enabled = false;
    const room = await bench.join({ muted: true });
    const peer = await bench.server.peer();
    expect(peer.publications[0]?.muted).to.equal(true);
    expect(track.enabled).to.equal(false);
    expect((await room.sample(new AbortController().signal)).up?.muted).to.equal(true);
  });

  it('tells the server of a mute at the source, and never changes the track itself', async () => {
    const room = await bench.join();
    const peer = await bench.server.peer();
    const track = await bench.microphone();
    track.enabled = false;
    await room.sample(new AbortController().signal);
    await peer.until(() => peer.mutes.length === 1);
    expect(peer.mutes[0]?.muted).to.equal(true);
    track.enabled = true;
    await room.sample(new AbortController().signal);
    await peer.until(() => peer.mutes.length === 2);
    expect(peer.mutes[1]?.muted).to.equal(false);
    expect(track.enabled).to.equal(true);
  });

  it('expects nothing to be sent by a microphone that has ended, or its room could never be proven again', async () => {
    const room = await bench.join();
    const signal = new AbortController().signal;
    expect((await room.sample(signal)).up?.muted).to.equal(false);
    const track = await bench.microphone();
    track.stop();
    track.dispatchEvent(new Event('ended'));
    expect((await room.sample(signal)).up).to.equal(undefined);
  });

  it('keeps the same live track over two joins', async () => {
    const track = await bench.microphone();
    const first = await bench.join();
    await first.close();
    expect(track.readyState).to.equal('live');
    await bench.join();
    const peer = await bench.server.peer(2);
    expect(peer.publications[0]?.cid).to.equal(track.id);
    expect(track.readyState).to.equal('live');
    expect(track.enabled).to.equal(true);
  });

  it('sends sound and counts it', async () => {
    const room = await bench.join();
    const peer = await bench.server.peer();
    const signal = new AbortController().signal;
    const before = (await room.sample(signal)).up?.packetsSent ?? 0;
    await peer.untilHears(20);
    const sample = await room.sample(signal);
    expect(sample.up?.packetsSent).to.be.greaterThan(before);
    expect(sample.pairs).to.have.length(1);
    expect(sample.pairs[0]?.bytesSent).to.be.greaterThan(0);
    expect(sample.signalUp).to.equal(true);
    expect(sample.upConfirmed).to.equal(undefined);
  });

  it('takes a speaker update for us as proof that our sound arrives', async () => {
    const { room, peer } = await bench.joinWithAgent();
    peer.tellSpeaking();
    peer.setAgentAttributes('agent-1', { 'lk.agent.state': 'thinking' });
    await bench.log.until((events) =>
      events.some((event) => event.type === 'agentState' && event.state === 'thinking'),
    );
    expect((await room.sample(new AbortController().signal)).upConfirmed).to.equal(true);
  });

  it('marks a client that can come back, where the token allows it', async () => {
    bench.server.canUpdateMetadata = true;
    await bench.join({ resumable: true });
    const peer = await bench.server.peer();
    await peer.until(() => peer.metadataUpdates.length === 1);
    expect(peer.metadataUpdates[0]?.attributes).to.deep.equal({ 'clara.resume': '1' });
  });

  it('asks for no attribute that the token carries already or does not allow', async () => {
    bench.server.attributes = { 'clara.resume': '1' };
    bench.server.canUpdateMetadata = true;
    await bench.join({ resumable: true });
    bench.server.attributes = {};
    bench.server.canUpdateMetadata = false;
    await bench.join({ resumable: true });
    const peers = [await bench.server.peer(1), await bench.server.peer(2)];
    expect(peers.map(({ metadataUpdates }) => metadataUpdates.length)).to.deep.equal([0, 0]);
  });
});

describe('the agent of a room', () => {
  let bench: RoomBench;
  beforeEach(() => {
    bench = new RoomBench();
  });
  afterEach(() => bench.tearDown());
  const states = (): string[] => bench.log.ofType('agentState').map(({ state }) => state);

  it('is told with its state, its changes and its leaving', async () => {
    const { peer } = await bench.joinWithAgent();
    peer.setAgentAttributes('agent-1', { 'lk.agent.state': 'speaking' });
    peer.setAgentAttributes('agent-1', { other: 'x' });
    peer.removeAgent('agent-1');
    await bench.log.until(() => states().length === 4);
    expect(states()).to.deep.equal(['absent', 'listening', 'speaking', 'absent']);
  });

  it('is known by our prefix even when its kind is standard, and a stranger is not taken for it', async () => {
    await bench.join();
    const peer = await bench.server.peer();
    await peer.addAgent('somebody', {
      kind: ParticipantInfo_Kind.STANDARD,
      attributes: { 'lk.agent.state': 'speaking' },
    });
    await peer.addAgent('agent-abc', { kind: ParticipantInfo_Kind.STANDARD });
    await bench.log.until(() => states().length === 2);
    expect(states()).to.deep.equal(['absent', 'initializing']);
  });

  it('is the one that joined last while a replaced one is still there', async () => {
    const { peer } = await bench.joinWithAgent();
    await peer.addAgent('agent-2', { attributes: { 'lk.agent.state': 'thinking' } });
    peer.setAgentAttributes('agent-1', { 'lk.agent.state': 'idle' });
    peer.removeAgent('agent-1');
    peer.setAgentAttributes('agent-2', { 'lk.agent.state': 'speaking' });
    await bench.log.until(() => states().at(-1) === 'speaking');
    expect(states()).to.deep.equal(['absent', 'listening', 'thinking', 'speaking']);
  });

  it('is told once when it knows the conversation from before, by who it is', async () => {
    const { peer } = await bench.joinWithAgent();
    await peer.addAgent('agent-2', {
      attributes: { 'clara.context': 'handedOver', 'lk.agent.state': 'thinking' },
    });
    peer.setAgentAttributes('agent-2', { 'lk.agent.state': 'speaking' });
    await bench.log.until(() => states().at(-1) === 'speaking');
    expect(bench.log.ofType('agentContext')).to.deep.equal([
      { type: 'agentContext', origin: 'handedOver', agentId: 'PA_agent2' },
    ]);
    await peer.addAgent('agent-3', { attributes: { 'clara.context': '<b>' } });
    await bench.log.until(() => states().at(-1) === 'initializing');
    expect(bench.log.ofType('agentContext')).to.have.length(1);
  });

  it('has an unknown state read as idle', async () => {
    const { peer } = await bench.joinWithAgent();
    peer.setAgentAttributes('agent-1', { 'lk.agent.state': 'dreaming' });
    await bench.log.until(() => states().length === 3);
    expect(states()[2]).to.equal('idle');
  });

  it('is heard through one hidden audio element, which goes with the room', async () => {
    const { room } = await bench.joinWithAgent({}, { audio: true });
    await untilFrame(() => room.agentLevel() > 0.3);
    const elements = [...document.querySelectorAll('audio')];
    expect(elements.map(({ hidden, paused }) => ({ hidden, paused }))).to.deep.equal([
      { hidden: true, paused: false },
    ]);
    const sample = await room.sample(new AbortController().signal);
    expect(sample.down?.packetsReceived).to.be.greaterThan(0);
    await room.close();
    expect(document.querySelectorAll('audio')).to.have.length(0);
    expect(bench.audio.meterCount).to.equal(0);
    expect(room.agentLevel()).to.equal(0);
  });

  it('takes its audio element with it when it leaves', async () => {
    const { peer } = await bench.joinWithAgent({}, { audio: true });
    await untilFrame(() => document.querySelectorAll('audio').length === 1);
    peer.removeAgent('agent-1');
    await bench.log.until(() => states().at(-1) === 'absent');
    expect(document.querySelectorAll('audio')).to.have.length(0);
  });
});

/** Waits for what no event tells: sound and elements; looked at once a frame. */
async function untilFrame(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => requestAnimationFrame(resolve));
}
