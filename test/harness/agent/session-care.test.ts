import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClaraVoiceAgentOptions } from '../../../harness/agent/agent-options.ts';
import { judgeSession } from '../../../harness/agent/session-rules.ts';
import { MemorySessionStore } from '../../../harness/supervisor/memory-session-store.ts';
import { systemEngineClock } from '../../../harness/supervisor/engine-clock.ts';
import type { SessionFact } from '../../../harness/telemetry/session-event.ts';
import type { FakeSessionChild } from '../../support/node/fake-session-child.ts';
import { turn } from '../../support/node/manual-clock.ts';
import { join, makeRig } from '../../support/node/parent-rig.ts';
import type { ParentRig } from '../../support/node/parent-rig.ts';
import type { TestContext } from 'node:test';

const MINUTE_MS = 60_000;

/** A rig with one user in a session. */
async function serveOne(t: TestContext, options: Partial<ClaraVoiceAgentOptions> = {}, resumes = false) {
  const rig = await makeRig(t, options);
  const child = await rig.serve('voice-one');
  join(child, 'alice', false, resumes);
  await turn();
  const [session] = rig.agent.sessions.values();
  assert.ok(session);
  return { rig, child, session };
}

/** Moves time on with a beat a second from each child, as healthy ones give. */
async function live(rig: ParentRig, ms: number, everyMs = 1_000): Promise<void> {
  for (let gone = 0; gone < ms; gone += everyMs) {
    for (const child of rig.children) child.onMessage?.({ type: 'beat', soundMs: rig.clock.monoMs() });
    await rig.clock.advance(Math.min(everyMs, ms - gone));
  }
}

const events = ({ lines }: ParentRig, event: string) => lines.filter((line) => line['event'] === event);
const fail = (child: FakeSessionChild, code = 'ttsFailed') =>
  child.say({ type: 'error', code, message: 'x' });

test('every 30 s one line says sessions, errors and memory, letter for letter', async (t) => {
  const { rig, child } = await serveOne(t);
  await live(rig, 30_000);
  assert.deepEqual(
    events(rig, 'healthCheck').map((line) => line['text']),
    ['🏥 Health check - Sessions: 1, Errors: 0, Memory: 100.00MB'],
  );
  fail(child);
  await live(rig, 30_000);
  assert.equal(
    events(rig, 'healthCheck')[1]?.['text'],
    '🏥 Health check - Sessions: 1, Errors: 1, Memory: 100.00MB',
  );
  await rig.agent.destroy();
  await rig.clock.advance(120_000);
  assert.equal(events(rig, 'healthCheck').length, 2);
});

test('what a user does not suffer from is no error', async (t) => {
  const { rig, child } = await serveOne(t);
  for (const code of ['joinFailed', 'stateNotSent', 'watchdogLost']) fail(child, code);
  assert.equal(rig.agent.metrics.errorCount, 0);
});

test('the figures are middles of the last minute', async (t) => {
  const { rig, child } = await serveOne(t);
  for (const tookMs of [900, 100, 400]) child.say({ type: 'processingTime', tookMs });
  child.say({ type: 'audioLatency', tookMs: 55 });
  assert.equal(rig.agent.metrics.processingTime, 400);
  assert.equal(rig.agent.metrics.audioLatency, 55);
  await live(rig, MINUTE_MS);
  assert.equal(rig.agent.metrics.processingTime, 0);
});

test('a session of over 30 minutes is told of once; at 2 h it ends with its text, and its user is put out', async (t) => {
  const { rig, child, session } = await serveOne(t);
  await live(rig, 29 * MINUTE_MS, 3_000);
  assert.deepEqual(events(rig, 'longSession'), []);
  await live(rig, 3 * MINUTE_MS, 3_000);
  assert.deepEqual(
    events(rig, 'longSession').map((line) => line['text']),
    [`⚠️ Session ${session.sessionId} has been active for over 30 minutes.`],
  );
  await live(rig, 89 * MINUTE_MS, 3_000);
  assert.equal(events(rig, 'longSession').length, 1);
  assert.deepEqual(
    events(rig, 'sessionTooLong').map((line) => line['text']),
    ['⏰ Session exceeded maximum duration'],
  );
  assert.equal(rig.agent.sessions.size, 0);
  assert.deepEqual(child.endings, ['maxDuration']);
  assert.ok(rig.rooms.includes('remove room-job-0 alice'));
});

