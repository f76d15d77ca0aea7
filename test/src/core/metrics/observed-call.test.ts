import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MetricsSample } from '../../../../src/core/metrics/columns.ts';
import { chunkOf } from '../../../../src/core/metrics/sample-buffer.ts';
import { HeardAnswers } from '../../../../src/core/metrics/heard-answers.ts';
import { keptEvent } from '../../../../src/core/metrics/kept-event.ts';
import { ObservedCall, type PageEvent } from '../../../../src/core/metrics/observed-call.ts';
import type { RoomMetrics } from '../../../../src/core/metrics/room-metrics.ts';
import type { SampleRecorder } from '../../../../src/core/metrics/sample-recorder.ts';
import { tableOf } from '../../../../src/core/metrics/sample-table.ts';
import { SessionError } from '../../../../src/core/errors.ts';
import type { RoomPort } from '../../../../src/core/ports.ts';
import { openRecording } from '../../../../src/core/review/open-recording.ts';
import { storyOf } from '../../../../src/core/review/story.ts';
import { createVoiceSession } from '../../../../src/core/session/voice-session.ts';
import type { VoiceSession } from '../../../../src/core/session/types.ts';
import type { Recording, RecordingEvent } from '../../../../src/shared/recording.ts';
import type { SessionOutcome } from '../../../../src/shared/records.ts';
import { FakeWorld, fakePorts, type FakePorts } from '../../../support/core/fake-ports.ts';

/** Keeps everything, as a store would. */
class Sink implements SampleRecorder {
  readonly sessionId = 'x';
  readonly events: RecordingEvent[] = [];
  readonly samples = new Map<string, MetricsSample[]>();
  readonly places: object[] = [];
  outcome: SessionOutcome | undefined;
  readonly startedWallMs: number;
  constructor(startedWallMs: number) {
    this.startedWallMs = startedWallMs;
  }
  event(event: RecordingEvent): void {
    this.events.push(keptEvent(event));
  }
  sample(stream: string, sample: MetricsSample): void {
    const of = this.samples.get(stream) ?? [];
    this.samples.set(stream, [...of, sample]);
  }
  surroundings(names: object): void {
    this.places.push(names);
  }
  end(_endedWallMs: number, outcome: SessionOutcome): void {
    this.outcome = outcome;
  }
  get main(): MetricsSample[] {
    return this.samples.get('main') ?? [];
  }
  get recording(): Recording {
    return {
      session: { id: 'x', startedWallMs: this.startedWallMs, pinned: false, source: 'recorded' },
      events: this.events,
      chunks: [chunkOf('main', 0, tableOf(this.main))],
    };
  }
}

interface Bench {
  readonly world: FakeWorld;
  readonly ports: FakePorts;
  readonly session: VoiceSession;
  readonly sinks: Sink[];
  page: (event: PageEvent) => void;
  pageWatchers: number;
}

function bench(read?: (world: FakeWorld, signal: AbortSignal) => Promise<RoomMetrics>): Bench {
  const world = new FakeWorld();
  const ports = fakePorts(world);
  const sinks: Sink[] = [];
  const made = { world, ports, sinks, page: () => {}, pageWatchers: 0 } as unknown as Bench & {
    session: VoiceSession;
  };
  const call = new ObservedCall({
    clock: world.clock,
    recorder: {
      begin: (startedWallMs) => {
        const sink = new Sink(startedWallMs);
        sinks.push(sink);
        return sink;
      },
    },
    watchPage: (tell, signal) => {
      made.page = tell;
      made.pageWatchers++;
      signal.addEventListener('abort', () => made.pageWatchers--);
    },
  });
  const readable: RoomPort = {
    join: async (join, signal) => {
      const room = await ports.rooms.join(join, signal);
      const isOpen = () => (room as unknown as { isOpen: boolean }).isOpen;
      const metrics = (limit: AbortSignal): Promise<RoomMetrics> => {
        if (!isOpen()) return Promise.reject(new Error('closed'));
        return read === undefined ? Promise.resolve(flowing(world)) : read(world, limit);
      };
      return Object.assign(room, { metrics });
    },
  };
  Object.assign(made, {
    session: createVoiceSession(
      {
        ...ports,
        recorder: call.recorder,
        rooms: call.rooms(readable),
        tickets: call.tickets(ports.tickets),
      },
      {},
    ),
  });
  call.watch(made.session);
  return made;
}

