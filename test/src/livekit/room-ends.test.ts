import { expect } from 'chai';
import { Room } from 'livekit-client';
import { DisconnectReason, LeaveRequest_Action } from '@livekit/protocol';
import type { DisconnectName, RepairFacts } from '../../../src/core/ports.ts';
import { RoomBench } from '../../support/browser/room-bench.ts';

describe('the end of a room', () => {
  let bench: RoomBench;
  beforeEach(() => {
    bench = new RoomBench();
  });
  afterEach(() => bench.tearDown());
  const ends = (): DisconnectName[] => bench.log.ofType('disconnected').map(({ reason }) => reason);

  const leaves: [DisconnectReason, DisconnectName][] = [
    [DisconnectReason.UNKNOWN_REASON, 'UNKNOWN_REASON'],
    [DisconnectReason.DUPLICATE_IDENTITY, 'DUPLICATE_IDENTITY'],
    [DisconnectReason.SERVER_SHUTDOWN, 'SERVER_SHUTDOWN'],
    [DisconnectReason.PARTICIPANT_REMOVED, 'PARTICIPANT_REMOVED'],
    [DisconnectReason.ROOM_DELETED, 'ROOM_DELETED'],
    [DisconnectReason.ROOM_CLOSED, 'ROOM_CLOSED'],
    [DisconnectReason.USER_REJECTED, 'USER_REJECTED'],
    [DisconnectReason.CONNECTION_TIMEOUT, 'CONNECTION_TIMEOUT'],
    [DisconnectReason.AGENT_ERROR, 'AGENT_ERROR'],
  ];
  for (const [reason, name] of leaves) {
    it(`is told as ${name} when the server leaves with it, once, and the microphone lives`, async () => {
      const room = await bench.join();
      (await bench.server.peer()).leave(reason);
      await bench.log.until(() => ends().length > 0);
      await room.close();
      expect(ends()).to.deep.equal([name]);
      expect((await bench.microphone()).readyState).to.equal('live');
      expect(bench.watch.openCount).to.equal(0);
    });
  }

  it('leaves no peer connection, socket, element or listener when we close it', async () => {
    const track = await bench.microphone();
    const balance = countListeners(track);
    const { room, peer } = await bench.joinWithAgent({}, { audio: true });
    expect(balance()).to.be.greaterThan(0);
    await room.close();
    await room.close();
    expect(peer.hasLeft).to.equal(true);
    expect(bench.watch.openCount).to.equal(0);
    expect(bench.server.openSockets).to.equal(0);
    expect(document.querySelectorAll('audio')).to.have.length(0);
    expect(balance()).to.equal(0);
    expect(track.readyState).to.equal('live');
  });

  for (const [what, methodsOf] of [
    ['engine', (room: Room) => room.engine],
    ['signal client', (room: Room) => room.engine.client],
  ] as const)
    it(`is over within 2 s although the SDK's ${what} never closes, with nothing left that acts for us`, async () => {
      const track = await bench.microphone();
      const balance = countListeners(track);
      const { room } = await bench.joinWithAgent({}, { audio: true });
      const methods = Object.getPrototypeOf(methodsOf(new Room())) as { close: unknown };
      const { close } = methods;
      methods.close = () => new Promise(() => {});
      try {
        const beganMs = performance.now();
        const ended = room.close().then(() => performance.now() - beganMs);
        const limit = new Promise<number>((resolve) => setTimeout(() => resolve(Infinity), 5000));
        expect(await Promise.race([ended, limit])).to.be.lessThan(2400);
      } finally {
        methods.close = close;
      }
      await until(() => bench.server.openSockets === 0);
      expect(bench.watch.openCount).to.equal(0);
      expect(balance()).to.equal(0);
      expect(track.readyState).to.equal('live');
      expect(bench.server.socketQueries).to.have.length(1);
    });

  it('tells nothing after close, whatever still comes', async () => {
    const { room, peer } = await bench.joinWithAgent();
    const closing = room.close();
    const told = bench.log.events.length;
    peer.setAgentAttributes('agent-1', { 'lk.agent.state': 'speaking' });
    peer.leave(DisconnectReason.ROOM_DELETED);
    await closing;
    expect(bench.log.events).to.have.length(told);
  });

  it('survives the freeze of the page with the microphone live', async () => {
    const track = await bench.microphone();
    await bench.join();
    window.dispatchEvent(new Event('freeze'));
    await bench.log.until(() => ends().length > 0);
    expect(ends()).to.deep.equal(['CLIENT_INITIATED']);
    expect(track.readyState).to.equal('live');
  });

  it('is left alone by pagehide and beforeunload', async () => {
    const room = await bench.join();
    window.dispatchEvent(new PageTransitionEvent('pagehide'));
    window.dispatchEvent(new Event('beforeunload'));
    expect((await room.sample(new AbortController().signal)).signalUp).to.equal(true);
    expect(ends()).to.deep.equal([]);
  });
});