test('five errors in a row end a session with the text; one good turn begins the count anew', async (t) => {
  const { rig, child } = await serveOne(t);
  for (let i = 0; i < 4; i += 1) fail(child);
  child.say({ type: 'turn', identity: 'alice', turn: { from: 'agent', kind: 'speech', atWallMs: 1 } });
  for (let i = 0; i < 4; i += 1) fail(child);
  await turn();
  assert.equal(rig.agent.sessions.size, 1);
  fail(child);
  await turn();
  assert.equal(rig.agent.sessions.size, 0);
  assert.deepEqual(
    events(rig, 'tooManyErrors').map((line) => line['text']),
    ['Too many errors - terminating'],
  );
  assert.deepEqual(child.endings, ['tooManyErrors']);
});

test('POOR three times running rebuilds the sound once; the state says so until it is done', async (t) => {
  const { rig, child, session } = await serveOne(t);
  for (let i = 0; i < 3; i += 1) child.say({ type: 'quality', identity: 'alice', quality: 'poor' });
  assert.deepEqual(await child.next('rebuild'), { type: 'rebuild', identity: 'alice' });
  assert.equal(session.connectionState, 'reconnecting');
  assert.equal(session.reconnectionAttempts, 1);
  child.say({ type: 'rebuilt', identity: 'alice', ok: true });
  assert.equal(session.connectionState, 'connected');
  assert.equal(rig.agent.metrics.reconnectionCount, 1);
});

test('a quality that stays POOR without being told again is rebuilt as well', async (t) => {
  const { rig, child } = await serveOne(t);
  child.say({ type: 'quality', identity: 'alice', quality: 'poor' });
  await live(rig, 15_000);
  assert.equal(child.received.filter(({ type }) => type === 'rebuild').length, 1);
});

test('LOST is rebuilt five times with growing pauses; then the session is cleaned up and nothing is left', async (t) => {
  const { rig, child } = await serveOne(t);
  child.say({ type: 'quality', identity: 'alice', quality: 'lost' });
  let answered = 0;
  for (let second = 0; second < 30 && rig.agent.sessions.size > 0; second += 1) {
    await live(rig, 1_000);
    const asked = child.received.filter(({ type }) => type === 'rebuild').length;
    for (; answered < asked; answered += 1) child.say({ type: 'rebuilt', identity: 'alice', ok: true });
  }
  await turn();
  assert.equal(answered, 5);
  assert.equal(rig.agent.sessions.size, 0);
  assert.deepEqual(child.endings, ['notRebuilt']);
  assert.equal(rig.agent.hasLiveAgent('voice-one'), false);
});

/** Loses alice's sound and fails every rebuild, for so long. */
async function lose(rig: ParentRig, child: FakeSessionChild, forMs: number): Promise<number> {
  let failed = 0;
  for (let goneMs = 0; goneMs < forMs && rig.agent.sessions.size > 0; goneMs += 1_000) {
    await live(rig, 1_000);
    const asked = child.received.filter(({ type }) => type === 'rebuild').length;
    for (; failed < asked; failed += 1) child.say({ type: 'rebuilt', identity: 'alice', ok: false });
  }
  await turn();
  return failed;
}

test('LOST whose client works on its own way back is tried five times too, and kept until the grace time is over', async (t) => {
  const { rig, child } = await serveOne(t, { graceMs: 150_000 }, true);
  child.say({ type: 'quality', identity: 'alice', quality: 'lost' });
  assert.equal(await lose(rig, child, 148_000), 5);
  assert.equal(rig.agent.sessions.size, 1);
  await lose(rig, child, 4_000);
  assert.equal(rig.agent.sessions.size, 0);
  assert.deepEqual(child.endings, ['notRebuilt']);
});

