import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SessionError, type SessionErrorCode } from '../../../src/core/errors.ts';
import { createVoiceSession } from '../../../src/core/session/voice-session.ts';
import type { SessionOptions } from '../../../src/core/session/session-options.ts';
import type { Link, VoiceSession } from '../../../src/core/session/types.ts';
import type { DisconnectName } from '../../../src/core/ports.ts';
import { FakeLocks, FakeWorld, fakePorts, type FakePorts } from '../../support/core/fake-ports.ts';

interface Bench {
  readonly world: FakeWorld;
  readonly ports: FakePorts;
  readonly session: VoiceSession;
}

function bench(options: SessionOptions = {}, prepare: (bench: Bench) => void = () => {}): Bench {
  const world = new FakeWorld();
  const ports = fakePorts(world);
  const made = { world, ports, session: createVoiceSession(ports, options) };
  prepare(made);
  return made;
}

/** A session that has been connected for `settledMs`. */
async function connected(
  options: SessionOptions = {},
  settledMs = 12_000,
  prepare: (bench: Bench) => void = () => {},
): Promise<Bench> {
  const made = bench(options, prepare);
  const started = made.session.start();
  await made.world.clock.advance(500);
  await started;
  assert.equal(phase(made), 'connected');
  await made.world.clock.advance(settledMs);
  return made;
}

function phase({ session }: Bench): Link['phase'] {
  return session.link.value.phase;
}

function linkIn<P extends Link['phase']>({ session }: Bench, wanted: P): Extract<Link, { phase: P }> {
  const link = session.link.value;
  assert.equal(link.phase, wanted);
  return link as Extract<Link, { phase: P }>;
}

/** The path goes, in both directions and without a word. */
function cut({ world, ports }: Bench): void {
  for (const room of ports.rooms.rooms) room.count();
  world.pathUp = false;
}

function heal({ world, ports }: Bench): void {
  for (const room of ports.rooms.rooms) room.count();
  world.pathUp = true;
}

/** Advances until `isReached`, in steps of 50 ms; the time that it took. */
async function timeUntil({ world }: Bench, isReached: () => boolean, limitMs = 300_000): Promise<number> {
  let passedMs = 0;
  while (!isReached() && passedMs < limitMs) {
    await world.clock.advance(50);
    passedMs += 50;
  }
  assert.ok(isReached(), `not reached within ${limitMs} ms`);
  return passedMs;
}

function assertNothingLeft({ world, ports, session }: Bench): void {
  assert.equal(world.clock.timerCount, 0, 'no timer');
  assert.equal(ports.network.watcherCount, 0, 'no network listener');
  assert.equal(ports.rooms.openRooms.length, 0, 'no open room');
  assert.equal(ports.rooms.joinsInFlight, 0, 'no join under way');
  assert.equal(ports.microphone.isOpen, false, 'no microphone');
  assert.equal(ports.microphone.onEnded, undefined, 'no microphone listener');
  assert.equal(ports.locks.heldCount, 0, 'no lock');
  assert.equal(ports.probe.pendingCount, 0, 'no probe');
  assert.deepEqual(session.levels.value, { user: 0, agent: 0 });
}

const warnings = ({ ports }: Bench): string[] =>
  ports.log.lines.filter((line) => line.level === 'warn').map((line) => line.event);

// ---- start and stop ----

test('a start asks for the microphone, joins and is connected', async () => {
  const made = bench();
  const started = made.session.start();
  assert.equal(phase(made), 'requestingMic');
  assert.deepEqual(made.session.microphone.value, { status: 'requesting' });
  await made.world.clock.advance(30);
  assert.equal(phase(made), 'connecting');
  await made.world.clock.advance(220);
  await started;
  assert.equal(phase(made), 'connected');
  assert.deepEqual(made.session.microphone.value, { status: 'live', muted: false });
  assert.equal(made.ports.rooms.last.join.microphone?.mediaTrack, 'the one track');
  assert.deepEqual(warnings(made), []);
});

test('each transition is one log line and one recorded event', async () => {
  const made = await connected();
  made.ports.rooms.last.tell({ type: 'disconnected', reason: 'SIGNAL_CLOSE' });
  await made.world.clock.advance(5000);
  const stopped = made.session.stop();
  await made.world.clock.advance(2000);
  await stopped;
  const logged = made.ports.log.lines.filter((line) => line.event === 'linkChanged');
  const { events = [], outcome } = made.ports.recorder.sessions[0] ?? {};
  const recorded = events.filter((event) => event.kind === 'phase');
  assert.deepEqual(
    recorded.map((event) => event.facts?.['state']),
    [
      'requestingMic',
      'connecting.joining',
      'connected',
      'reconnecting.waiting',
      'reconnecting.joining',
      'reconnecting.proving',
      'connected',
      'ended',
    ],
  );
  assert.deepEqual(
    logged.map((line) => (line.facts as { state: string }).state),
    recorded.map((event) => event.facts?.['state']),
  );
  assert.deepEqual(outcome, { phase: 'ended', reason: 'stopped' });
});

test('a stop says bye, closes the room, releases the microphone and leaves nothing', async () => {
  const made = await connected();
  const stopped = made.session.stop();
  assert.deepEqual(made.session.link.value, { phase: 'ended', reason: 'stopped' });
  assert.equal(made.ports.microphone.isOpen, false);
  await made.world.clock.advance(10);
  await stopped;
  assert.equal(made.ports.rooms.last.byes, 1);
  assert.deepEqual(made.ports.farewell.byes, [
    { resume: 'resume-1', roomName: 'room-1', identity: 'user-1' },
  ]);
  assertNothingLeft(made);
});

test('a bye that hangs holds up a stop for at most 2 s', async () => {
  const made = await connected();
  made.ports.rooms.last.sayBye = () => new Promise(() => {});
  let isDone = false;
  const stopped = made.session.stop().then(() => (isDone = true));
  await made.world.clock.advance(2000);
  assert.ok(isDone);
  await stopped;
  assertNothingLeft(made);
});

const STOP_AT: [string, (made: Bench) => Promise<void>][] = [
  ['requestingMic', async (made) => made.world.clock.advance(10)],
  ['connecting', async (made) => made.world.clock.advance(100)],
  ['connected', async (made) => made.world.clock.advance(1000)],
  [
    'unstable',
    async (made) => {
      await made.world.clock.advance(1000);
      made.ports.rooms.last.tell({ type: 'repairing', scope: 'signal' });
    },
  ],
  [
    'reconnecting',
    async (made) => {
      await made.world.clock.advance(1000);
      made.ports.rooms.last.tell({ type: 'repairing', scope: 'all' });
    },
  ],
  [
    'reconnecting',
    async (made) => {
      await made.world.clock.advance(1000);
      cut(made);
      made.ports.rooms.last.tell({ type: 'disconnected', reason: 'NONE' });
      await made.world.clock.advance(500);
    },
  ],
  [
    'reconnecting',
    async (made) => {
      await made.world.clock.advance(1000);
      made.ports.rooms.last.tell({ type: 'disconnected', reason: 'NONE' });
      await made.world.clock.advance(100);
      assert.equal(made.ports.rooms.joinsInFlight, 1);
    },
  ],
];
for (const [index, [expected, reach]] of STOP_AT.entries())
  test(`a stop in ${expected} (${index + 1}) ends it at once and leaves nothing`, async () => {
    const made = bench();
    const started = made.session.start();
    await reach(made);
    assert.equal(phase(made), expected);
    const stopped = made.session.stop();
    assert.deepEqual(made.session.link.value, { phase: 'ended', reason: 'stopped' });
    await made.world.clock.advance(2000);
    await stopped;
    await started;
    assertNothingLeft(made);
    assert.deepEqual(warnings(made), []);
  });

test('a dispose in the middle of a call leaves nothing, and a start after it does nothing', async () => {
  const made = await connected();
  const disposed = made.session.dispose();
  await made.world.clock.advance(2000);
  await disposed;
  assertNothingLeft(made);
  await made.session.start();
  await made.session.dispose();
  assert.deepEqual(made.session.link.value, { phase: 'ended', reason: 'stopped' });
  assert.equal(made.ports.microphone.opens, 1);
});

