import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FakeSessionChild } from '../../support/node/fake-session-child.ts';
import { turn } from '../../support/node/manual-clock.ts';
import { join, makeRig, orderEnd } from '../../support/node/parent-rig.ts';
import type { ParentRig } from '../../support/node/parent-rig.ts';

const startOf = (child: FakeSessionChild | undefined) => {
  const [start] = child?.received ?? [];
  assert.ok(start?.type === 'start');
  return start;
};
const childOf = ({ children }: ParentRig): FakeSessionChild => {
  const child = children.findLast((one) => one.received.some((message) => message.type === 'start'));
  assert.ok(child);
  return child;
};
const payloadOf = (token: string): string => Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
const attributesOf = (token: string): Record<string, string> => {
  return (JSON.parse(payloadOf(token)) as { attributes: Record<string, string> }).attributes;
};
/** Lets a child live for a while: a beat a second. */
async function beats(rig: ParentRig, child: FakeSessionChild, seconds: number, moving = true): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    child.say({ type: 'beat', soundMs: moving ? rig.clock.monoMs() : 1 });
    await rig.clock.advance(1_000);
  }
}

test('a child that dies is put out of the room, and a new one goes on with the conversation, the count and the users', async (t) => {
  const rig = await makeRig(t);
  const child = await rig.serve('voice-one');
  child.say({ type: 'joined', tookMs: 1, again: false });
  join(child, 'alice');
  const said = { from: 'user', kind: 'text', text: 'hi', atWallMs: 1 } as const;
  child.say({ type: 'turn', identity: 'alice', turn: said });
  child.say({ type: 'spokenWords', words: [{ index: 41, atWallMs: 1 }] });
  const sessions = [...rig.agent.sessions.values()];
  child.die(null, 'SIGKILL');
  await turn();
  assert.deepEqual(rig.rooms, ['remove room-job-0 agent-voice-one', 'ensure room-job-0']);
  const next = childOf(rig);
  assert.notEqual(next, child);
  const start = startOf(next);
  assert.deepEqual([start.context, start.nextWord, start.users], [[said], 42, ['alice']]);
  assert.equal(attributesOf(start.token)['clara.context'], 'handedOver');
  assert.deepEqual(rig.reports.at(-1), {
    type: 'lost',
    reason: 'died',
    attempt: 1,
    voiceSessionId: 'voice-one',
  });
  assert.equal(rig.agent.hasLiveAgent('voice-one'), true);
  join(next, 'alice', true);
  assert.deepEqual([...rig.agent.sessions.values()], sessions);
  assert.deepEqual([sessions[0]?.connectionState, sessions[0]?.reconnectionAttempts], ['connected', 1]);
});

test('a child that gives no life sign for 3.5 s is killed and replaced, one that beats is not', async (t) => {
  const rig = await makeRig(t);
  const [one, two] = [await rig.serve('voice-one'), await rig.serve('voice-two')];
  await beats(rig, one, 1);
  two.say({ type: 'beat', soundMs: 1 });
  const hungMonoMs = rig.clock.monoMs();
  while (!two.killed && rig.clock.monoMs() < hungMonoMs + 10_000) {
    one.say({ type: 'beat', soundMs: rig.clock.monoMs() });
    await rig.clock.advance(100);
  }
  const tookMs = rig.clock.monoMs() - hungMonoMs;
  assert.ok(tookMs >= 3_500 && tookMs <= 4_200, `noticed after ${tookMs} ms`);
  assert.equal(one.killed, false);
  assert.ok(rig.rooms.includes('remove room-job-1 agent-voice-two'));
  assert.equal(startOf(childOf(rig)).voiceSessionId, 'voice-two');
});

test('a child that beats but hands no sound on for 5 s is replaced', async (t) => {
  const rig = await makeRig(t);
  const child = await rig.serve('voice-one');
  await beats(rig, child, 4, false);
  assert.equal(child.killed, false);
  await beats(rig, child, 2, false);
  assert.equal(child.killed, true);
});

test("the server's end of the job whose agent was put out does not end the new one", async (t) => {
  const rig = await makeRig(t);
  (await rig.serve('voice-one')).die(1);
  await turn();
  await orderEnd(rig, 'job-0');
  await rig.clock.advance(500);
  assert.deepEqual(childOf(rig).endings, []);
  assert.equal(rig.agent.hasLiveAgent('voice-one'), true);
});

test('children are told at once that the server is back, each with a fresh token into a room with our timeouts', async (t) => {
  const rig = await makeRig(t);
  const [one, two] = [await rig.serve('voice-one'), await rig.serve('voice-two')];
  one.say({ type: 'joined', tookMs: 1, again: false });
  await rig.restartServer();
  const told = await Promise.all([one, two].map((child) => child.next('serverBack')));
  assert.deepEqual(
    told.map(({ token }) => (JSON.parse(payloadOf(token)) as { sub: string }).sub),
    ['agent-voice-one', 'agent-voice-two'],
  );
  assert.equal(attributesOf(told[0]?.token ?? '')['clara.context'], undefined);
  assert.deepEqual(rig.rooms, ['ensure room-job-0', 'ensure room-job-1']);
  assert.deepEqual([one.endings, two.endings, rig.agent.hasLiveAgent('voice-one')], [[], [], true]);
});