test('LOST that heals after five tries, or whose user then vanishes, ends no session', async (t) => {
  for (const heal of [
    { type: 'quality', identity: 'alice', quality: 'good' },
    { type: 'participantAway', identity: 'alice', forMs: 600_000 },
  ] as const) {
    const { rig, child } = await serveOne(t, { graceMs: 150_000 }, true);
    child.say({ type: 'quality', identity: 'alice', quality: 'lost' });
    await lose(rig, child, 60_000);
    child.say(heal);
    await live(rig, 200_000);
    assert.equal(rig.agent.sessions.size, 1, heal.type);
    await rig.agent.destroy();
  }
});

test('a loss that began as a silence is kept no longer than the grace time', async (t) => {
  const { rig, child } = await serveOne(t, { graceMs: 100_000 }, true);
  child.say({ type: 'audioFlow', identity: 'alice', flows: false });
  child.say({ type: 'userPath', identity: 'alice', up: false });
  await live(rig, 10_000);
  child.say({ type: 'quality', identity: 'alice', quality: 'lost' });
  await live(rig, 99_000);
  assert.equal(rig.agent.sessions.size, 1);
  await live(rig, 2_000);
  assert.equal(rig.agent.sessions.size, 0);
  assert.deepEqual(child.endings, ['notRebuilt']);
});

test('what a lost process knew of a sound is not held against the one in its place', async (t) => {
  const { rig, child } = await serveOne(t, { graceMs: 100_000 }, true);
  child.say({ type: 'quality', identity: 'alice', quality: 'lost' });
  await live(rig, 2_000);
  assert.ok(
    child.received.some(({ type }) => type === 'rebuild'),
    'never answered',
  );
  child.die(null, 'SIGKILL');
  await live(rig, 1_000);
  const next = rig.children.at(-1);
  assert.ok(next && next !== child);
  next.say({ type: 'joined', tookMs: 100, again: false });
  join(next, 'alice', true);
  await live(rig, 120_000);
  assert.equal(rig.agent.sessions.size, 1, 'nobody has said that she is lost');
  next.say({ type: 'audioFlow', identity: 'alice', flows: false });
  await live(rig, 2_000);
  assert.ok(next.received.some(({ type }) => type === 'rebuild'));
});

test('who only sends nothing is rebuilt for and kept: it can still type and be spoken to', async (t) => {
  const { rig, child, session } = await serveOne(t, { maxErrors: 0 });
  child.say({ type: 'audioFlow', identity: 'alice', flows: false });
  let answered = 0;
  for (let second = 0; second < 40; second += 1) {
    await live(rig, 1_000);
    const asked = child.received.filter(({ type }) => type === 'rebuild').length;
    for (; answered < asked; answered += 1) child.say({ type: 'rebuilt', identity: 'alice', ok: true });
  }
  assert.equal(answered, 5);
  assert.equal(rig.agent.sessions.get(session.sessionId), session);
  assert.equal(rig.agent.metrics.errorCount, 1);
});

test('a user who went away is not rebuilt for: only the grace clock may end the session', async (t) => {
  const { rig, child } = await serveOne(t);
  child.say({ type: 'quality', identity: 'alice', quality: 'lost' });
  child.say({ type: 'participantAway', identity: 'alice', forMs: 150_000 });
  await live(rig, 60_000);
  assert.deepEqual(
    child.received.filter(({ type }) => type === 'rebuild'),
    [],
  );
  assert.equal(rig.agent.sessions.size, 1);
});

