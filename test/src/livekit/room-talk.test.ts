import { expect } from 'chai';
import { AgentSession } from '@livekit/protocol';
import { encodeSessionMessage } from '../../../src/shared/wire.ts';
import { browserClock } from '../../../src/compose/browser-clock.ts';
import { SessionError } from '../../../src/core/errors.ts';
import type { Clock } from '../../../src/core/ports.ts';
import { MAX_STREAM_CHARACTERS } from '../../../src/livekit/text-streams.ts';
import { RoomBench } from '../../support/browser/room-bench.ts';
import type { FakePeer } from '../../support/browser/fake-livekit-peer.ts';

const signal = new AbortController().signal;

describe('what is said in a room', () => {
  let bench: RoomBench;
  let peer: FakePeer;
  let room: Awaited<ReturnType<RoomBench['joinWithAgent']>>['room'];
  beforeEach(async () => {
    bench = new RoomBench();
    ({ room, peer } = await bench.joinWithAgent());
  });
  afterEach(() => bench.tearDown());
  const transcripts = () => bench.log.ofType('transcription');

  it("has the agent's segment grow in place and end as final, whatever the attribute says", async () => {
    const attributes = { 'lk.segment_id': 'SG_1', 'lk.transcription_final': 'false' };
    const id = await peer.sendStream({
      topic: 'lk.transcription',
      from: 'agent-1',
      attributes,
      chunks: ['Hello '],
      open: true,
    });
    await bench.log.until(() => transcripts().length === 1);
    await peer.sendChunk(id, 1, 'world', 'agent-1');
    await bench.log.until(() => transcripts().length === 2);
    await peer.endStream(id, 'agent-1');
    await bench.log.until(() => transcripts().length === 3);
    expect(transcripts()).to.deep.equal([
      { type: 'transcription', segmentId: 'SG_1', from: 'agent', text: 'Hello ', final: false },
      { type: 'transcription', segmentId: 'SG_1', from: 'agent', text: 'Hello world', final: false },
      { type: 'transcription', segmentId: 'SG_1', from: 'agent', text: 'Hello world', final: true },
    ]);
  });

  it("has the user's segment final only in the stream that says so, and no interim after it", async () => {
    const send = (text: string, final: boolean) =>
      peer.sendStream({
        topic: 'lk.transcription',
        from: 'user-1',
        attributes: { 'lk.segment_id': 'SG_u', 'lk.transcription_final': String(final) },
        chunks: [text],
      });
    await send('helo', false);
    await send('hello', true);
    await send('hel', false);
    await peer.sendStream({ topic: 'lk.chat', from: 'agent-1', chunks: ['end'] });
    await bench.log.until(() => bench.log.ofType('chat').some(({ final }) => final));
    const lasts = transcripts().map(({ from, text, final }) => `${from} ${text} ${final}`);
    expect(lasts.at(-1)).to.equal('user hello true');
    expect(lasts.filter((line) => line.endsWith('true'))).to.have.length(1);
    expect(lasts).to.not.include('user hel false');
  });

  it('shows the answer to a typed message once, as a message, whether a voice speaks it or not', async () => {
    await peer.sendStream({
      topic: 'lk.transcription',
      from: 'agent-1',
      attributes: { 'lk.segment_id': 'R_1', 'lk.transcription_final': 'true', 'clara.reply': '1' },
      chunks: ['spoken'],
    });
    await peer.sendStream({ topic: 'lk.chat', from: 'agent-1', chunks: ['written'] });
    const answers = () => bench.log.ofType('chat').filter(({ final }) => final);
    await bench.log.until(() => answers().length === 2);
    expect(answers().map(({ from, text }) => `${from} ${text}`)).to.deep.equal([
      'agent spoken',
      'agent written',
    ]);
    expect(answers()[0]?.messageId).to.equal('R_1');
    expect(transcripts()).to.deep.equal([]);
  });

  it('takes the text stream only, not the older event of the same transcript', async () => {
    await peer.sendPacket(
      {
        case: 'transcription',
        value: {
          transcribedParticipantIdentity: 'agent-1',
          trackId: 'TR_1',
          segments: [{ id: 'SG_old', text: 'twice', language: '', startTime: 0n, endTime: 0n, final: true }],
        } as never,
      },
      'agent-1',
    );
    await peer.sendStream({
      topic: 'lk.transcription',
      from: 'agent-1',
      attributes: { 'lk.segment_id': 'SG_1' },
      chunks: ['once'],
    });
    await bench.log.until(() => transcripts().some(({ final }) => final));
    expect(new Set(transcripts().map(({ segmentId }) => segmentId))).to.deep.equal(new Set(['SG_1']));
  });

  it('ends a segment as final with what came when its agent leaves in the middle', async () => {
    await peer.sendStream({
      topic: 'lk.transcription',
      from: 'agent-1',
      attributes: { 'lk.segment_id': 'S' },
      chunks: ['Half a'],
      open: true,
    });
    await bench.log.until(() => transcripts().length === 1);
    peer.removeAgent('agent-1');
    await bench.log.until(() => transcripts().length === 2);
    expect(transcripts()[1]).to.deep.equal({
      type: 'transcription',
      segmentId: 'S',
      from: 'agent',
      text: 'Half a',
      final: true,
    });
  });

  it('leaves out what a stranger in the room writes', async () => {
    await peer.addAgent('stranger', { kind: 0 });
    await peer.sendStream({ topic: 'lk.chat', from: 'stranger', chunks: ['psst'] });
    await peer.sendStream({ topic: 'lk.chat', from: 'agent-1', chunks: ['hi'] });
    await bench.log.until(() => bench.log.ofType('chat').some(({ final }) => final));
    expect(new Set(bench.log.ofType('chat').map(({ text }) => text))).to.deep.equal(new Set(['hi']));
  });

  it('cuts a text that never ends and goes on to live', async () => {
    const chunk = 'x'.repeat(15_000);
    await peer.sendStream({
      topic: 'lk.transcription',
      from: 'agent-1',
      attributes: { 'lk.segment_id': 'big' },
      chunks: Array.from({ length: 70 }, () => chunk),
    });
    await bench.log.until(() => transcripts().some(({ final }) => final));
    expect(Math.max(...transcripts().map(({ text }) => text.length))).to.equal(MAX_STREAM_CHARACTERS);
    expect(transcripts().length).to.be.lessThan(71);
  });

  it('sends text as a stream on lk.chat, and hears the agent', async () => {
    await room.sendText('message-7', 'Grüße', signal);
    await peer.until(() => peer.packets.some(({ value }) => value.case === 'streamTrailer'));
    const [header, chunk] = peer.packets.flatMap(({ value }) =>
      value.case?.startsWith('stream') ? [value.value] : [],
    ) as unknown as [{ topic: string; streamId: string }, { content: Uint8Array }];
    expect(header.topic).to.equal('lk.chat');
    expect(header.streamId).to.equal('message-7');
    expect(new TextDecoder().decode(chunk.content)).to.equal('Grüße');
    await peer.sendStream({ topic: 'lk.chat', from: 'agent-1', id: 'answer-1', chunks: ['Hello'] });
    await bench.log.until(() => bench.log.ofType('chat').some(({ final }) => final));
    expect(bench.log.ofType('chat').at(-1)).to.deep.equal({
      type: 'chat',
      messageId: 'answer-1',
      from: 'agent',
      text: 'Hello',
      final: true,
    });
  });

  it('fails a text as sendFailed once the room is closed', async () => {
    await room.close();
    const error = await room.sendText('m', 'secret words', signal).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).to.be.instanceOf(SessionError).with.property('code', 'sendFailed');
    expect(String(error)).to.not.contain('secret');
  });

  it('says bye reliably before it leaves', async () => {
    await room.sayBye();
    await room.close();
    await peer.until(() => peer.packets.length > 0);
    const [packet] = peer.packets;
    expect(packet?.value.case).to.equal('user');
    const { topic, payload } = packet?.value.value as { topic: string; payload: Uint8Array };
    expect(topic).to.equal('clara.session');
    expect(new TextDecoder().decode(payload)).to.equal('{"type":"bye"}');
  });

  it("takes the agent's bye as the end, and nobody else's", async () => {
    await peer.addAgent('stranger', { kind: 0 });
    await peer.sendData(encodeSessionMessage({ type: 'bye' }), 'clara.session', 'stranger');
    await peer.sendData(new TextEncoder().encode('{"type":"hello"}'), 'clara.session', 'agent-1');
    await peer.sendData(encodeSessionMessage({ type: 'bye' }), 'clara.session', 'agent-1');
    await bench.log.until(() => bench.log.ofType('agentEnded').length > 0);
    expect(bench.log.ofType('agentEnded')).to.have.length(1);
  });
});