let sent = 0;
/** Counters that grow while the path is up. */
function flowing(world: FakeWorld): RoomMetrics {
  if (world.pathUp) sent += 50;
  return {
    monoMs: world.clock.monoMs(),
    values: {
      pathBytesReceived: sent * 80,
      pathBytesSent: sent * 80,
      downPacketsReceived: sent,
      upPacketsSent: sent,
    },
    keys: { down: 'd', up: 'u', path: 'p' },
    tracks: [],
  };
}

async function start({ session, world }: Bench): Promise<void> {
  const started = session.start();
  await world.clock.advance(500);
  await started;
  assert.equal(session.link.value.phase, 'connected');
}

const attempts = (sink: Sink) =>
  sink.events.flatMap((event) =>
    event.kind === 'attempt' ? [[event.by, event.attempt, event.cause, event.result]] : [],
  );

test('a session is sampled once a second from its start to its end, and nothing is left', async () => {
  const made = bench();
  await start(made);
  await made.world.clock.advance(9600);
  const [sink] = made.sinks;
  assert.ok(sink !== undefined);
  assert.deepEqual(
    sink.main.map(({ atMs }) => atMs),
    [1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000, 10_000],
  );
  assert.deepEqual([sink.main.at(-1)?.signalPhaseCode, sink.main.at(-1)?.downEpoch], [3, 0]);
  assert.deepEqual(sink.places[0], { room: 'room-1', identity: 'user-1' });
  await made.session.stop();
  await made.world.clock.advance(5000);
  assert.equal(sink.main.length, 10);
  assert.deepEqual(sink.outcome, { phase: 'ended', reason: 'stopped' });
  assert.deepEqual([made.world.clock.timerCount, made.pageWatchers], [0, 0]);
});

test('a session that never connects is recorded too', async () => {
  const made = bench();
  made.ports.microphone.answer = 'micDenied';
  const started = made.session.start();
  await made.world.clock.advance(500);
  await started;
  assert.deepEqual(made.sinks[0]?.outcome, { phase: 'failed', reason: 'micDenied' });
  assert.equal(
    made.sinks[0]?.events.some(({ kind }) => kind === 'error'),
    true,
  );
});

test('an outage has its samples, its tries and its epoch, and the review tells it', async () => {
  const made = bench();
  const { world, ports, session } = made;
  await start(made);
  await world.clock.advance(20_000);
  for (const room of ports.rooms.rooms) room.count();
  world.pathUp = false;
  await world.clock.advance(4000);
  ports.rooms.last.tell({ type: 'disconnected', reason: 'SIGNAL_CLOSE' });
  await world.clock.advance(16_000);
  assert.equal(session.link.value.phase, 'reconnecting');
  for (const room of ports.rooms.rooms) room.count();
  world.pathUp = true;
  await world.clock.advance(12_000);
  assert.equal(session.link.value.phase, 'connected');
  await world.clock.advance(5000);
  await session.stop();
  const [sink] = made.sinks;
  assert.ok(sink !== undefined);
  const gaps = sink.main.map(({ atMs }, at) => atMs - (sink.main[at - 1]?.atMs ?? 0));
  assert.ok(Math.max(...gaps) <= 2000, `sampled all the while: ${gaps.join(' ')}`);
  assert.ok(
    attempts(sink).some(([by, , , result]) => by === 'rejoin' && result === 'ok'),
    'the rejoin that worked',
  );
  assert.ok(attempts(sink).length >= 1);
  assert.ok(
    sink.main.some(({ downEpoch }) => downEpoch === 1),
    'another room, other counters',
  );
  const opened = openRecording(sink.recording);
  assert.equal(opened.outages.length, 1);
  const [outage] = opened.outages;
  assert.ok(outage !== undefined);
  assert.ok(Math.abs(outage.startMs - 20_500) <= 1000, `begins at ${outage.startMs}`);
  assert.ok(Math.abs((outage.audio?.downMs ?? 0) - 20_000) <= 3000, `${outage.audio?.downMs} ms lost`);
  assert.ok(outage.attempts >= 1);
  assert.ok(storyOf(opened).some(({ key }) => key === 'lostOnce'));
});