describe("the SDK's repair", () => {
  let bench: RoomBench;
  beforeEach(() => {
    bench = new RoomBench();
  });
  afterEach(() => bench.tearDown());
  const repairs = () =>
    bench.log.events.filter(
      ({ type }) => type === 'repairing' || type === 'repaired' || type === 'disconnected',
    );

  it('resumes a broken signal connection without a second join or publication', async () => {
    await bench.join();
    const peer = await bench.server.peer();
    peer.resetSocket();
    await bench.log.until((events) => events.some(({ type }) => type === 'repaired'));
    expect(repairs()).to.deep.equal([{ type: 'repairing', scope: 'signal' }, { type: 'repaired' }]);
    expect(peer.resumes).to.have.length(1);
    expect(bench.server.peers).to.have.length(1);
    expect(peer.publications).to.have.length(1);
    expect(bench.watch.count).to.equal(1);
    expect((await bench.microphone()).readyState).to.equal('live');
  });

  it('keeps the path that carries while it resumes: ICE anew would be a break in sound', async () => {
    const { peer } = await bench.joinWithAgent({ mayKeepPath: () => true }, { audio: true });
    const before = peer.offers.length;
    peer.resetSocket();
    await peer.until(() => peer.offers.length > before);
    expect(peer.resumes).to.have.length(1);
    expect(new Set(peer.offers.map(ufragOf)).size).to.equal(1);
  });

  it('restarts ICE with a resume when something is cut already', async () => {
    const { peer } = await bench.joinWithAgent({ mayKeepPath: () => false }, { audio: true });
    const before = peer.offers.length;
    peer.resetSocket();
    await peer.until(() => peer.offers.length > before);
    expect(new Set(peer.offers.map(ufragOf)).size).to.equal(2);
  });

  it('begins at once when it is asked for: ICE anew over the signal connection that stands', async () => {
    const room = await bench.join();
    const peer = await bench.server.peer();
    const before = peer.offers.length;
    room.repairNow?.();
    await peer.until(() => peer.offers.length > before);
    expect(new Set(peer.offers.map(ufragOf)).size).to.equal(2);
    expect(peer.resumes).to.have.length(0);
    expect(bench.watch.count).to.equal(1);
    expect(repairs()).to.deep.equal([]);
  });

  it('resumes instead when the server has not answered the last push', async () => {
    const room = await bench.join();
    const peer = await bench.server.peer();
    peer.ignoresOffers = true;
    const before = peer.offers.length;
    room.repairNow?.();
    await peer.until(() => peer.offers.length > before);
    peer.ignoresOffers = false;
    room.repairNow?.();
    await bench.log.until((events) => events.some(({ type }) => type === 'repaired'));
    expect(peer.resumes).to.have.length(1);
  });

  it('tells that the signal connection is whole 2 s before the SDK does', async () => {
    await bench.join();
    const peer = await bench.server.peer();
    const startedMs = performance.now();
    peer.resetSocket();
    await bench.log.until((events) => events.some(({ type }) => type === 'repaired'));
    expect(performance.now() - startedMs).to.be.lessThan(1500);
  });

  it('gives up as soon as the policy says null, without a reason', async () => {
    await bench.join({ repairDelayMs: () => null });
    (await bench.server.peer()).resetSocket();
    await bench.log.until((events) => events.some(({ type }) => type === 'disconnected'));
    expect(repairs()).to.deep.equal([{ type: 'disconnected', reason: 'NONE' }]);
    expect((await bench.microphone()).readyState).to.equal('live');
  });

  it('tells the policy when the server has asked for a full reconnect', async () => {
    const asked: RepairFacts[] = [];
    await bench.join({
      repairDelayMs: (_retryCount, _elapsedMs, facts) => {
        asked.push(facts);
        return facts.fullReconnectAsked ? null : 50;
      },
    });
    const peer = await bench.server.peer();
    peer.leave(DisconnectReason.SERVER_SHUTDOWN, LeaveRequest_Action.RECONNECT);
    await bench.log.until((events) => events.some(({ type }) => type === 'disconnected'));
    expect(asked).to.deep.equal([{ fullReconnectAsked: true }]);
    expect(bench.server.peers).to.have.length(1);
  });

  it('ends at once when the room is closed in the middle of it', async () => {
    const room = await bench.join();
    const peer = await bench.server.peer();
    peer.ignoresResume = true;
    peer.resetSocket();
    await peer.until(() => peer.resumes.length === 1);
    await room.close();
    expect(bench.server.openSockets).to.equal(0);
    expect(bench.watch.openCount).to.equal(0);
    expect(repairs()).to.deep.equal([{ type: 'repairing', scope: 'signal' }]);
  });
});

function ufragOf(sdp: string): string | undefined {
  return /a=ice-ufrag:(\S+)/.exec(sdp)?.[1];
}

async function until(isReached: () => boolean): Promise<void> {
  while (!isReached()) await new Promise((resolve) => requestAnimationFrame(resolve));
}

/** Listeners added to `track` less those removed. */
function countListeners(track: MediaStreamTrack): () => number {
  let balance = 0;
  const add = track.addEventListener.bind(track);
  const remove = track.removeEventListener.bind(track);
  const live = new Set<unknown>();
  track.addEventListener = (type: string, listener: never, options?: never) => {
    if (!live.has(listener)) balance++;
    live.add(listener);
    add(type, listener, options);
  };
  track.removeEventListener = (type: string, listener: never, options?: never) => {
    if (live.delete(listener)) balance--;
    remove(type, listener, options);
  };
  return () => balance;
}