describe('the heartbeat of a room', () => {
  let bench: RoomBench;
  afterEach(() => bench.tearDown());

  /** Answers the first session ping of the client as an AgentSession does. */
  const answerPing = async (peer: FakePeer, from: string): Promise<void> => {
    await peer.until(() => peer.packets.some(({ value }) => value.case === 'streamTrailer'));
    for (const { value } of peer.packets) {
      if (value.case !== 'streamChunk') continue;
      const { message } = AgentSession.AgentSessionMessage.fromBinary(value.value.content);
      if (message.case !== 'request' || message.value.request.case !== 'ping') continue;
      const answer = new AgentSession.AgentSessionMessage({
        message: {
          case: 'response',
          value: { requestId: message.value.requestId, response: { case: 'pong', value: {} } },
        },
      });
      await peer.sendStream({ topic: 'lk.agent.session', from, kind: 'byte', chunks: [answer.toBinary()] });
    }
  };

  it('is true when the agent answers', async () => {
    bench = new RoomBench();
    const { room, peer } = await bench.joinWithAgent();
    const [answer] = await Promise.all([room.ping(signal), answerPing(peer, 'agent-1')]);
    expect(answer).to.equal(true);
  });

  it("is not believed when somebody else answers in the agent's place", async () => {
    bench = new RoomBench();
    const { room, peer } = await bench.joinWithAgent();
    await peer.addAgent('stranger', { kind: 0 });
    const stop = new AbortController();
    const answer = room.ping(stop.signal).then(
      (answered) => answered,
      (reason: unknown) => reason,
    );
    await answerPing(peer, 'stranger');
    await browserClock.sleep(100, signal); // a pong that is believed has got through by then
    stop.abort('no answer');
    expect(await answer).to.equal('no answer');
  });

  it('is false when there is no agent to ask', async () => {
    bench = new RoomBench();
    const room = await bench.join();
    expect(await room.ping(signal)).to.equal(false);
  });

  it('is false for an agent that has never answered', async () => {
    const impatient: Clock = {
      ...browserClock,
      sleep: (delayMs, stop) => browserClock.sleep(delayMs === 1200 ? 0 : delayMs, stop),
    };
    bench = new RoomBench(impatient);
    const { room } = await bench.joinWithAgent();
    expect(await room.ping(signal)).to.equal(false);
  });

  it('waits for an agent that has answered before, until the signal aborts', async () => {
    const impatient: Clock = {
      ...browserClock,
      sleep: (delayMs, stop) => browserClock.sleep(delayMs === 1200 ? 100 : delayMs, stop),
    };
    bench = new RoomBench(impatient);
    const { room, peer } = await bench.joinWithAgent();
    await Promise.all([room.ping(signal), answerPing(peer, 'agent-1')]);
    const stop = new AbortController();
    const silent = room.ping(stop.signal).then(
      (answer) => answer,
      (reason: unknown) => reason,
    );
    await browserClock.sleep(150, signal);
    stop.abort('enough');
    expect(await silent).to.equal('enough');
  });
});