test('a start while one runs does nothing, and both settle together', async () => {
  const made = bench();
  const both = Promise.all([made.session.start(), made.session.start()]);
  await made.world.clock.advance(500);
  await both;
  await made.session.start();
  assert.equal(made.ports.microphone.opens, 1);
  assert.equal(made.ports.rooms.joins, 1);
  assert.equal(made.ports.recorder.sessions.length, 1);
});

test('a session can be started again after its end, with a new ticket, an empty transcript and a new recording', async () => {
  const made = await connected();
  made.ports.rooms.last.tell({
    type: 'transcription',
    segmentId: 's',
    from: 'agent',
    text: 'old',
    final: true,
  });
  const stopped = made.session.stop();
  await made.world.clock.advance(100);
  await stopped;
  const again = made.session.start();
  await made.world.clock.advance(500);
  await again;
  assert.equal(phase(made), 'connected');
  assert.deepEqual(made.ports.tickets.requests, [{}, {}]);
  assert.deepEqual(made.session.transcript.value, []);
  assert.equal(made.ports.recorder.sessions.length, 2);
});

test('with the permission given already, the ticket is asked for while the microphone opens', async () => {
  const made = bench({}, ({ ports }) => (ports.microphone.permissionAnswer = 'granted'));
  const started = made.session.start();
  await made.world.clock.advance(1);
  assert.equal(made.ports.tickets.requests.length, 1);
  await made.world.clock.advance(499);
  await started;
  assert.equal(phase(made), 'connected');
  assert.equal(made.ports.tickets.requests.length, 1);
});

test('without it, no ticket is asked for before the person has answered', async () => {
  const made = bench({}, ({ ports }) => (ports.microphone.answer = 'hang'));
  const started = made.session.start();
  await made.world.clock.advance(60_000);
  assert.equal(phase(made), 'requestingMic');
  assert.equal(made.ports.tickets.requests.length, 0);
  const stopped = made.session.stop();
  await made.world.clock.advance(10);
  await Promise.all([started, stopped]);
});

test('text-only needs no microphone and never asks for one', async () => {
  const made = await connected({ textOnly: true });
  assert.equal(made.ports.microphone.opens, 0);
  assert.equal(made.ports.rooms.last.join.microphone, undefined);
  assert.deepEqual(made.session.microphone.value, { status: 'off' });
  assert.deepEqual(made.ports.recorder.phases, ['connecting', 'connected']);
});

for (const code of ['micDenied', 'micDismissed', 'micNotFound', 'micInUse'] as const)
  test(`${code} fails the start with that code and leaves nothing running`, async () => {
    const made = bench({}, ({ ports }) => {
      ports.microphone.answer = code;
      ports.microphone.permissionAnswer = 'granted';
    });
    const started = made.session.start();
    await made.world.clock.advance(100);
    await started;
    assert.equal(linkIn(made, 'failed').problem.code, code);
    assert.deepEqual(made.session.microphone.value, { status: 'failed', code });
    assert.equal(made.ports.rooms.joins, 0);
    assertNothingLeft(made);
  });

test('a microphone that is given after the stop is released', async () => {
  const made = bench();
  let give = (): void => {};
  made.ports.microphone.open = () =>
    new Promise((resolve) => {
      give = () => {
        made.ports.microphone.isOpen = true;
        resolve({ mediaTrack: 'late' });
      };
    });
  const started = made.session.start();
  await made.world.clock.advance(100);
  const stopped = made.session.stop();
  await made.world.clock.advance(100);
  give();
  await made.world.clock.advance(10);
  await Promise.all([started, stopped]);
  assertNothingLeft(made);
});

test('a microphone that ends in a call is told at once and the call goes on listening', async () => {
  const made = await connected();
  made.ports.microphone.end('micEnded');
  assert.deepEqual(made.session.microphone.value, { status: 'failed', code: 'micEnded' });
  assert.equal(phase(made), 'connected');
  assert.deepEqual(warnings(made), ['microphoneEnded']);
});

// ---- the first join ----

type FirstJoin = [
  what: string,
  at: 'ticket' | 'join',
  code: SessionErrorCode,
  times: number,
  expected: string,
];
const FIRST_JOINS: FirstJoin[] = [
  ['an endpoint that does not answer once', 'ticket', 'tokenUnreachable', 1, 'connected'],
  ['an endpoint that never answers', 'ticket', 'tokenUnreachable', 9, 'tokenUnreachable after 3'],
  ['an endpoint with 500', 'ticket', 'tokenServerError', 9, 'tokenServerError after 3'],
  ['an endpoint that refuses', 'ticket', 'tokenRejected', 9, 'tokenRejected after 1'],
  ['an endpoint that answers HTML', 'ticket', 'tokenInvalid', 9, 'tokenInvalid after 1'],
  ['a 401 once', 'join', 'joinUnauthorized', 1, 'connected'],
  ['two 401 in a row', 'join', 'joinUnauthorized', 9, 'joinUnauthorized after 2'],
  ['a server that refuses connections', 'join', 'joinUnreachable', 9, 'joinUnreachable after 3'],
  ['a 404 of the join path', 'join', 'joinRoomNotFound', 9, 'joinRoomNotFound after 1'],
  ['a 500 of the server', 'join', 'joinServerError', 9, 'joinServerError after 3'],
  ['media that do not come up', 'join', 'mediaFailed', 9, 'mediaFailed after 3'],
];
for (const [what, at, code, times, expected] of FIRST_JOINS)
  test(`a first join that meets ${what}: ${expected}`, async () => {
    const made = bench();
    const faults = at === 'ticket' ? made.world.ticketFaults : made.world.joinFaults;
    for (let count = 0; count < times; count += 1) faults.push(new SessionError(code, 'a fault'));
    const started = made.session.start();
    await made.world.clock.advance(15_100);
    await started;
    const link = made.session.link.value;
    const tries = made.ports.tickets.requests.length;
    assert.equal(link.phase === 'failed' ? `${link.problem.code} after ${tries}` : link.phase, expected);
    if (link.phase === 'failed') assertNothingLeft(made);
  });

test('a token endpoint that hangs is given up after 4 s a time and fails within 15 s', async () => {
  const made = bench();
  for (let count = 0; count < 9; count += 1) made.world.ticketFaults.push('hang');
  const started = made.session.start();
  const tookMs = await timeUntil(made, () => phase(made) === 'failed', 16_000);
  await started;
  assert.ok(tookMs <= 15_100, `${tookMs} ms`);
  assert.equal(linkIn(made, 'failed').problem.code, 'tokenTimeout');
  assertNothingLeft(made);
});

test('a server that accepts and then says nothing fails after 15 s as a join that timed out', async () => {
  const made = bench();
  made.world.joinFaults.push('hang');
  const started = made.session.start();
  const tookMs = await timeUntil(made, () => phase(made) === 'failed', 16_000);
  await started;
  assert.ok(tookMs > 14_000 && tookMs <= 15_200, `${tookMs} ms`);
  assert.equal(linkIn(made, 'failed').problem.code, 'joinTimeout');
  assertNothingLeft(made);
});

test('Retry-After of the endpoint is waited for, and told where it is too long', async () => {
  const short = bench();
  short.world.ticketFaults.push(
    new SessionError('tokenRateLimited', '429', { status: 429, retryAfterMs: 6000 }),
  );
  const started = short.session.start();
  await short.world.clock.advance(5900);
  short.session.retryNow();
  short.ports.network.tell('online');
  await short.world.clock.advance(0);
  assert.equal(short.ports.tickets.requests.length, 1, 'no hint shortens it');
  await short.world.clock.advance(500);
  await started;
  assert.equal(phase(short), 'connected');
  const long = bench();
  long.world.ticketFaults.push(
    new SessionError('tokenRateLimited', '429', { status: 429, retryAfterMs: 60_000 }),
  );
  const tried = long.session.start();
  await long.world.clock.advance(1000);
  await tried;
  assert.equal(linkIn(long, 'failed').problem.retryAfterMs, 60_000);
});