test("a user's second session replaces the first; its user is put out, so that it asks for no other agent", async (t) => {
  const rig = await makeRig(t);
  const [first, second] = [await rig.serve('voice-one'), await rig.serve('voice-two')];
  first.say({ type: 'participantJoined', identity: 'a', returned: false, userKey: 'u' });
  await turn();
  second.say({ type: 'participantJoined', identity: 'b', returned: false, userKey: 'u' });
  await turn();
  assert.deepEqual(
    [...rig.agent.sessions.values()].map(({ participantId }) => participantId),
    ['b'],
  );
  assert.deepEqual(first.endings, ['replaced']);
  assert.ok(rig.rooms.includes('remove room-job-0 a'));
});

test('by policy the second session is refused with both texts; another user has one all the same', async (t) => {
  const rig = await makeRig(t, { whenUserIsFull: 'refuse' });
  const children = [await rig.serve('voice-one'), await rig.serve('voice-two'), await rig.serve('voice-thr')];
  for (const [index, userKey] of ['u', 'u', 'v'].entries()) {
    children[index]?.say({ type: 'participantJoined', identity: `p${index}`, returned: false, userKey });
    await turn();
  }
  assert.deepEqual(
    [...rig.agent.sessions.values()].map(({ participantId }) => participantId),
    ['p0', 'p2'],
  );
  assert.ok(rig.texts().includes('❌ Failed to initialize participant session:'));
  assert.ok(
    rig
      .texts()
      .includes(
        'Failed to initialize session for participant p1. Error: its user has its 1 sessions already (userFull)',
      ),
  );
});

test('the same user in the same session, come back, is not a second one', async (t) => {
  const { rig, child, session } = await serveOne(t);
  child.say({ type: 'participantAway', identity: 'alice', forMs: 1_000 });
  join(child, 'alice', true);
  await turn();
  assert.deepEqual([...rig.agent.sessions.values()], [session]);
  assert.deepEqual(child.endings, []);
});

test('a supervisor elsewhere that takes over a user ends the session here', async (t) => {
  const store = new MemorySessionStore({ clock: systemEngineClock, onError: () => undefined });
  t.after(() => store.close());
  const rig = await makeRig(t, { store });
  const child = await rig.serve('voice-one');
  child.say({ type: 'participantJoined', identity: 'a', returned: false, userKey: 'u' });
  await turn();
  assert.equal((await store.list()).length, 1);
  await store.acquire(
    {
      sessionId: 'elsewhere',
      userKey: 'u',
      machineId: 'other',
      supervisorId: 'other',
      kind: 'voice',
      state: 'connecting',
      startedWallMs: 9e15,
    },
    { maxPerUser: 1, maxPerMachine: 0, whenUserIsFull: 'replaceOldest' },
  );
  await turn();
  await turn();
  assert.equal(rig.agent.sessions.size, 0);
  assert.deepEqual(child.endings, ['replaced']);
  assert.deepEqual(
    (await store.list()).map(({ sessionId }) => sessionId),
    ['elsewhere'],
  );
});

test('while draining no job is taken, and the drain is over when the last session is', async (t) => {
  const { rig, session } = await serveOne(t);
  let isOver = false;
  const drained = rig.agent.drain(600_000).then(() => (isOver = true));
  assert.match(rig.agent.readiness().reason ?? '', /drain/);
  rig.server.offer('late', JSON.stringify({ voiceSessionId: 'voice-two', pipeline: 'count' }));
  assert.equal((await rig.server.next('availability', (value) => value.jobId === 'late')).available, false);
  await turn();
  assert.equal(isOver, false);
  await rig.agent.cleanupSession(session.sessionId, 'bye');
  await drained;
});

test('a drain ends at its limit though a session runs', async (t) => {
  const { rig } = await serveOne(t);
  const drained = rig.agent.drain(5_000);
  await live(rig, 6_000);
  await drained;
  assert.equal(rig.agent.sessions.size, 1);
});

