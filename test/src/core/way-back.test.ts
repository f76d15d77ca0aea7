import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SessionError } from '../../../src/core/errors.ts';
import type { ResumeContext, Ticket } from '../../../src/core/ports.ts';
import { createVoiceSession } from '../../../src/core/session/voice-session.ts';
import type { SessionOptions } from '../../../src/core/session/session-options.ts';
import type { VoiceSession } from '../../../src/core/session/types.ts';
import { WayBack } from '../../../src/core/session/way-back.ts';
import { FakeWorld, fakePorts, type FakePorts } from '../../support/core/fake-ports.ts';

interface Bench {
  readonly world: FakeWorld;
  readonly ports: FakePorts;
  readonly session: VoiceSession;
}

const refusal = (status: number): SessionError =>
  new SessionError('tokenRejected', `the token endpoint answered ${status}`, { status });

/** A page that was loaded anew in the middle of a session. */
function reloaded(options: SessionOptions = {}): Bench {
  const world = new FakeWorld();
  const ports = fakePorts(world);
  ports.resumeStore.saved = {
    resume: 'resume-old',
    roomName: 'room-old',
    identity: 'user-old',
    turns: [{ id: 'old', from: 'user', kind: 'speech', text: 'before', final: true, wallMs: 1 }],
    expiresWallMs: ports.clock.wallMs() + 60_000,
  };
  return { world, ports, session: createVoiceSession(ports, options) };
}

async function start({ world, session }: Bench): Promise<void> {
  const started = session.start();
  await world.clock.advance(1000);
  await started;
}

function phase({ session }: Bench): string {
  return session.link.value.phase;
}

test('a session that the endpoint knows no more is begun anew by the same start', async () => {
  for (const permission of ['prompt', 'granted'] as const) {
    const made = reloaded();
    made.ports.microphone.permissionAnswer = permission; // granted: the ticket is asked for ahead
    made.world.ticketFaults.push(refusal(401));
    await start(made);
    assert.equal(phase(made), 'connected', permission);
    assert.deepEqual(
      made.ports.tickets.requests.map(({ resume, roomName }) => [resume, roomName]),
      [
        ['resume-old', 'room-old'],
        [undefined, undefined],
      ],
    );
    assert.equal(made.ports.resumeStore.saved?.resume, 'resume-2');
    assert.deepEqual(made.session.transcript.value, [], 'the agent knows nothing of the old turns');
  }
});

test('a session without a microphone comes back after a reload too', async () => {
  const made = reloaded({ textOnly: true });
  await start(made);
  assert.equal(made.ports.tickets.requests[0]?.resume, 'resume-old');
  assert.equal(made.session.transcript.value[0]?.text, 'before');
});

test('an endpoint that refuses the new session too ends the start, after the second answer', async () => {
  const made = reloaded();
  made.world.ticketFaults.push(refusal(401), refusal(401));
  await start(made);
  const link = made.session.link.value;
  assert.equal(link.phase === 'failed' && link.problem.code, 'tokenRejected');
  assert.equal(made.ports.tickets.requests.length, 2);
});

test('a refusal that another request cannot help ends the start at once', async () => {
  const forbidden = reloaded();
  forbidden.world.ticketFaults.push(refusal(403));
  await start(forbidden);
  assert.equal(forbidden.ports.tickets.requests.length, 1);
  const world = new FakeWorld();
  const first = { world, ports: fakePorts(world) };
  const fresh = { ...first, session: createVoiceSession(first.ports) };
  world.ticketFaults.push(refusal(401));
  await start(fresh);
  assert.equal(phase(fresh), 'failed');
  assert.equal(fresh.ports.tickets.requests.length, 1, 'it carried no way back');
});

test('a rejoin into a session that the endpoint knows no more is a new one, told so', async () => {
  const made = reloaded();
  await start(made);
  await made.world.clock.advance(12_000);
  const before = made.ports.tickets.requests.length;
  made.world.ticketFaults.push(refusal(401));
  made.world.roomSid = 'RM_second';
  made.ports.rooms.last.tell({ type: 'disconnected', reason: 'SERVER_SHUTDOWN' });
  let passedMs = 0;
  for (; passedMs < 30_000 && (passedMs === 0 || phase(made) !== 'connected'); passedMs += 50)
    await made.world.clock.advance(50);
  const link = made.session.link.value;
  assert.equal(link.phase === 'connected' && link.recovered?.sameRoom, false);
  assert.deepEqual(
    made.ports.tickets.requests.slice(before).map(({ resume }) => resume === undefined),
    [false, true],
  );
  assert.equal(made.ports.locks.heldCount, 1);
});

function ticket(number: number, more: Partial<Ticket> = {}): Ticket {
  return {
    serverUrls: ['ws://one'],
    participantToken: `token-${number}`,
    resume: `resume-${number}`,
    roomName: 'room',
    identity: 'user',
    ...more,
  };
}

test('of two resume values of one room and identity the newest counts, which lives longest', () => {
  let saved: ResumeContext | undefined;
  const wayBack = new WayBack({
    clock: new FakeWorld().clock,
    resumeStore: { load: () => undefined, save: (context) => (saved = context), clear: () => {} },
  });
  wayBack.learn(ticket(1));
  wayBack.learn(ticket(2));
  assert.deepEqual(wayBack.request, { resume: 'resume-2', roomName: 'room', identity: 'user' });
  wayBack.save([]);
  assert.equal(saved?.resume, 'resume-2');
  const { resume: _none, ...without } = ticket(3);
  wayBack.learn(without);
  assert.equal(wayBack.request.resume, 'resume-2', 'a ticket without one takes none away');
});

test('a resume value of another room or identity does not take the place of ours', () => {
  for (const other of [{ roomName: 'other' }, { identity: 'other' }]) {
    const wayBack = new WayBack({ clock: new FakeWorld().clock });
    wayBack.learn(ticket(1));
    wayBack.learn(ticket(2, other));
    assert.deepEqual(wayBack.request, { resume: 'resume-1', roomName: 'room', identity: 'user' });
  }
});