test('several server addresses are tried in turn', async () => {
  const made = bench({}, ({ world }) => {
    world.serverUrls = ['ws://one', 'ws://two'];
    world.joinFaults.push(new SessionError('joinUnreachable', 'refused'));
  });
  const started = made.session.start();
  await made.world.clock.advance(3000);
  await started;
  assert.equal(made.ports.rooms.last.join.serverUrl, 'ws://two');
});

test('a stranger’s error is told as internal without its message', async () => {
  const made = bench();
  const secret = new Error('eyJhbGciOi token');
  made.ports.rooms.join = () => Promise.reject(secret);
  const started = made.session.start();
  await made.world.clock.advance(1000);
  await started;
  assert.equal(linkIn(made, 'failed').problem.code, 'internal');
  assert.ok(!JSON.stringify([made.ports.log.lines, made.ports.recorder.sessions]).includes('eyJ'));
});

// ---- detection ----

test('a silent cut is shown within 4 s, as both ways, and offline within 0.3 s', async () => {
  const silent = await connected();
  cut(silent);
  const foundMs = await timeUntil(silent, () => phase(silent) !== 'connected');
  assert.ok(foundMs <= 4000, `${foundMs} ms`);
  assert.equal(linkIn(silent, 'reconnecting').side, 'both');
  const off = await connected();
  cut(off);
  off.ports.network.tell('offline');
  const link = linkIn(off, 'reconnecting');
  assert.ok(link.offline && link.by === 'sdk');
});

test('a cut of 3 s that heals by itself needs no rejoin, and says how long it was', async () => {
  const made = await connected();
  cut(made);
  await timeUntil(made, () => phase(made) === 'reconnecting');
  heal(made);
  const backMs = await timeUntil(made, () => phase(made) === 'connected');
  assert.ok(backMs <= 1500, `${backMs} ms`);
  assert.equal(made.ports.rooms.joins, 1);
  const { recovered } = linkIn(made, 'connected');
  assert.ok(recovered && recovered.sameRoom && recovered.outageMs >= 3000 && recovered.outageMs < 6000);
});

test('a signal connection that is repaired under whole sound is a note and no alarm', async () => {
  const made = await connected();
  const room = made.ports.rooms.last;
  room.tell({ type: 'repairing', scope: 'signal' });
  assert.deepEqual(linkIn(made, 'unstable').side, 'signal');
  await made.world.clock.advance(5000);
  room.tell({ type: 'repaired' });
  assert.equal(phase(made), 'connected');
  assert.equal(linkIn(made, 'connected').recovered, undefined);
  assert.ok(!made.ports.recorder.phases.includes('reconnecting'));
  assert.equal(made.ports.rooms.joins, 1);
});

test('a signal connection that is repaired in a moment flickers neither on the screen nor in the phases', async () => {
  const made = await connected();
  const room = made.ports.rooms.last;
  room.tell({ type: 'repairing', scope: 'signal' });
  await made.world.clock.advance(20);
  room.tell({ type: 'repaired' });
  assert.equal(phase(made), 'unstable');
  const shownMs = 20 + (await timeUntil(made, () => phase(made) === 'connected', 1000));
  assert.ok(shownMs >= 300 && shownMs <= 500, `${shownMs} ms`);
  // A fault in that moment counts as any other.
  room.tell({ type: 'repairing', scope: 'signal' });
  room.tell({ type: 'repaired' });
  room.tell({ type: 'repairing', scope: 'signal' });
  await made.world.clock.advance(2000);
  assert.equal(linkIn(made, 'unstable').side, 'signal');
});

test('"repaired" without media is not believed', async () => {
  const made = await connected();
  cut(made);
  made.ports.rooms.last.tell({ type: 'repairing', scope: 'all' });
  await made.world.clock.advance(5000);
  made.ports.rooms.last.tell({ type: 'repaired' });
  await made.world.clock.advance(5000);
  assert.equal(phase(made), 'reconnecting');
});

test('an SDK that has not noticed is pushed once the server answers again and media stay away', async () => {
  const made = await connected();
  made.ports.rooms.last.count();
  made.world.flowsUp = false;
  made.world.flowsDown = false;
  await timeUntil(made, () => phase(made) === 'reconnecting');
  assert.equal(made.ports.rooms.last.repairPushes, 0);
  await made.world.clock.advance(20_000);
  assert.equal(made.ports.rooms.last.repairPushes, 2);
  assert.equal(made.ports.rooms.joins, 1, 'and not rejoined');
});

test('the side that is cut is named', async () => {
  const made = await connected();
  made.ports.rooms.last.count();
  made.world.flowsUp = false;
  await timeUntil(made, () => phase(made) !== 'connected', 6000);
  assert.equal(linkIn(made, 'unstable').side, 'up');
  made.ports.rooms.last.count();
  made.world.flowsUp = true;
  await timeUntil(made, () => phase(made) === 'connected', 5000);
  assert.equal(made.ports.rooms.joins, 1);
});

// ---- rejoining ----

const ENDS: Partial<Record<DisconnectName, string>> = {
  DUPLICATE_IDENTITY: 'duplicateIdentity',
  PARTICIPANT_REMOVED: 'removed',
  USER_REJECTED: 'removed',
  USER_UNAVAILABLE: 'removed',
  ROOM_DELETED: 'roomDeleted',
  SIP_TRUNK_FAILURE: 'agentFailed',
  AGENT_ERROR: 'agentFailed',
};
const REASONS: DisconnectName[] = [
  'NONE',
  'UNKNOWN_REASON',
  'CLIENT_INITIATED',
  'DUPLICATE_IDENTITY',
  'SERVER_SHUTDOWN',
  'PARTICIPANT_REMOVED',
  'ROOM_DELETED',
  'STATE_MISMATCH',
  'JOIN_FAILURE',
  'MIGRATION',
  'SIGNAL_CLOSE',
  'ROOM_CLOSED',
  'USER_UNAVAILABLE',
  'USER_REJECTED',
  'SIP_TRUNK_FAILURE',
  'CONNECTION_TIMEOUT',
  'MEDIA_FAILURE',
  'AGENT_ERROR',
];
for (const reason of REASONS)
  test(`a room that ends with ${reason} ${ENDS[reason] === undefined ? 'is joined again' : 'ends the session at once'}`, async () => {
    const made = await connected();
    made.ports.rooms.last.tell({ type: 'disconnected', reason });
    const ended = ENDS[reason];
    if (ended !== undefined) {
      assert.deepEqual(made.session.link.value, { phase: 'ended', reason: ended });
      await made.world.clock.advance(10_000);
      assert.equal(made.ports.rooms.joins, 1);
      assertNothingLeft(made);
      return;
    }
    assert.equal(phase(made), 'reconnecting');
    const backMs = await timeUntil(made, () => phase(made) === 'connected');
    assert.ok(backMs <= 3500, `${backMs} ms`);
    assert.equal(made.ports.rooms.joins, 2);
    assert.equal(made.ports.rooms.openRooms.length, 1);
  });

test('a migration with the room standing is left to the SDK, whose repair is proven', async () => {
  const made = await connected();
  made.ports.rooms.last.tell({ type: 'repairing', scope: 'all' });
  await made.world.clock.advance(2000);
  assert.equal(linkIn(made, 'reconnecting').by, 'sdk');
  made.ports.rooms.last.tell({ type: 'repaired' });
  await timeUntil(made, () => phase(made) === 'connected', 2000);
  assert.equal(made.ports.rooms.joins, 1);
});

test('a rejoin brings the way back, the same track, the mute intent and the transcript along', async () => {
  const made = await connected();
  await made.session.setMuted(true);
  made.ports.rooms.last.tell({
    type: 'transcription',
    segmentId: 's1',
    from: 'agent',
    text: 'kept',
    final: true,
  });
  made.ports.rooms.last.tell({ type: 'disconnected', reason: 'NONE' });
  await timeUntil(made, () => phase(made) === 'connected');
  assert.deepEqual(made.ports.tickets.requests[1], {
    resume: 'resume-1',
    roomName: 'room-1',
    identity: 'user-1',
  });
  const [first, second] = made.ports.rooms.rooms;
  assert.equal(second?.join.muted, true);
  assert.equal(second.join.microphone, first?.join.microphone);
  assert.notEqual(second.join.ticket.participantToken, first?.join.ticket.participantToken);
  assert.equal(made.ports.microphone.opens, 1);
  assert.equal(made.ports.microphone.isMuted, true);
  assert.deepEqual(made.session.microphone.value, { status: 'live', muted: true });
  assert.deepEqual(
    made.session.transcript.value.map((line) => line.text),
    ['kept'],
  );
});

