/**
 * Ten thousand pieces of hostile input through the whole path: fetch and ticket port, socket and livekit-client, data
 * channel and adapter, session and core, element and its shadow tree. Any that reaches the page as an exception, an
 * element, a script or without bound fails here. The figures are printed.
 */
import { printedDuring } from '../../support/browser/console-tap.ts';
import { DataPacket, SignalResponse } from '@livekit/protocol';
import { expect } from 'chai';
import { isSessionError } from '../../../src/core/errors.ts';
import { DEFAULT_MAX_LINES, MAX_LINE_CHARS } from '../../../src/core/session/transcript.ts';
import type { ClaraVoice } from '../../../src/embed/element.ts';
import { browserClock } from '../../../src/compose/browser-clock.ts';
import { endpointTickets } from '../../../src/livekit/ticket-port.ts';
import { MAX_TOKEN_ANSWER_BYTES } from '../../../src/shared/token-endpoint.ts';
import { FakeLiveKitServer } from '../../support/browser/fake-livekit-server.ts';
import type { FakePeer } from '../../support/browser/fake-livekit-peer.ts';
import { HostileMutator, type MessageClass } from '../../support/browser/hostile-mutator.ts';
import { heapBytes, PageWitness } from '../../support/browser/page-witness.ts';
import { PeerConnectionWatch } from '../../support/browser/peer-connection-watch.ts';
import { PLANTED_TOKEN } from '../../support/browser/room-bench.ts';

const SEED = 20_261_121;
const PACKETS = 5_000;
const SIGNALS = 2_000;
const ANSWERS = 3_000;
/** So many of the answers go through a whole start, the rest through the ticket port alone. */
const WHOLE_STARTS = 150;
const MIB = 1024 * 1024;

const KNOWN = [
  'agent-1',
  'PA_agent1',
  'TR_agent1',
  'user-1',
  'PA_user1',
  'TR_user1',
  'RM_fake',
  'room-1',
  'lk.chat',
  'lk.transcription',
  'lk.agent.session',
  'clara.session',
  'lk.agent.state',
  'lk.segment_id',
  'lk.transcription_final',
  'clara.resume',
  'listening',
  'speaking',
  'absent',
  's1',
  's2',
  's3',
  '{"type":"bye "}',
] as const;

const names = (type: MessageClass): string[] => type.fields.list().map(({ localName }) => localName);
/** Those with an effect on media come more often. */
const SIGNAL_CASES = [...names(SignalResponse), 'offer', 'answer', 'trickle', 'trickle', 'update', 'update'];
/** Every so many bursts one frame that nobody can decode: the SDK then drops the socket and resumes, which takes its time. */
const BREAK_EVERY = 30;
/** So many messages go out before the next look at the connection. */
const BURST = 20;
const PACKET_CASES = [
  'user',
  'speaker',
  'sipDtmf',
  'transcription',
  'metrics',
  'chatMessage',
  'rpcRequest',
  'rpcAck',
  'rpcResponse',
  'streamHeader',
  'streamHeader',
  'streamChunk',
  'streamChunk',
  'streamTrailer',
  'encryptedPacket',
];