test('a try that fails is told with its cause, and the next one with what that failed of', async () => {
  const made = bench();
  const { world, ports } = made;
  await start(made);
  await world.clock.advance(5000);
  world.joinFaults.push(new SessionError('joinUnreachable', 'no'), new SessionError('joinTimeout', 'no'));
  ports.rooms.last.tell({ type: 'repairing', scope: 'signal' });
  await world.clock.advance(100);
  ports.rooms.last.tell({ type: 'disconnected', reason: 'SIGNAL_CLOSE' });
  await world.clock.advance(30_000);
  assert.equal(made.session.link.value.phase, 'connected');
  assert.deepEqual(attempts(made.sinks[0]!), [
    ['sdk', 1, 'signalLost', 'failed'],
    ['rejoin', 2, 'SIGNAL_CLOSE', 'failed'],
    ['rejoin', 3, 'joinUnreachable', 'failed'],
    ['rejoin', 4, 'joinTimeout', 'ok'],
  ]);
});

test('a room that cannot be read, or does not answer, costs its values and never the sample', async () => {
  for (const read of [
    () => Promise.reject(new Error('no stats')),
    (_world: FakeWorld, signal: AbortSignal) =>
      new Promise<never>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  ]) {
    const made = bench(read);
    await start(made);
    await made.world.clock.advance(10_000);
    const [sink] = made.sinks;
    assert.ok((sink?.main.length ?? 0) >= 5, `${sink?.main.length} samples`);
    assert.equal(made.session.link.value.phase, 'connected');
    await made.session.stop();
  }
});

test('an answer is timed by what is heard, and never across a cut', () => {
  const heard = new HeardAnswers();
  const answers: number[] = [];
  let atMs = 0;
  const sound = (durationMs: number, user: number, agent: number): void => {
    for (const endMs = atMs + durationMs; atMs < endMs; atMs += 50) {
      const answer = heard.next(atMs, { user, agent });
      if (answer !== undefined) answers.push(answer.latencyMs);
    }
  };
  sound(1000, 0.8, 0);
  sound(700, 0.1, 0);
  sound(1000, 0.1, 0.8);
  assert.deepEqual([answers, heard.turn], [[700], 1]);
  sound(400, 0, 0);
  sound(1000, 0.8, 0);
  heard.forget();
  sound(5000, 0, 0);
  sound(1000, 0, 0.8);
  assert.deepEqual([answers, heard.turn], [[700], 2]);
});

test('what the page saw stands among the events', async () => {
  const made = bench();
  await start(made);
  made.page({ kind: 'page', state: 'hidden' });
  made.page({ kind: 'device', change: 'list' });
  const seen = made.sinks[0]?.events.filter(({ kind }) => kind === 'page' || kind === 'device');
  assert.deepEqual(seen, [
    { kind: 'page', state: 'hidden', atMs: 500 },
    { kind: 'device', change: 'list', atMs: 500 },
  ]);
  await made.session.stop();
});

test('what an agent or an error puts into an event is kept so that an archive can hold it', () => {
  assert.deepEqual(
    keptEvent({ kind: 'segment', atMs: 10.6, segmentId: `a\u0000b${'x'.repeat(400)}`, from: 'agent' }),
    { kind: 'segment', atMs: 11, segmentId: `a b${'x'.repeat(253)}`, from: 'agent' },
  );
  assert.deepEqual(
    keptEvent({
      kind: 'phase',
      atMs: -1,
      phase: 'failed',
      facts: { a: NaN, b: Infinity, c: 1.23456, d: 'x\ny', e: true },
    }),
    { kind: 'phase', atMs: 0, phase: 'failed', facts: { c: 1.235, d: 'x y', e: true } },
  );
});