test('a joined room is not called connected before its media are proven, and one that proves nothing is left', async () => {
  const made = await connected();
  made.world.flowsUp = false;
  made.world.flowsDown = false;
  made.ports.rooms.last.tell({ type: 'disconnected', reason: 'NONE' });
  await timeUntil(made, () => made.ports.rooms.joins === 2);
  await made.world.clock.advance(4500);
  assert.equal(phase(made), 'reconnecting');
  await made.world.clock.advance(1500);
  assert.equal(made.ports.rooms.openRooms.length, 0);
  for (const room of made.ports.rooms.rooms) room.count();
  made.world.flowsUp = true;
  made.world.flowsDown = true;
  await timeUntil(made, () => phase(made) === 'connected', 10_000);
});

test('an outage of 60 s ends by itself within 2 s of the path, by a probe and one join', async () => {
  const made = await connected();
  cut(made);
  await made.world.clock.advance(16_000);
  made.ports.rooms.last.tell({ type: 'disconnected', reason: 'NONE' });
  await made.world.clock.advance(44_000);
  assert.equal(phase(made), 'reconnecting');
  assert.equal(made.ports.rooms.joins, 1, 'no join into a path whose probes are not answered');
  assert.ok(made.ports.probe.pendingCount > 5, 'of all stays of the outage');
  heal(made);
  const backMs = await timeUntil(made, () => phase(made) === 'connected');
  assert.ok(backMs <= 2000, `${backMs} ms`);
  assert.equal(made.ports.rooms.joins, 2);
  assert.equal(made.ports.probe.pendingCount, 0, 'nothing is asked any more');
});

test('an outage of 118 s is still survived', async () => {
  const made = await connected();
  cut(made);
  const shownMs = await timeUntil(made, () => phase(made) === 'reconnecting');
  await made.world.clock.advance(118_000 - shownMs);
  heal(made);
  const backMs = await timeUntil(made, () => phase(made) !== 'reconnecting');
  assert.equal(phase(made), 'connected');
  assert.ok(backMs <= 3000, `${backMs} ms`);
});

for (const kind of ['black hole', 'refused', 'offline'] as const)
  test(`when nothing comes back (${kind}) it fails at 120 s, the microphone is released and a start works again`, async () => {
    const made = await connected();
    made.ports.probe.refuses = kind === 'refused';
    cut(made);
    if (kind === 'offline') made.ports.network.tell('offline');
    if (kind === 'refused') made.ports.rooms.last.tell({ type: 'disconnected', reason: 'SIGNAL_CLOSE' });
    await timeUntil(made, () => phase(made) === 'reconnecting');
    const tookMs = await timeUntil(made, () => phase(made) === 'failed');
    assert.ok(Math.abs(tookMs - 120_000) <= 2000, `${tookMs} ms`);
    assert.equal(linkIn(made, 'failed').problem.code, 'budgetExhausted');
    assert.equal(made.ports.log.lines.at(-1)?.text, '💥 Max reconnection attempts reached.');
    assertNothingLeft(made);
    assert.ok(made.ports.resumeStore.saved);
    heal(made);
    made.ports.network.tell('online');
    const started = made.session.start();
    await made.world.clock.advance(500);
    await started;
    assert.equal(phase(made), 'connected');
    assert.equal(made.ports.tickets.requests.at(-1)?.resume, 'resume-1', 'in the same session');
  });

test('classic is the source’s letter: 1, 2, 4, 8, 16 s, five attempts, then failed', async () => {
  const made = await connected({ policy: 'classic' });
  made.ports.probe.refuses = true;
  cut(made);
  made.ports.network.tell('offline');
  made.ports.rooms.last.tell({ type: 'disconnected', reason: 'NONE' });
  const waits: number[] = [];
  let probes = made.ports.probe.count;
  for (let attempt = 0; attempt < 5; attempt += 1) {
    // A hint shortens nothing here.
    made.ports.network.tell('visible');
    const waitMs = await timeUntil(made, () => made.ports.probe.count > probes);
    probes = made.ports.probe.count;
    waits.push(Math.round(waitMs / 1000));
  }
  await made.world.clock.advance(3000);
  assert.deepEqual(waits, [1, 2, 4, 8, 16]);
  assert.equal(linkIn(made, 'failed').problem.code, 'budgetExhausted');
  const texts = made.ports.log.lines.map((line) => line.text);
  assert.deepEqual(
    texts.filter((text) => text.startsWith('🔄')),
    [1000, 2000, 4000, 8000, 16_000].map((delayMs) => `🔄 Scheduling reconnection in ${delayMs}ms`),
  );
  assert.equal(texts.at(-1), '💥 Max reconnection attempts reached.');
  assertNothingLeft(made);
});

test('classic comes back from 5 s without the user, and never lets the SDK repair', async () => {
  const made = await connected({ policy: 'classic' });
  const facts = { fullReconnectAsked: false };
  assert.equal(made.ports.rooms.last.join.repairDelayMs(0, 0, facts), null);
  made.ports.probe.refuses = true;
  cut(made);
  made.ports.rooms.last.tell({ type: 'disconnected', reason: 'NONE' });
  await made.world.clock.advance(5000);
  heal(made);
  await timeUntil(made, () => phase(made) === 'connected', 5000);
});

test('the SDK’s repair gets short delays, and null once 15 s of outage have gone', async () => {
  const made = await connected();
  const { repairDelayMs } = made.ports.rooms.last.join;
  const facts = { fullReconnectAsked: false };
  cut(made);
  await timeUntil(made, () => phase(made) === 'reconnecting');
  assert.equal(repairDelayMs(0, 0, facts), 200);
  await made.world.clock.advance(15_000);
  assert.equal(repairDelayMs(0, 0, facts), null, 'although the SDK has only just begun');
  assert.equal(repairDelayMs(0, 0, { fullReconnectAsked: true }), null);
});

test('a resume of the SDK may keep its path while sound is whole and when all was cut, in one room', async () => {
  const made = await connected();
  const { mayKeepPath } = made.ports.rooms.last.join;
  assert.equal(mayKeepPath(), true);
  made.ports.rooms.last.tell({ type: 'repairing', scope: 'signal' });
  assert.equal(phase(made), 'unstable');
  assert.equal(mayKeepPath(), true, 'only the control connection is gone');
  cut(made);
  await timeUntil(made, () => phase(made) === 'reconnecting');
  assert.equal(mayKeepPath(), true, 'both ways come back together');
  made.ports.rooms.last.tell({ type: 'disconnected', reason: 'NONE' });
  assert.equal(mayKeepPath(), false);
});

test('no resume keeps a path on which one way is cut, and the other says nothing of it', async () => {
  const made = await connected();
  const { mayKeepPath } = made.ports.rooms.last.join;
  made.ports.rooms.last.count();
  made.world.flowsUp = false;
  await timeUntil(made, () => phase(made) === 'unstable');
  assert.equal(mayKeepPath(), false);
  await timeUntil(made, () => phase(made) === 'reconnecting');
  assert.equal(mayKeepPath(), false);
});

// ---- what ends a wait early ----

/** In a wait of 8 s, with probes that go unanswered. */
async function inLongWait(): Promise<Bench> {
  const made = await connected();
  made.ports.probe.refuses = true;
  cut(made);
  made.ports.rooms.last.tell({ type: 'disconnected', reason: 'NONE' });
  const isLong = (): boolean => {
    const link = made.session.link.value;
    return link.phase === 'reconnecting' && (link.nextTryMonoMs ?? 0) - made.session.monoMs() > 5500;
  };
  await timeUntil(made, isLong);
  return made;
}
for (const hint of ['online', 'visible', 'resume', 'pageshow', 'connectionChange', 'retryNow'] as const)
  test(`${hint} ends a wait now`, async () => {
    const made = await inLongWait();
    heal(made);
    if (hint === 'retryNow') made.session.retryNow();
    else made.ports.network.tell(hint);
    assert.equal(linkIn(made, 'reconnecting').nextTryMonoMs, undefined, 'a try is under way');
    const backMs = await timeUntil(made, () => phase(made) === 'connected');
    assert.ok(backMs <= 1500, `${backMs} ms`);
  });

