import { expect } from 'chai';
import { DataPacket, MediaSectionsRequirement, SessionDescription, TrickleRequest } from '@livekit/protocol';
import type { RoomConnection } from '../../../src/core/ports.ts';
import { RoomBench } from '../../support/browser/room-bench.ts';
import type { FakePeer } from '../../support/browser/fake-livekit-peer.ts';

describe('a hostile sender', () => {
  let bench: RoomBench;
  let peer: FakePeer;
  let room: RoomConnection;
  let thrown: unknown[];
  const onThrown = (event: PromiseRejectionEvent | ErrorEvent): void => {
    event.preventDefault();
    event.stopImmediatePropagation();
    thrown.push('reason' in event ? event.reason : event.error);
  };
  beforeEach(async () => {
    thrown = [];
    window.addEventListener('unhandledrejection', onThrown, true);
    window.addEventListener('error', onThrown, true);
    bench = new RoomBench();
    ({ room, peer } = await bench.joinWithAgent());
  });
  afterEach(async () => {
    await bench.tearDown();
    window.removeEventListener('unhandledrejection', onThrown, true);
    window.removeEventListener('error', onThrown, true);
  });

  /** Everything sent before this has been read when the marker comes out. */
  const flushed = async (): Promise<void> => {
    const marker = `marker-${crypto.randomUUID()}`;
    await peer.sendStream({ topic: 'lk.chat', from: 'agent-1', chunks: [marker] });
    await bench.log.until(() => bench.log.ofType('chat').some(({ text, final }) => final && text === marker));
    // Rejections are told a task after they happen.
    await new Promise((resolve) => setTimeout(resolve, 20));
  };

  it('throws nothing into the page with packets that are none', async () => {
    let seed = 7;
    const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
    const good = new DataPacket({
      participantIdentity: 'agent-1',
      value: {
        case: 'streamHeader',
        value: { streamId: 's', topic: 'lk.chat', contentHeader: { case: 'textHeader', value: {} } } as never,
      },
    }).toBinary();
    for (let round = 0; round < 500; round++) {
      const bytes =
        round % 5 === 0
          ? Uint8Array.from({ length: 40 }, () => random() * 256)
          : good.slice(0, 1 + Math.floor(random() * good.length));
      for (let flips = 0; flips < 3; flips++)
        bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
      await peer.sendRaw(bytes);
    }
    await flushed();
    expect(thrown).to.deep.equal([]);
  });

  it('throws nothing with repeated ids, chunks out of order, streams that never end, and invalid UTF-8', async () => {
    const from = 'agent-1';
    const topic = 'lk.transcription';
    await peer.sendStream({ topic, from, id: 'twice', chunks: ['a'], open: true });
    await peer.sendStream({ topic, from, id: 'twice', chunks: ['b'], open: true });
    await peer.sendStream({ topic, from, id: 'order', chunks: [], open: true });
    await peer.sendChunk('order', 5, 'five', from);
    await peer.sendChunk('order', 0, 'zero', from);
    await peer.endStream('order', from);
    await peer.endStream('never-began', from);
    for (let open = 0; open < 60; open++) await peer.sendStream({ topic, from, chunks: ['x'], open: true });
    await peer.sendStream({
      topic: 'lk.chat',
      from,
      id: 'utf',
      chunks: [Uint8Array.from([0xff, 0xfe, 0x41])],
    });
    await peer.sendStream({
      topic: 'lk.agent.session',
      from,
      kind: 'byte',
      chunks: [Uint8Array.from([0xff, 0xff])],
    });
    peer.removeAgent('agent-1');
    await peer.addAgent('agent-1', { attributes: { 'lk.agent.state': 'idle' } });
    await flushed();
    expect(thrown).to.deep.equal([]);
    expect(bench.log.ofType('chat').find(({ messageId }) => messageId === 'utf')?.text).to.contain('A');
    await room.close();
  });

  it('throws nothing and does not stand still with answers, offers, candidates and numbers that no browser can take', async () => {
    peer.send({ case: 'answer', value: new SessionDescription({ type: 'answer', sdp: 'v=0 no' }) });
    peer.send({ case: 'offer', value: new SessionDescription({ type: 'offer', sdp: '<b>' }) });
    for (const candidateInit of ['null', '{"candidate":"x","sdpMLineIndex":99}', '{"candidate":7}'])
      peer.send({ case: 'trickle', value: new TrickleRequest({ candidateInit, target: 0 }) });
    peer.send({
      case: 'mediaSectionsRequirement',
      value: new MediaSectionsRequirement({ numAudios: 0x7fff_ffff, numVideos: 0xffff_ffff }),
    });
    await flushed();
    expect(thrown).to.deep.equal([]);
    expect(bench.log.ofType('disconnected')).to.deep.equal([]);
  });

  it('throws nothing when candidates that no browser can take come before the answer', async () => {
    bench.server.earlyCandidates = ['{"candidate":"x","sdpMLineIndex":99}', '{"candidate":7}'];
    ({ room, peer } = await bench.joinWithAgent());
    await flushed();
    expect(thrown).to.deep.equal([]);
  });

  it('makes no element out of text', async () => {
    const before = document.querySelectorAll('*').length;
    const html = '<img src=x onerror=alert(1)><script>alert(2)</script>';
    await peer.sendStream({ topic: 'lk.chat', from: 'agent-1', id: html, chunks: [html] });
    await flushed();
    expect(
      bench.log.ofType('chat').find(({ final, messageId }) => final && messageId === html)?.text,
    ).to.equal(html);
    expect(document.querySelectorAll('*').length).to.equal(before);
  });
});