test('a child whose room cannot be made sure of is left to its own ways', async (t) => {
  const rooms = { ensure: () => Promise.reject(new Error('token')), remove: () => Promise.resolve() };
  const rig = await makeRig(t, { rooms });
  const child = await rig.serve('voice-one');
  await rig.restartServer();
  await turn();
  assert.deepEqual(
    child.received.map((message) => message.type),
    ['start'],
  );
  assert.equal(
    rig.lines.some((line) => JSON.stringify(line).includes('"token"')),
    false,
  );
});

test('what a lost child still says is not heard', async (t) => {
  const rig = await makeRig(t);
  const child = await rig.serve('voice-one');
  child.die(null, 'SIGSEGV');
  await turn();
  const before = rig.reports.length;
  child.say({ type: 'joined', tookMs: 1, again: false });
  assert.equal(rig.reports.length, before);
});

test('after three new children the session is given up: cleaned up, told as failed, and open to a new dispatch', async (t) => {
  const rig = await makeRig(t);
  join(await rig.serve('voice-one'), 'alice');
  for (let death = 0; death < 4; death++) {
    assert.equal(rig.agent.hasLiveAgent('voice-one'), true);
    childOf(rig).die(1);
    await turn();
  }
  assert.equal(rig.agent.hasLiveAgent('voice-one'), false);
  assert.equal(rig.agent.sessions.size, 0);
  await rig.server.next('updateJob', (value) => value.error === 'its process died');
  assert.deepEqual(rig.reports.at(-1), { type: 'exited', reason: 'died', voiceSessionId: 'voice-one' });
  await rig.serve('voice-one');
});

test('a session that is ended while its new child is made is over, and no child is left', async (t) => {
  let remove = (): void => {};
  const gate = new Promise<void>((resolve) => (remove = resolve));
  const rig = await makeRig(t, { rooms: { ensure: () => Promise.resolve(), remove: () => gate } });
  const child = await rig.serve('voice-one');
  join(child, 'alice');
  child.die(1);
  await turn();
  const ended = rig.agent.endSession('voice-one', 'bye');
  remove();
  await ended;
  await turn();
  assert.equal(childOf(rig), child);
  assert.equal(rig.agent.sessions.size, 0);
  assert.equal(rig.agent.hasLiveAgent('voice-one'), false);
});

test('a session whose process outlasts its end is over all the same, and what comes of it later is not heard', async (t) => {
  const ended: string[] = [];
  const responder = {
    begin: () => undefined,
    take: () => true,
    abandon: () => undefined,
    end: (voiceSessionId: string) => Promise.resolve(void ended.push(voiceSessionId)),
  };
  const rig = await makeRig(t, { responder });
  const child = await rig.serve('voice-one');
  join(child, 'alice');
  child.outlastsItsEnd = true;
  child.say({ type: 'ended', reason: 'idle' });
  await turn();
  assert.equal(rig.agent.sessions.size, 0);
  assert.deepEqual(ended, ['voice-one']);
  join(await rig.serve('voice-one'), 'alice');
  child.die(null, 'SIGKILL');
  await turn();
  assert.equal(rig.agent.sessions.size, 1);
  assert.deepEqual(rig.reports.filter(({ type }) => type === 'exited').length, 1);
});

test('who comes back after the grace time gets a new session with the old conversation, and is told so', async (t) => {
  const rig = await makeRig(t, { contextTtlMs: 60_000 });
  const child = await rig.serve('voice-one');
  join(child, 'alice');
  const said = { from: 'user', kind: 'text', text: 'hi', atWallMs: 1 } as const;
  child.say({ type: 'turn', identity: 'alice', turn: said });
  const [first] = rig.agent.sessions.values();
  child.say({ type: 'ended', reason: 'notBack' });
  await turn();
  assert.equal(rig.agent.sessions.size, 0);
  await rig.clock.advance(59_000);
  const next = await rig.serve('voice-one');
  assert.deepEqual(startOf(next).context, [said]);
  const told = await rig.server.next('availability', (value) => value.jobId === 'job-1');
  assert.equal(told.participantAttributes['clara.context'], 'earlier');
  join(next, 'alice');
  const [second] = rig.agent.sessions.values();
  assert.notEqual(second?.sessionId, first?.sessionId);
  assert.deepEqual([second?.context, second?.messageCount], [[said], 0]);
});

for (const [end, why] of [
  ['its time is over', 'notBack'],
  ['its user said bye', 'bye'],
] as const) {
  test(`a conversation is forgotten when ${end}`, async (t) => {
    const rig = await makeRig(t, { contextTtlMs: 60_000 });
    const child = await rig.serve('voice-one');
    child.say({ type: 'spokenWords', words: [{ index: 7, atWallMs: 1 }] });
    child.say({ type: 'ended', reason: why });
    await turn();
    await rig.clock.advance(why === 'bye' ? 0 : 60_000);
    assert.equal(startOf(await rig.serve('voice-one')).nextWord, 0);
    const told = await rig.server.next('availability', (value) => value.jobId === 'job-1');
    assert.equal(told.participantAttributes['clara.context'], undefined);
  });
}