test('an answered probe ends a wait within a good second', async () => {
  const made = await inLongWait();
  heal(made);
  const backMs = await timeUntil(made, () => phase(made) === 'connected');
  assert.ok(backMs <= 2000, `${backMs} ms`);
});

test('a server that answers probes and refuses joins is left alone for the whole back-off', async () => {
  const made = await connected();
  for (let count = 0; count < 50; count += 1)
    made.world.joinFaults.push(new SessionError('joinServerError', '500'));
  made.ports.rooms.last.tell({ type: 'disconnected', reason: 'NONE' });
  await made.world.clock.advance(40_000);
  assert.ok(made.ports.rooms.joins >= 5 && made.ports.rooms.joins <= 9, `${made.ports.rooms.joins} joins`);
});

test('while offline no attempt is made, and online ends the wait at once', async () => {
  const made = await connected();
  cut(made);
  made.ports.network.tell('offline');
  made.ports.rooms.last.tell({ type: 'disconnected', reason: 'NONE' });
  await made.world.clock.advance(50_000);
  const link = linkIn(made, 'reconnecting');
  assert.ok(link.offline && link.nextTryMonoMs === undefined);
  assert.equal(made.ports.tickets.requests.length, 1);
  assert.equal(made.ports.rooms.joins, 1);
  heal(made);
  made.ports.network.tell('online');
  const backMs = await timeUntil(made, () => phase(made) === 'connected');
  assert.ok(backMs <= 1000, `${backMs} ms`);
});

test('a pause that the server asked for is over when it is over, also for a browser that is wrong about being offline', async () => {
  const made = await connected();
  made.world.ticketFaults.push(
    new SessionError('tokenRateLimited', '429', { status: 429, retryAfterMs: 6000 }),
  );
  made.ports.rooms.last.tell({ type: 'disconnected', reason: 'NONE' });
  await timeUntil(made, () => made.ports.tickets.requests.length === 2);
  made.ports.network.tell('offline'); // and yet every probe is answered
  await made.world.clock.advance(5500);
  assert.equal(made.ports.tickets.requests.length, 2, 'no probe shortens it');
  await timeUntil(made, () => phase(made) === 'connected', 3000);
});

test('a wake-up after more than 30 s closes the old room and joins afresh at once', async () => {
  const made = await connected();
  const old = made.ports.rooms.last;
  await made.world.clock.sleepThrough(60_000);
  assert.equal(old.isOpen, false);
  assert.equal(phase(made), 'reconnecting');
  await timeUntil(made, () => phase(made) === 'connected', 3000);
  assert.equal(made.ports.rooms.joins, 2);
  assert.equal(made.ports.tickets.requests.length, 2);
});

test('a timer that is only late by 20 s is no wake-up', async () => {
  const made = await connected();
  await made.world.clock.sleepThrough(20_000);
  await made.world.clock.advance(5000);
  assert.equal(made.ports.rooms.joins, 1);
  assert.equal(phase(made), 'connected');
});

test('with resumeWhenBack a failed session starts again on online, tells the new room and keeps the transcript', async () => {
  const made = await connected({ resumeWhenBack: true });
  made.ports.rooms.last.tell({
    type: 'transcription',
    segmentId: 's1',
    from: 'user',
    text: 'kept',
    final: true,
  });
  cut(made);
  made.ports.network.tell('offline');
  await timeUntil(made, () => phase(made) === 'failed');
  await made.world.clock.advance(180_000);
  assert.equal(phase(made), 'failed');
  assert.equal(made.world.clock.timerCount, 0);
  heal(made);
  made.world.roomSid = 'RM_second';
  made.ports.network.tell('online');
  const backMs = await timeUntil(made, () => phase(made) === 'connected', 5000);
  assert.ok(backMs <= 5000, `${backMs} ms`);
  const { recovered } = linkIn(made, 'connected');
  assert.ok(recovered && !recovered.sameRoom && recovered.outageMs > 290_000);
  assert.equal(made.session.transcript.value.length, 1);
});

for (const answer of ['micDismissed', 'micDenied'] as const)
  test(`with resumeWhenBack a person who has answered ${answer} is not asked again by each return to the page`, async () => {
    const made = await connected({ resumeWhenBack: true });
    cut(made);
    await timeUntil(made, () => phase(made) === 'failed');
    heal(made);
    made.ports.microphone.answer = answer;
    for (let returns = 0; returns < 5; returns += 1) {
      made.ports.network.tell('visible');
      await made.world.clock.advance(1000);
    }
    assert.equal(linkIn(made, 'failed').problem.code, answer);
    assert.equal(made.ports.microphone.opens, 2, 'the start and one return');
    assert.equal(made.ports.network.watcherCount, 0);
  });

test('with resumeWhenBack a way back that is refused ends it, and one that the network cuts is tried again', async () => {
  const made = await connected({ resumeWhenBack: true });
  cut(made);
  await timeUntil(made, () => phase(made) === 'failed');
  made.ports.network.tell('visible');
  await made.world.clock.advance(20_000);
  assert.equal(linkIn(made, 'failed').problem.code, 'tokenUnreachable');
  heal(made);
  made.world.joinFaults.push(new SessionError('unsupported', 'no'));
  made.ports.network.tell('visible');
  await made.world.clock.advance(5000);
  assert.equal(linkIn(made, 'failed').problem.code, 'unsupported');
  const { opens } = made.ports.microphone;
  made.ports.network.tell('visible');
  await made.world.clock.advance(5000);
  assert.equal(phase(made), 'failed');
  assert.equal(made.ports.microphone.opens, opens);
});

test('without it, a failed session stays failed and listens to nothing', async () => {
  const made = await connected();
  cut(made);
  made.ports.network.tell('offline');
  await timeUntil(made, () => phase(made) === 'failed');
  heal(made);
  made.ports.network.tell('online');
  await made.world.clock.advance(20_000);
  assert.equal(phase(made), 'failed');
});

// ---- single flight ----

test('a join that comes late is closed and never entered', async () => {
  const made = bench({}, ({ world }) => {
    world.joinIgnoresAbort = true;
    world.joinMs = 3000;
  });
  const started = made.session.start();
  await made.world.clock.advance(1000);
  assert.equal(made.ports.rooms.joinsInFlight, 1);
  const stopped = made.session.stop();
  await made.world.clock.advance(5000);
  await Promise.all([started, stopped]);
  assert.equal(made.ports.rooms.rooms.length, 1);
  assert.equal(made.ports.rooms.last.closes, 1);
  assert.deepEqual(made.session.link.value, { phase: 'ended', reason: 'stopped' });
  assertNothingLeft(made);
});

test('many hints and presses begin one join and not many', async () => {
  const made = await inLongWait();
  heal(made);
  for (let count = 0; count < 20; count += 1) {
    made.session.retryNow();
    made.ports.network.tell('online');
    made.ports.network.tell('visible');
    await made.world.clock.advance(10);
  }
  await timeUntil(made, () => phase(made) === 'connected');
  assert.equal(made.ports.rooms.joins, 2);
  assert.equal(made.ports.rooms.mostJoinsInFlight, 1);
});

test('a restart waits until the join of the stopped start has let go', async () => {
  const made = bench({}, ({ world }) => {
    world.joinIgnoresAbort = true;
    world.joinMs = 600;
  });
  const first = made.session.start();
  await made.world.clock.advance(100);
  const stopped = made.session.stop();
  const second = made.session.start();
  await made.world.clock.advance(3000);
  await Promise.all([first, stopped, second]);
  assert.equal(made.ports.rooms.mostJoinsInFlight, 1);
  assert.equal(phase(made), 'connected');
  assert.equal(made.ports.rooms.openRooms.length, 1);
});

