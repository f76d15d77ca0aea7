import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JobStatus } from '@livekit/protocol';
import { ClaraVoiceAgent } from '../../../harness/agent/clara-voice-agent.ts';
import type { ClaraVoiceAgentOptions } from '../../../harness/agent/agent-options.ts';
import { keptLog } from '../../support/node/kept-log.ts';
import { ManualClock, turn } from '../../support/node/manual-clock.ts';
import { join, makeRig, orderEnd } from '../../support/node/parent-rig.ts';

test('a second ClaraVoiceAgent in one process throws, and a stopped one makes room', async (t) => {
  const { agent } = await makeRig(t);
  const options: ClaraVoiceAgentOptions = {
    livekit: { url: 'ws://127.0.0.1:9', publicUrl: '', apiKey: 'k', apiSecret: 's' },
    agentName: 'x',
    log: keptLog().log,
    warmChildren: 0,
  };
  assert.throws(() => new ClaraVoiceAgent(options), /lives in this process already/);
  await agent.stop();
  await new ClaraVoiceAgent(options).stop();
});

test('one that could not be made takes nobody’s room', async () => {
  const options: ClaraVoiceAgentOptions = {
    livekit: { url: 'ws://127.0.0.1:9', publicUrl: '', apiKey: 'k', apiSecret: 's' },
    agentName: 'x',
    log: keptLog().log,
    warmChildren: 0,
  };
  const clock = new ManualClock();
  clock.wallMs = () => {
    throw new Error('no time');
  };
  assert.throws(() => new ClaraVoiceAgent({ ...options, clock }), /no time/);
  await new ClaraVoiceAgent(options).stop();
});

test('an assignment gives a warm child its room and its token by message, and then the next one is warmed', async (t) => {
  const { agent, children, serve } = await makeRig(t);
  assert.equal(agent.hasLiveAgent('voice-one'), false);
  const child = await serve('voice-one');
  assert.equal(agent.hasLiveAgent('voice-one'), true);
  assert.equal(child, children[0]);
  const [start] = child.received;
  assert.ok(start?.type === 'start');
  assert.deepEqual(
    [start.token, start.pipeline, start.identity, start.roomName, start.graceMs],
    ['room-pass', 'count', 'agent-voice-one', 'room-job-0', 150_000],
  );
  assert.equal(children.length, 1);
  child.say({ type: 'joined', tookMs: 150, again: false });
  assert.equal(children.length, 2);
});

test('a join makes a session with the texts letter for letter, and a leave removes it and ends its child', async (t) => {
  const { agent, clock, texts, lines, serve } = await makeRig(t);
  const child = await serve('voice-one');
  join(child, 'alice');
  const id = `session_${clock.wallMs()}_alice`;
  const session = agent.sessions.get(id);
  assert.deepEqual(
    [
      session?.participantId,
      session?.voiceSessionId,
      session?.messageCount,
      session?.connectionState,
      session?.startTime.getTime(),
    ],
    ['alice', 'voice-one', 0, 'connected', clock.wallMs()],
  );
  child.say({ type: 'participantLeft', identity: 'alice', reason: 'bye' });
  await turn();
  assert.equal(agent.sessions.size, 0);
  assert.deepEqual(child.endings, ['bye']);
  assert.equal(agent.hasLiveAgent('voice-one'), false);
  for (const text of [
    '🎤 Participant joined: alice',
    `✅ Session ${id} initialized successfully`,
    `🧹 Cleaning up session ${id}`,
  ]) {
    assert.equal(texts().filter((one) => one === text).length, 1, text);
  }
  assert.ok(lines.every((line) => typeof line['event'] === 'string'));
});

test('session ids are unique within one millisecond', async (t) => {
  const { agent, serve } = await makeRig(t);
  join(await serve('voice-one'), 'alice');
  join(await serve('voice-two'), 'alice');
  assert.equal(agent.sessions.size, 2);
});

test('a session that cannot be made is told with both texts, and the others go on', async (t) => {
  const clock = new ManualClock();
  const { agent, texts, serve } = await makeRig(t, { clock });
  const child = await serve('voice-one');
  const wallMs = t.mock.method(clock, 'wallMs', () => {
    throw new Error('no time');
  });
  join(child, 'alice');
  wallMs.mock.restore();
  assert.ok(texts().includes('❌ Failed to initialize participant session:'));
  assert.ok(texts().includes('Failed to initialize session for participant alice. Error: no time'));
  join(child, 'bob');
  assert.deepEqual(
    [...agent.sessions.values()].map((session) => session.participantId),
    ['bob'],
  );
});

test('the conversation is kept with the session, and only the finished turns of the user are counted', async (t) => {
  const { agent, serve } = await makeRig(t);
  const child = await serve('voice-one');
  join(child, 'alice');
  child.say({
    type: 'turn',
    identity: 'alice',
    turn: { from: 'user', kind: 'text', text: 'hi', atWallMs: 1 },
  });
  child.say({
    type: 'turn',
    identity: 'alice',
    turn: { from: 'agent', kind: 'text', text: 'hi', atWallMs: 2 },
  });
  const [session] = [...agent.sessions.values()];
  assert.equal(session?.messageCount, 1);
  assert.deepEqual(
    session?.context.map((one) => one.text),
    ['hi', 'hi'],
  );
});

test('a user who is away and comes back is in the same session', async (t) => {
  const { agent, serve } = await makeRig(t);
  const child = await serve('voice-one');
  join(child, 'alice');
  const [session] = [...agent.sessions.values()];
  child.say({ type: 'participantAway', identity: 'alice', forMs: 5_000 });
  assert.equal(session?.connectionState, 'reconnecting');
  join(child, 'alice', true);
  assert.deepEqual([...agent.sessions.values()], [session]);
  assert.equal(session?.connectionState, 'connected');
});