test('the monitor for stale sessions says statistics every 5 min and removes what no process serves', async (t) => {
  const { rig } = await serveOne(t);
  rig.agent.onParticipantJoined({ identity: 'ghost', voiceSessionId: 'no-process' });
  await live(rig, 301_000, 3_000);
  assert.deepEqual(
    [...rig.agent.sessions.values()].map(({ participantId }) => participantId),
    ['alice'],
  );
  assert.equal(events(rig, 'sessionStale').length, 1);
  assert.match(
    String(events(rig, 'sessionStatistics')[0]?.['text']),
    /^Session statistics: 2 active, the oldest for 5 min/,
  );
});

test('a watcher hears the whole life of a session', async (t) => {
  const facts: string[] = [];
  const watcher = {
    note: (_sessionId: string, _kind: string, fact: SessionFact) => void facts.push(fact.type),
  };
  const { rig, child, session } = await serveOne(t, { watcher });
  fail(child);
  child.say({ type: 'processingTime', tookMs: 500 });
  child.die(null, 'SIGKILL');
  await turn();
  await rig.agent.cleanupSession(session.sessionId, 'bye');
  for (const type of ['started', 'state', 'error', 'latency', 'killed', 'recovery', 'reconnection', 'ended'])
    assert.ok(facts.includes(type), type);
  assert.equal(facts.at(-1), 'ended');
});

test('sessions are not well while a hung process is still there', async (t) => {
  const { rig, child } = await serveOne(t);
  const { group } = child.launched;
  (group as { signal: unknown }).signal = () => true; // a kernel call that never returns
  rig.processes.put({ pid: child.pid, startTime: '1' });
  child.say({ type: 'beat', soundMs: 1 });
  await rig.clock.advance(3_600);
  assert.match(rig.agent.sessionHealth().reason ?? '', /voice-one hangs and is still there/);
  child.die(null, 'SIGKILL');
  rig.processes.samples.clear();
  for (let i = 0; i < 20; i += 1) await rig.clock.advance(100);
  assert.deepEqual(rig.agent.sessionHealth(), { id: 'sessions', ok: true });
});

test('500 joins and leaves whose clean-ups fail leave no session, no deadline and no lease', async (t) => {
  const store = new MemorySessionStore({ clock: systemEngineClock, onError: () => undefined });
  t.after(() => store.close());
  const { rig, child, session } = await serveOne(t, {
    store,
    rooms: {
      ensure: () => Promise.reject(new Error('no')),
      remove: () => Promise.reject(new Error('no')),
    },
  });
  await rig.agent.cleanupSession(session.sessionId);
  child.die(0);
  const before = process.getActiveResourcesInfo().length;
  for (let i = 0; i < 500; i += 1) {
    rig.agent.onParticipantJoined({ identity: `u${i}`, voiceSessionId: 'none' });
    const [id = ''] = rig.agent.sessions.keys();
    await rig.agent.endUserSession(id, 'byHand').catch(() => rig.agent.cleanupSession(id));
  }
  await turn();
  assert.equal(rig.agent.sessions.size, 0);
  assert.deepEqual(await store.list(), []);
  assert.ok(process.getActiveResourcesInfo().length <= before + 1);
});

test('rules: a limit of 0 is off, the strongest verdict wins', () => {
  const rules = { warnMs: 10, maxSessionMs: 100, maxErrors: 5 };
  const well = { ageMs: 0, wasWarned: false, consecutiveErrors: 0, hasProcess: true };
  assert.equal(judgeSession(well, rules), 'well');
  assert.equal(judgeSession({ ...well, ageMs: 11 }, rules), 'warn');
  assert.equal(judgeSession({ ...well, ageMs: 11, wasWarned: true }, rules), 'well');
  assert.equal(judgeSession({ ...well, ageMs: 100, consecutiveErrors: 9 }, rules), 'maxDuration');
  assert.equal(judgeSession({ ...well, consecutiveErrors: 5 }, rules), 'tooManyErrors');
  assert.equal(judgeSession({ ...well, hasProcess: false }, rules), 'noProcess');
  const off = { warnMs: 0, maxSessionMs: 0, maxErrors: 0 };
  assert.equal(judgeSession({ ...well, ageMs: 1e9, consecutiveErrors: 99 }, off), 'well');
});