test('a rejoin waits until the aborted join before it has closed, which may take 2 s', async () => {
  const made = bench({}, ({ world }) => {
    world.closeMs = 2000;
  });
  const first = made.session.start();
  await made.world.clock.advance(100);
  const stopped = made.session.stop();
  const second = made.session.start();
  await made.world.clock.advance(5000);
  await Promise.all([first, stopped, second]);
  assert.equal(phase(made), 'connected');
  assert.equal(made.ports.rooms.joins, 2);
  assert.equal(made.ports.rooms.mostJoinsInFlight, 1);
});

test('a rejoin waits until the room before it has closed, while it probes and asks for its ticket', async () => {
  const made = await connected();
  made.world.closeMs = 1500;
  made.ports.rooms.last.tell({ type: 'disconnected', reason: 'NONE' });
  const began = made.world.clock.monoMs();
  await timeUntil(made, () => made.ports.rooms.joins === 2, 4000);
  assert.equal(made.ports.rooms.mostAtOnce, 1);
  assert.equal(made.world.clock.monoMs() - began, 1500, 'and not a moment longer');
  assert.equal(made.ports.tickets.requests.length, 2);
});

test('a room or a join that never closes holds up the next one for a bounded time', async () => {
  const made = await connected();
  made.world.closeMs = 1_000_000;
  made.ports.rooms.last.tell({ type: 'disconnected', reason: 'NONE' });
  const heldMs = await timeUntil(made, () => made.ports.rooms.joins === 2, 10_000);
  assert.ok(heldMs > 2000 && heldMs <= 3000, `${heldMs} ms`);
});

test('a stop in a join resolves when that join has closed', async () => {
  const made = bench({}, ({ world }) => {
    world.closeMs = 1500;
  });
  const started = made.session.start();
  await made.world.clock.advance(100);
  let isDone = false;
  const stopped = made.session.stop().then(() => (isDone = true));
  await made.world.clock.advance(1400);
  assert.ok(!isDone);
  assert.equal(made.ports.rooms.joinsInFlight, 1);
  await made.world.clock.advance(100);
  assert.ok(isDone);
  assert.equal(made.ports.rooms.joinsInFlight, 0);
  await Promise.all([started, stopped]);
  assertNothingLeft(made);
});

test('a stop waits for a room that comes late, and for its close, at most 2 s', async () => {
  for (const [closeMs, doneMs] of [
    [500, 1300],
    [5000, 2000],
  ] as const) {
    const made = bench({}, ({ world }) => {
      world.joinIgnoresAbort = true;
      world.joinMs = 900;
      world.closeMs = closeMs;
    });
    const started = made.session.start();
    await made.world.clock.advance(150);
    let isDone = false;
    const stopped = made.session.stop().then(() => (isDone = true));
    await made.world.clock.advance(doneMs - 100);
    assert.ok(!isDone, `${closeMs} ms`);
    await made.world.clock.advance(100);
    assert.ok(isDone, `${closeMs} ms`);
    assert.equal(made.ports.rooms.last.closes, 1);
    await made.world.clock.advance(10_000);
    await Promise.all([started, stopped]);
    assertNothingLeft(made);
  }
});

test('what an older room still tells is ignored, DUPLICATE_IDENTITY included', async () => {
  const made = await connected();
  const old = made.ports.rooms.last;
  old.tell({ type: 'disconnected', reason: 'NONE' });
  await timeUntil(made, () => phase(made) === 'connected');
  old.join.onEvent({ type: 'disconnected', reason: 'DUPLICATE_IDENTITY' });
  old.join.onEvent({ type: 'transcription', segmentId: 'x', from: 'agent', text: 'ghost', final: true });
  await made.world.clock.advance(1000);
  assert.equal(phase(made), 'connected');
  assert.deepEqual(made.session.transcript.value, []);
});

// ---- agent, text, levels, context ----

test('a hung agent is shown as absent within 5 s and a new one is asked for, at most three times', async () => {
  const made = await connected();
  made.ports.rooms.last.tell({ type: 'agentState', state: 'listening' });
  made.world.agentAnswers = false;
  const toldMs = await timeUntil(made, () => made.session.agentState.value === 'absent', 6000);
  assert.ok(toldMs <= 5000, `${toldMs} ms`);
  assert.equal(linkIn(made, 'unstable').side, 'agent', 'the room is fine, and nobody hears');
  const callsBefore = made.ports.agentCalls.count;
  await made.world.clock.advance(60_000);
  assert.equal(made.ports.agentCalls.count - callsBefore, 3);
  made.world.agentAnswers = true;
  await timeUntil(made, () => made.session.agentState.value === 'listening', 3000);
  const { recovered } = linkIn(made, 'connected');
  assert.equal(recovered?.side, 'agent');
  assert.equal(recovered.sameRoom, true);
  assert.ok(recovered.outageMs >= 60_000, `${recovered.outageMs} ms`);
  const told = (made.ports.recorder.sessions[0]?.events ?? []).flatMap((event) =>
    event.kind === 'phase' ? [{ phase: event.phase, ...event.facts }] : [],
  );
  const [missed] = told.slice(-2);
  const cutForMs = Number((missed as { cutForMs?: number }).cutForMs);
  assert.ok(cutForMs >= 3000 && cutForMs <= 5000, `silent for ${cutForMs} ms when it was told`);
  assert.deepEqual(told.slice(-2), [
    { phase: 'unstable', state: 'connected', generation: 1, agentMissed: true, cutForMs },
    { phase: 'connected', state: 'connected', generation: 1, ...recovered },
  ]);
});

test('a room without an agent is told within 10 s of the start, and not for one that comes within 5', async () => {
  const none = bench({}, ({ world }) => (world.agentIsThere = false));
  void none.session.start();
  await none.world.clock.advance(5000);
  assert.equal(phase(none), 'connected', 'it may be on its way');
  await none.world.clock.advance(5000);
  assert.equal(linkIn(none, 'unstable').side, 'agent');
  none.ports.rooms.last.tell({ type: 'agentState', state: 'listening' });
  assert.equal(linkIn(none, 'connected').recovered, undefined, 'nothing was lost: nobody had been there');

  const late = bench({}, ({ world }) => (world.agentIsThere = false));
  void late.session.start();
  await late.world.clock.advance(4000);
  late.ports.rooms.last.tell({ type: 'agentState', state: 'listening' });
  await late.world.clock.advance(10_000);
  assert.deepEqual(late.ports.recorder.phases, ['requestingMic', 'connecting', 'connected']);
});

test('a rejoined room is not called connected while its agent is missing, and the outage lasts until it is there', async () => {
  const made = await connected();
  made.world.agentIsThere = false;
  made.ports.rooms.last.tell({ type: 'disconnected', reason: 'SIGNAL_CLOSE' });
  await timeUntil(made, () => phase(made) === 'unstable', 5000);
  assert.equal(linkIn(made, 'unstable').side, 'agent');
  const before = made.ports.recorder.phases;
  assert.equal(before.filter((name) => name === 'connected').length, 1, before.join());
  await made.world.clock.advance(4000);
  made.ports.rooms.last.tell({ type: 'agentState', state: 'listening' });
  const { recovered } = linkIn(made, 'connected');
  assert.ok((recovered?.outageMs ?? 0) >= 4000, `${recovered?.outageMs} ms`);
});

test('an agent whose successor takes its name within a moment is not missed', async () => {
  const made = await connected();
  made.ports.rooms.last.tell({ type: 'agentState', state: 'absent' });
  await made.world.clock.advance(200);
  made.ports.rooms.last.tell({ type: 'agentState', state: 'initializing' });
  await made.world.clock.advance(2000);
  assert.equal(phase(made), 'connected');
  made.ports.rooms.last.tell({ type: 'agentState', state: 'absent' });
  await made.world.clock.advance(300);
  assert.equal(linkIn(made, 'unstable').side, 'agent');
});

test('a session that stops while its agent is missed leaves nothing', async () => {
  const made = await connected();
  made.ports.rooms.last.tell({ type: 'agentState', state: 'absent' });
  await made.world.clock.advance(1000);
  const stopped = made.session.stop();
  await made.world.clock.advance(2000);
  await stopped;
  assert.equal(phase(made), 'ended');
  assertNothingLeft(made);
});