test('no text of a turn and no token reaches the log', async (t) => {
  const { lines, serve } = await makeRig(t);
  const child = await serve('voice-one');
  join(child, 'alice');
  child.say({
    type: 'turn',
    identity: 'alice',
    turn: { from: 'user', kind: 'text', text: 'my-secret-words', atWallMs: 1 },
  });
  assert.doesNotMatch(JSON.stringify(lines), /my-secret-words|room-pass|a-secret-of/);
});

test('a job for a voice session that has its agent, or with foreign metadata, is refused', async (t) => {
  const { server, serve } = await makeRig(t);
  await serve('voice-one');
  server.offer('again', JSON.stringify({ voiceSessionId: 'voice-one', pipeline: 'count' }));
  server.offer('foreign', '{"hello":1}');
  for (const jobId of ['again', 'foreign'])
    assert.equal((await server.next('availability', (value) => value.jobId === jobId)).available, false);
});

test('an accepted job that is never assigned is forgotten after 10 s', async (t) => {
  const { agent, server, clock } = await makeRig(t);
  server.offer('j', JSON.stringify({ voiceSessionId: 'voice-one', pipeline: 'count' }));
  await server.next('availability');
  await clock.advance(9_999);
  assert.equal(agent.hasLiveAgent('voice-one'), true);
  await clock.advance(1);
  assert.equal(agent.hasLiveAgent('voice-one'), false);
});

test('endSession, a termination and stop each end the child; unknown sessions are ignored', async (t) => {
  const rig = await makeRig(t);
  const { agent, server, clock, serve } = rig;
  const [one, two, three] = [await serve('voice-one'), await serve('voice-two'), await serve('voice-three')];
  await agent.endSession('unknown-1', 'x');
  await agent.endSession('voice-one', 'beacon');
  assert.deepEqual(one.endings, ['beacon']);
  await orderEnd(rig, 'job-1');
  await clock.advance(500);
  await server.next('updateJob', (value) => value.jobId === 'job-1' && value.status !== JobStatus.JS_RUNNING);
  assert.deepEqual(two.endings, ['terminated']);
  join(three, 'carol');
  await agent.stop();
  await agent.stop();
  assert.deepEqual([three.endings, agent.sessions.size, agent.readiness().ok], [['stopped'], 0, false]);
});

test('a voice session that was ended before its job came is refused for 10 s, so that no agent sits alone in a room', async (t) => {
  const { agent, server, clock, serve } = await makeRig(t);
  await agent.endSession('voice-one', 'bye');
  server.offer('late', JSON.stringify({ voiceSessionId: 'voice-one', pipeline: 'count' }));
  assert.equal((await server.next('availability', (value) => value.jobId === 'late')).available, false);
  assert.equal(agent.hasLiveAgent('voice-one'), false);
  await serve('voice-two');
  await clock.advance(10_000);
  await serve('voice-one');
});

test('cleaning up twice at once happens once', async (t) => {
  const { agent, texts, serve } = await makeRig(t);
  join(await serve('voice-one'), 'alice');
  const [id] = [...agent.sessions.keys()];
  await Promise.all([agent.cleanupSession(id ?? ''), agent.cleanupSession(id ?? '')]);
  assert.equal(texts().filter((text) => text.startsWith('🧹')).length, 1);
});

test('readiness tells of a server that is gone', async (t) => {
  const { agent, server, clock } = await makeRig(t);
  assert.deepEqual(agent.readiness(), { ok: true });
  await server.stop();
  while (agent.readiness().ok) await turn();
  await clock.advance(100);
  assert.match(agent.readiness().reason ?? '', /no connection to the LiveKit server/);
});

test('a watcher of reports that throws disturbs nobody', async (t) => {
  const { agent, reports, serve } = await makeRig(t);
  agent.onReport(() => {
    throw new Error('mine');
  });
  const child = await serve('voice-one');
  child.say({ type: 'heardWords', words: [{ index: 3, atWallMs: 1 }] });
  assert.deepEqual(reports.at(-1), {
    type: 'heardWords',
    words: [{ index: 3, atWallMs: 1 }],
    voiceSessionId: 'voice-one',
  });
});

test('a warm child that dies is replaced after a pause', async (t) => {
  const { children, clock } = await makeRig(t);
  assert.equal(children.length, 1);
  children[0]?.die(1);
  await clock.advance(1_999);
  assert.equal(children.length, 1);
  await clock.advance(1);
  assert.equal(children.length, 2);
});

test('a drain takes no new job, ends the warm process, and is over with the last session or at its limit', async (t) => {
  const { agent, children, clock, server, serve } = await makeRig(t);
  const child = await serve('voice-one');
  child.say({ type: 'joined', tookMs: 1, again: false });
  await turn();
  join(child, 'alice');
  let over = 0;
  const limited = agent.drain(1_000).then(() => (over += 1));
  await turn();
  assert.deepEqual(children[1]?.endings, ['stopped']);
  assert.match(agent.readiness().reason ?? '', /takes no new sessions \(drain\)/);
  server.offer('job-late', JSON.stringify({ voiceSessionId: 'voice-two', pipeline: 'count' }));
  const answer = await server.next('availability', ({ jobId }) => jobId === 'job-late');
  assert.equal(answer.available, false);
  await clock.advance(999);
  assert.equal(over, 0);
  await clock.advance(1);
  await limited;
  assert.deepEqual([over, agent.sessions.size], [1, 1]);
  const drained = agent.drain(60_000).then(() => (over += 1));
  await turn();
  assert.equal(over, 1);
  child.say({ type: 'participantLeft', identity: 'alice', reason: 'bye' });
  await turn();
  await drained;
  assert.deepEqual([over, agent.sessions.size], [2, 0]);
});