describe('hostile input', function () {
  this.timeout(90_000); // 35 s in all on two free cores, for the three tests together
  let server: FakeLiveKitServer;
  let watch: PeerConnectionWatch;
  let witness: PageWitness;
  let element: ClaraVoice;
  let answer: () => Response | Promise<Response>;
  let restarts: number;
  let heapBefore: number;

  const goodAnswer = (): Response =>
    Response.json({
      serverUrl: server.url,
      participantToken: PLANTED_TOKEN,
      resume: 'signed',
      roomName: 'r',
    });

  before(() => import('../../../src/embed/register.ts'));

  beforeEach(async () => {
    sessionStorage.clear();
    watch = new PeerConnectionWatch();
    server = new FakeLiveKitServer();
    const fakeFetch = globalThis.fetch;
    answer = goodAnswer;
    globalThis.fetch = async (input, init) => {
      if (input === '/api/token') return answer();
      const { host } = new URL(input instanceof Request ? input.url : String(input), location.href);
      // Hostile answers name servers that shall never be asked from a test.
      if (host !== server.host && host !== location.host) throw new TypeError('Failed to fetch');
      return fakeFetch(input, init);
    };
    restarts = -1;
    witness = new PageWitness();
    element = document.createElement('clara-voice');
    element.setAttribute('token-endpoint', '/api/token');
    document.body.append(element);
    await element.updateComplete;
    witness.watch(document.documentElement);
    witness.watch(element.shadowRoot!);
    heapBefore = heapBytes();
  });

  afterEach(async () => {
    await element.stop();
    element.remove();
    watch.stop();
    server.stop();
    witness.stop();
  });

  /** A connected call with an agent in it. */
  const call = async (): Promise<FakePeer> => {
    restarts++;
    await element.stop();
    await element.start();
    expect(element.phase).to.equal('connected');
    const peer = server.peers.at(-1)!;
    await peer.addAgent('agent-1', { attributes: { 'lk.agent.state': 'listening' } });
    return peer;
  };

  /** Whether an agent's message still comes through to the page within a second. */
  const isAlive = async (peer: FakePeer): Promise<boolean> => {
    const marker = `marker-${crypto.randomUUID()}`;
    const limit = AbortSignal.timeout(1_000);
    const shown = new Promise<boolean>((resolve) => {
      limit.addEventListener('abort', () => resolve(false));
      element.addEventListener('clara-message', ({ text }) => text === marker && resolve(true), {
        signal: limit,
      });
    });
    const sent = peer.sendStream({ topic: 'lk.chat', from: 'agent-1', chunks: [marker] });
    const late = new Promise<boolean>((resolve) => limit.addEventListener('abort', () => resolve(false)));
    return (await Promise.race([sent.then(() => true), late])) && shown;
  };

  const judge = async (what: string, count: number, startedMonoMs: number): Promise<string> => {
    await element.updateComplete;
    await witness.settled();
    const lines = element.transcript;
    const elements = element.shadowRoot!.querySelectorAll('*').length;
    const heapGrowth = heapBytes() - heapBefore;
    const figures = `${count} ${what}: ${witness.thrown.length} exceptions, ${witness.strange.size} strange elements, ${witness.added} elements made, ${Math.max(restarts, 0)} restarts, ${lines.length} lines, heap +${(heapGrowth / MIB).toFixed(1)} MiB, ${Math.round(performance.now() - startedMonoMs)} ms`;
    const thrown = witness.thrown
      .slice(0, 3)
      .map((error) => (error instanceof Error ? error.stack : String(error)));
    expect(thrown, figures).to.deep.equal([]);
    expect([...witness.strange], figures).to.deep.equal([]);
    expect(witness.isPwned, figures).to.equal(false);
    expect(lines.length).to.be.at.most(DEFAULT_MAX_LINES);
    for (const { text } of lines) expect(text.length).to.be.at.most(MAX_LINE_CHARS);
    expect(elements).to.be.at.most(60 + 5 * lines.length);
    expect(watch.openCount).to.be.at.most(1);
    expect(server.openSockets).to.be.at.most(1);
    expect(heapGrowth).to.be.lessThan(64 * MIB);
    return figures;
  };

  /** A whole stream of chat or transcript in up to six packets, some of them wrong. */
  const stream = (hostile: HostileMutator): DataPacket[] => {
    const streamId = hostile.chance() < 0.3 ? hostile.text() : crypto.randomUUID();
    const packet = (value: unknown): DataPacket =>
      new DataPacket({
        participantIdentity: hostile.chance() < 0.9 ? 'agent-1' : hostile.text(),
        value: value as never,
      });
    const header = {
      streamId,
      topic: hostile.pick(['lk.chat', 'lk.transcription', 'lk.agent.session'] as const),
      attributes: Object.fromEntries([
        ['lk.segment_id', hostile.text()],
        ['lk.transcription_final', hostile.pick(['true', 'false', hostile.text()])],
        [hostile.text(), hostile.text()],
      ]),
      contentHeader: { case: hostile.chance() < 0.9 ? 'textHeader' : 'byteHeader', value: {} },
    };
    const chunks = Array.from({ length: 1 + hostile.below(4) }, (_, index) => ({
      streamId,
      chunkIndex: BigInt(hostile.chance() < 0.9 ? index : hostile.below(9)),
      content: hostile.bytes(),
    }));
    return [
      packet({ case: 'streamHeader', value: header }),
      ...chunks.map((value) => packet({ case: 'streamChunk', value })),
      ...(hostile.chance() < 0.8 ? [packet({ case: 'streamTrailer', value: { streamId } })] : []),
    ];
  };

  it(`plays ${PACKETS} hostile data packets to the page without an exception, an element or a script of theirs`, async () => {
    const hostile = new HostileMutator(SEED, KNOWN);
    let figures = '';
    const printed = await printedDuring(async () => {
      const startedMonoMs = performance.now();
      let peer = await call();
      for (let sent = 0; sent < PACKETS;) {
        const packets =
          hostile.chance() < 0.5
            ? stream(hostile)
            : [hostile.message<DataPacket>(DataPacket, hostile.pick(PACKET_CASES))];
        for (const packet of packets.slice(0, PACKETS - sent)) {
          packet.sequence = 0; // else one high number makes the SDK drop all that follow
          const bytes = packet.toBinary();
          await peer.sendRaw(hostile.chance() < 0.3 ? hostile.mutated(bytes) : bytes);
          if (++sent % 250 === 0 && !(await isAlive(peer))) peer = await call();
        }
      }
      expect(await isAlive(peer)).to.equal(true);
      expect(element.transcript.length, 'lines that came through').to.be.greaterThan(100);
      figures = await judge('data packets', PACKETS, startedMonoMs);
    });
    expect(printed).not.to.contain('planted');
    console.log(figures); // eslint-disable-line no-console -- the figures are asked for
  });

  /** A message that can be decoded and makes no sense. */
  const hostileSignal = (hostile: HostileMutator): Uint8Array => {
    let kind = hostile.pick(SIGNAL_CASES);
    // Each leave ends a connection, and a new one takes longer than all that is to be tried on it.
    if (kind === 'leave' && hostile.chance() < 0.9) kind = 'update';
    const message = hostile.message<SignalResponse>(SignalResponse, kind);
    if (message.message.case === 'trickle')
      message.message.value.candidateInit = JSON.stringify(hostile.candidate());
    const bytes = message.toBinary();
    if (hostile.chance() < 0.5) return bytes;
    for (let tries = 0; tries < 8; tries++) {
      const mutated = hostile.mutated(bytes);
      try {
        const { message: decoded } = SignalResponse.fromBinary(mutated);
        if (decoded.case === 'trickle') JSON.parse(decoded.value.candidateInit);
        return mutated;
      } catch {
        // broken; the next one may not be
      }
    }
    return bytes;
  };

  /** The participant of the new signal connection that the client opens by itself within 1.5 s, if it does. */
  const cameBack = async (): Promise<FakePeer | undefined> => {
    const limit = AbortSignal.timeout(1_500);
    while (!limit.aborted) {
      const peer = server.peers.findLast(({ isSignalOpen }) => isSignalOpen);
      if (peer !== undefined && element.phase === 'connected') return peer;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return undefined;
  };

  it(`plays ${SIGNALS} hostile signal messages to livekit-client without an exception, an element or a script of theirs`, async () => {
    const hostile = new HostileMutator(SEED + 1, KNOWN);
    let figures = '';
    const printed = await printedDuring(async () => {
      const startedMonoMs = performance.now();
      let peer = await call();
      let breaks = 0;
      let comebacks = 0;
      for (let played = 0, bursts = 1; played < SIGNALS; bursts++) {
        if (bursts % BREAK_EVERY === 0)
          peer.sendFrame(hostile.chance() < 0.5 ? hostile.text() : hostile.bytes());
        for (let sent = 0; sent < BURST; sent++) peer.sendFrame(hostileSignal(hostile));
        // Counted only when the client has read them all: after a break the rest is lost.
        await new Promise((resolve) => setTimeout(resolve, 8));
        if (peer.isSignalOpen) played += BURST;
        else {
          breaks++;
          // Most are started anew, as that is faster.
          const returned = breaks % 4 === 0 ? await cameBack() : undefined;
          if (returned !== undefined) comebacks++;
          peer = returned ?? (await call());
        }
      }
      if (!(await isAlive(peer))) peer = await call();
      expect(await isAlive(peer)).to.equal(true);
      figures = `${await judge('signal messages', SIGNALS, startedMonoMs)}, ${breaks} broken connections, ${comebacks} healed by the client`;
    });
    expect(printed).not.to.contain('planted');
    console.log(figures); // eslint-disable-line no-console -- the figures are asked for
  });

  const hostileAnswer = (hostile: HostileMutator): Response => {
    const good = { serverUrl: server.url, participantToken: PLANTED_TOKEN, resume: 'signed', roomName: 'r' };
    const fields = Object.entries(good).map(([name, value]) => [
      name,
      hostile.chance() < 0.3 ? hostile.json() : value,
    ]);
    const value: unknown =
      hostile.chance() < 0.7
        ? Object.fromEntries([...fields, [hostile.text(), hostile.json()]])
        : hostile.json();
    const bytes = new TextEncoder().encode(JSON.stringify(value) ?? '');
    const lot = hostile.chance();
    const body =
      lot < 0.35
        ? hostile.mutated(bytes)
        : lot < 0.37
          ? new Uint8Array(MAX_TOKEN_ANSWER_BYTES + 1).fill(32)
          : lot < 0.4
            ? new ReadableStream<Uint8Array>({
                start: (controller) => controller.error(new TypeError(PLANTED_TOKEN)),
              })
            : bytes;
    const status =
      hostile.chance() < 0.8
        ? 200
        : hostile.pick([
            201, 202, 203, 206, 299, 300, 302, 400, 401, 403, 404, 408, 410, 418, 429, 500, 503, 599,
          ] as const);
    const headers = {
      'retry-after': hostile.pick([
        '',
        '-1',
        '1e9',
        '99999999999',
        'never',
        'Thu, 01 Jan 1970 00:00:00 GMT',
        '<b>',
      ]),
    };
    return new Response(body, { status, headers });
  };

  it(`takes ${ANSWERS} hostile token answers for a ticket or a named error and nothing else`, async () => {
    const hostile = new HostileMutator(SEED + 2, KNOWN);
    let figures = '';
    const printed = await printedDuring(async () => {
      const startedMonoMs = performance.now();
      const never = new AbortController().signal;
      const tickets = endpointTickets({
        endpoint: '/api/token',
        clock: browserClock,
        fetch: async () => hostileAnswer(hostile),
      });
      const outcomes = { ticket: 0, error: 0 };
      for (let asked = WHOLE_STARTS; asked < ANSWERS; asked++) {
        try {
          const ticket = await tickets.request({}, never);
          expect(ticket.serverUrls[0]).to.match(/^(wss?|https?):\/\//);
          outcomes.ticket++;
        } catch (error) {
          if (!isSessionError(error)) throw error;
          expect(error.code).to.match(/^token/);
          expect(`${error.message} ${error.stack}`).not.to.contain('planted');
          expect(error.message.length).to.be.lessThan(200);
          outcomes.error++;
        }
      }
      expect(outcomes.ticket).to.be.greaterThan(100);
      expect(outcomes.error).to.be.greaterThan(100);
      element.textOnly = true;
      answer = () => hostileAnswer(hostile);
      for (let started = 0; started < WHOLE_STARTS; started++) {
        const starting = element.start();
        await Promise.race([starting, new Promise((resolve) => setTimeout(resolve, 100))]);
        await element.stop();
        await starting;
      }
      answer = goodAnswer;
      await element.start();
      expect(element.phase).to.equal('connected');
      figures = `${await judge('token answers', ANSWERS, startedMonoMs)}, ${outcomes.ticket} tickets, ${outcomes.error} errors, ${WHOLE_STARTS} whole starts`;
    });
    expect(printed).not.to.contain('planted');
    console.log(figures); // eslint-disable-line no-console -- the figures are asked for
  });
});