test('an agent that takes the place of a hung one is there as soon as the room says so', async () => {
  const made = await connected();
  made.world.agentAnswers = false;
  await timeUntil(made, () => phase(made) === 'unstable', 6000);
  const seen: string[] = [];
  made.session.agentState.watch((state) => seen.push(state));
  made.ports.rooms.last.tell({ type: 'agentState', state: 'absent' });
  made.ports.rooms.last.tell({ type: 'agentState', state: 'initializing' });
  assert.deepEqual(seen, ['initializing']);
  assert.equal(phase(made), 'connected');
  await made.world.clock.advance(10_000);
  assert.equal(phase(made), 'connected', 'one that has not answered yet is not called hung');
});

test('an agent whose sound comes is not called hung for answers that are lost on the way', async () => {
  const made = await connected({}, 0);
  made.world.answersArrive = false;
  await made.world.clock.advance(12_000);
  assert.equal(phase(made), 'connected');
});

test('an agent that takes over with the conversation is told once, and not to who comes later', async () => {
  const made = await connected();
  const context = { type: 'agentContext', origin: 'handedOver', agentId: 'PA_2' } as const;
  made.ports.rooms.last.tell(context);
  const atMonoMs = made.session.monoMs();
  assert.deepEqual(made.session.handover.value, { origin: 'handedOver', atMonoMs });
  made.ports.rooms.last.tell({ type: 'disconnected', reason: 'SIGNAL_CLOSE' });
  await made.world.clock.advance(5000);
  made.ports.rooms.last.tell(context);
  assert.equal(made.session.handover.value?.atMonoMs, atMonoMs, 'the same agent as before');

  const later = bench({}, ({ world }) => (world.agentIsThere = false));
  void later.session.start();
  await later.world.clock.advance(500);
  later.ports.rooms.last.tell(context);
  assert.equal(later.session.handover.value, undefined);
});

test('an agent of a new session that knows the old conversation is told, and forgotten at the end', async () => {
  const made = bench({}, ({ world }) => (world.agentIsThere = false));
  void made.session.start();
  await made.world.clock.advance(500);
  made.ports.rooms.last.tell({ type: 'agentContext', origin: 'earlier', agentId: 'PA_9' });
  assert.equal(made.session.handover.value?.origin, 'earlier');
  void made.session.stop();
  await made.world.clock.advance(2000);
  assert.equal(made.session.handover.value, undefined);
});

test('a microphone that gives nothing is told within 5 s of connected, and not once it gives something', async () => {
  const made = await connected({}, 0, ({ ports }) => (ports.microphone.isDead = true));
  const silent = (): boolean => {
    const { value } = made.session.microphone;
    return value.status === 'live' && value.silent === true;
  };
  assert.ok((await timeUntil(made, silent, 5000)) >= 2500, 'a device may take a moment to wake up');
  made.ports.microphone.isDead = false;
  await made.world.clock.advance(100);
  assert.deepEqual(made.session.microphone.value, { status: 'live', muted: false });
});

test('a muted microphone is never called silent, nor one whose sound cannot be read', async () => {
  const made = await connected({}, 0, ({ ports }) => (ports.microphone.isDead = true));
  await made.session.setMuted(true);
  await made.world.clock.advance(10_000);
  assert.deepEqual(made.session.microphone.value, { status: 'live', muted: true });
  await made.session.setMuted(false);
  await made.world.clock.advance(2000);
  assert.deepEqual(made.session.microphone.value, { status: 'live', muted: false }, 'counted from here');
  await made.world.clock.advance(2000);
  assert.deepEqual(made.session.microphone.value, { status: 'live', muted: false, silent: true });
});

test('a network that loses much is told in the call, with no other phase, and not in or after an outage', async () => {
  const made = await connected();
  const phases = made.ports.recorder.phases.length;
  made.ports.rooms.last.count();
  made.world.lossRatio = 0.2;
  assert.ok((await timeUntil(made, () => made.session.quality.value === 'weakUp', 10_000)) > 1000);
  assert.equal(made.ports.recorder.phases.length, phases);
  cut(made);
  await timeUntil(made, () => phase(made) === 'reconnecting', 6000);
  assert.equal(made.session.quality.value, 'good', 'nothing comes: that is told instead');
  made.world.lossRatio = 0;
  heal(made);
  await timeUntil(made, () => phase(made) === 'connected', 10_000);
  await made.world.clock.advance(3000);
  assert.equal(made.session.quality.value, 'good');
});

test('an agent that left is shown as absent at once', async () => {
  const made = await connected();
  made.ports.rooms.last.tell({ type: 'agentState', state: 'speaking' });
  assert.equal(made.session.agentState.value, 'speaking');
  made.ports.rooms.last.tell({ type: 'agentState', state: 'absent' });
  assert.equal(made.session.agentState.value, 'absent');
});

test('what the room tells before it is entered is not lost', async () => {
  const made = bench();
  const join = made.ports.rooms.join.bind(made.ports.rooms);
  made.ports.rooms.join = async (how, signal) => {
    const room = await join(how, signal);
    how.onEvent({ type: 'agentState', state: 'listening' });
    how.onEvent({ type: 'chat', messageId: 'm', from: 'agent', text: 'welcome', final: true });
    return room;
  };
  const started = made.session.start();
  await made.world.clock.advance(500);
  await started;
  assert.equal(made.session.agentState.value, 'listening');
  assert.equal(made.session.transcript.value[0]?.text, 'welcome');
});

test('a text message is sent and its delivery shown', async () => {
  const made = await connected();
  const sent = made.session.sendText('hello');
  assert.equal(made.session.transcript.value[0]?.delivery, 'sending');
  await sent;
  assert.equal(made.session.transcript.value[0].delivery, 'sent');
  assert.deepEqual(
    made.ports.rooms.last.sent.map((message) => message.text),
    ['hello'],
  );
  made.ports.rooms.last.sendFault = new SessionError('sendFailed', 'no');
  await made.session.sendText('lost');
  assert.equal(made.session.transcript.value[1]?.delivery, 'failed');
});

test('text written in an outage is sent after it, once and in order', async () => {
  const made = await connected();
  cut(made);
  made.ports.rooms.last.tell({ type: 'disconnected', reason: 'NONE' });
  await made.session.sendText('one');
  await made.session.sendText('two');
  assert.deepEqual(
    made.session.transcript.value.map((line) => line.delivery),
    ['sending', 'sending'],
  );
  heal(made);
  await timeUntil(made, () => phase(made) === 'connected');
  await made.world.clock.advance(100);
  assert.deepEqual(
    made.ports.rooms.last.sent.map((message) => message.text),
    ['one', 'two'],
  );
  assert.deepEqual(
    made.session.transcript.value.map((line) => line.delivery),
    ['sent', 'sent'],
  );
});

test('text that was never handed over has failed when the session is over', async () => {
  const made = await connected();
  cut(made);
  made.ports.rooms.last.tell({ type: 'disconnected', reason: 'NONE' });
  await made.session.sendText('one');
  const stopped = made.session.stop();
  await made.world.clock.advance(100);
  await stopped;
  assert.equal(made.session.transcript.value[0]?.delivery, 'failed');
});

test('a message of 15,001 characters is refused by name and limit', async () => {
  const made = await connected();
  assert.throws(
    () => void made.session.sendText('x'.repeat(15_001)),
    /15001 characters; allowed: up to 15000/,
  );
});

test('levels move 20 times a second while the link is up and rest at 0 otherwise', async () => {
  const made = await connected();
  assert.deepEqual(made.session.levels.value, { user: 0.5, agent: 0.25 });
  let reads = 0;
  made.ports.microphone.level = () => {
    reads += 1;
    return Math.min(1, reads / 100);
  };
  await made.world.clock.advance(1000);
  assert.equal(reads, 20);
  made.ports.rooms.last.tell({ type: 'disconnected', reason: 'NONE' });
  await made.world.clock.advance(0);
  assert.deepEqual(made.session.levels.value, { user: 0, agent: 0 });
});

test('audio that the browser blocks is told, and played from a gesture', async () => {
  const made = await connected();
  made.ports.rooms.last.tell({ type: 'audioBlocked', blocked: true });
  assert.equal(made.session.audioBlocked.value, true);
  await made.session.playAudio();
  assert.equal(made.ports.rooms.last.audioStarts, 1);
});

test('audio that the browser blocked in one room is not called blocked in the next', async () => {
  const made = await connected();
  made.ports.rooms.last.tell({ type: 'audioBlocked', blocked: true });
  made.ports.rooms.last.tell({ type: 'disconnected', reason: 'NONE' });
  await timeUntil(made, () => phase(made) === 'connected');
  assert.equal(made.ports.rooms.joins, 2);
  assert.equal(made.session.audioBlocked.value, false, 'a room tells only what is blocked in it');
});

test('after a reload the session goes on with its way back and its last turns', async () => {
  const before = await connected();
  before.ports.rooms.last.tell({
    type: 'transcription',
    segmentId: 's1',
    from: 'user',
    text: 'kept',
    final: true,
  });
  const world = new FakeWorld();
  const ports = fakePorts(world);
  ports.resumeStore.saved = before.ports.resumeStore.saved;
  const session = createVoiceSession(ports);
  assert.equal(session.transcript.value[0]?.text, 'kept');
  const started = session.start();
  await world.clock.advance(500);
  await started;
  assert.equal(ports.tickets.requests[0]?.resume, 'resume-1');
  assert.ok(!JSON.stringify(ports.resumeStore.saved).includes('token-'), 'no token in storage');
});

test('a message that was on its way when the page was loaded anew is not shown as on its way for ever', async () => {
  const ports = fakePorts(new FakeWorld());
  const line = { from: 'user', kind: 'text', text: 'words', final: true, wallMs: 1 } as const;
  ports.resumeStore.saved = {
    resume: 'resume-1',
    turns: [
      { ...line, id: 'a', delivery: 'sent' },
      { ...line, id: 'b', delivery: 'sending' },
    ],
    expiresWallMs: ports.clock.wallMs() + 60_000,
  };
  const session = createVoiceSession(ports);
  assert.deepEqual(
    session.transcript.value.map(({ delivery }) => delivery),
    ['sent', 'failed'],
  );
});

test('what a reload finds after 30 min is worth nothing, and a wanted end clears it', async () => {
  const made = await connected();
  const { saved } = made.ports.resumeStore;
  assert.ok(saved);
  const ports = fakePorts(new FakeWorld());
  ports.resumeStore.saved = { ...saved, expiresWallMs: ports.clock.wallMs() };
  createVoiceSession(ports);
  const stopped = made.session.stop();
  await made.world.clock.advance(10);
  await stopped;
  assert.equal(made.ports.resumeStore.saved, undefined);
});

test('a call in which nobody says anything for half an hour is found by a reload all the same', async () => {
  const made = await connected();
  await made.world.clock.advance(31 * 60_000);
  const { saved } = made.ports.resumeStore;
  assert.ok(saved !== undefined);
  const leftMs = saved.expiresWallMs - made.ports.clock.wallMs();
  assert.ok(leftMs > 20 * 60_000, `${leftMs} ms are left`);
  await made.session.dispose();
  assertNothingLeft(made);
});

test('a second tab is told so; with "use here" it takes the session and the first one ends', async () => {
  const locks = new FakeLocks();
  const first: Bench = await connectedWith(locks);
  const second = benchWith(locks);
  const refused = second.session.start();
  await second.world.clock.advance(500);
  await refused;
  assert.deepEqual(second.session.link.value, { phase: 'ended', reason: 'duplicateIdentity' });
  assert.equal(second.ports.rooms.joins, 0);
  const taken = second.session.start({ takeOver: true });
  await second.world.clock.advance(500);
  await taken;
  assert.equal(phase(second), 'connected');
  await first.world.clock.advance(100);
  assert.deepEqual(first.session.link.value, { phase: 'ended', reason: 'duplicateIdentity' });
  assert.equal(first.ports.rooms.openRooms.length, 0);
  assert.equal(first.ports.microphone.isOpen, false);
});

test('a session that comes back by itself takes nothing over, whatever its last start was told', async () => {
  const locks = new FakeLocks();
  const first = benchWith(locks, { resumeWhenBack: true });
  const started = first.session.start({ takeOver: true });
  await first.world.clock.advance(500);
  await started;
  cut(first);
  first.ports.network.tell('offline');
  await timeUntil(first, () => phase(first) === 'failed');
  const second = await connectedWith(locks); // the person has gone on in another tab
  heal(first);
  first.ports.network.tell('online');
  await first.world.clock.advance(1000);
  assert.deepEqual(first.session.link.value, { phase: 'ended', reason: 'duplicateIdentity' });
  assert.equal(phase(second), 'connected');
});

function benchWith(locks: FakeLocks, options: SessionOptions = {}): Bench {
  const world = new FakeWorld();
  const ports = fakePorts(world, { locks });
  return { world, ports, session: createVoiceSession(ports, options) };
}

async function connectedWith(locks: FakeLocks): Promise<Bench> {
  const made = benchWith(locks);
  const started = made.session.start();
  await made.world.clock.advance(500);
  await started;
  return made;
}

test('a watcher of the page that throws disturbs nothing', async () => {
  const made = bench();
  made.session.link.watch(() => {
    throw new Error('page defect');
  });
  const started = made.session.start();
  await made.world.clock.advance(500);
  await started;
  assert.equal(phase(made), 'connected');
  assert.ok(warnings(made).every((event) => event === 'watcherThrew'));
});

test('a log of the page that throws disturbs nothing: an outage is found, repaired and told as ever', async () => {
  const made = bench({}, ({ ports }) => {
    ports.log.info = ports.log.warn = () => {
      throw new Error('page defect');
    };
  });
  const started = made.session.start();
  await made.world.clock.advance(500);
  await started;
  assert.equal(phase(made), 'connected');
  await made.world.clock.advance(12_000);
  cut(made);
  await timeUntil(made, () => phase(made) === 'reconnecting', 4500);
  heal(made);
  made.ports.rooms.last.tell({ type: 'disconnected', reason: 'NONE' });
  await timeUntil(made, () => phase(made) === 'connected', 5000);
  const stopped = made.session.stop();
  await made.world.clock.advance(2000);
  await stopped;
  assertNothingLeft(made);
});

test('a recorder that throws holds up no transition, and is told as a defect', async () => {
  const made = bench({}, ({ ports }) => {
    const { recorder } = ports;
    const begin = recorder.begin.bind(recorder);
    recorder.begin = (startedWallMs) => ({
      ...begin(startedWallMs),
      event: () => {
        throw new Error('no place left');
      },
    });
  });
  const started = made.session.start();
  await made.world.clock.advance(500);
  await started;
  assert.equal(phase(made), 'connected');
  await made.world.clock.advance(12_000);
  cut(made);
  await timeUntil(made, () => phase(made) === 'reconnecting', 4500);
  assert.ok(warnings(made).every((event) => event === 'recorderThrew'));
  assert.ok(warnings(made).length > 0);
});

test('a port that throws in the middle of a transition is told as a defect, and the transition is shown and timed', async () => {
  const made = await connected();
  made.ports.rooms.last.repairNow = () => {
    throw new Error('an adapter’s defect');
  };
  made.ports.rooms.last.tell({ type: 'repairing', scope: 'all' });
  made.session.retryNow();
  assert.ok(warnings(made).includes('transitionThrew'));
  made.ports.rooms.last.tell({ type: 'disconnected', reason: 'NONE' });
  assert.equal(phase(made), 'reconnecting');
  await timeUntil(made, () => phase(made) === 'connected', 5000);
});

test('neither log nor recording holds a token, a resume value or what was said', async () => {
  const made = await connected();
  made.ports.rooms.last.tell({
    type: 'transcription',
    segmentId: 's1',
    from: 'user',
    text: 'my secret',
    final: true,
  });
  made.ports.rooms.last.tell({ type: 'disconnected', reason: 'NONE' });
  await timeUntil(made, () => phase(made) === 'connected');
  const written = JSON.stringify([made.ports.log.lines, made.ports.recorder.sessions]);
  for (const secret of ['token-', 'resume-1', 'my secret']) assert.ok(!written.includes(secret), secret);
});
