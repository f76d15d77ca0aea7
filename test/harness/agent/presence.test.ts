import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextPresence, presenceDeadlineMs, startPresence } from '../../../harness/agent/presence.ts';
import type { PresenceCommand, PresenceEvent } from '../../../harness/agent/presence.ts';

const policy = { graceMs: 150_000, leftMs: 5_000, emptyMs: 300_000 };

function play(...events: PresenceEvent[]): { commands: PresenceCommand[]; deadlineMs: number | undefined } {
  let state = startPresence(policy, 0);
  const commands: PresenceCommand[] = [];
  for (const event of events) {
    const next = nextPresence(state, event, policy);
    state = next.state;
    commands.push(...next.commands);
  }
  return { commands, deadlineMs: presenceDeadlineMs(state) };
}
const came = (nowMs = 0): PresenceEvent => ({ type: 'came', identity: 'a', nowMs });
const went = (reason: string, resumes: boolean, nowMs = 1_000): PresenceEvent => ({
  type: 'went',
  identity: 'a',
  reason,
  resumes,
  nowMs,
});

test('a user who is told of twice joins once', () => {
  assert.deepEqual(play(came(), came()).commands, [{ type: 'joined', identity: 'a' }]);
});

for (const [reason, resumes, forMs] of [
  ['CLIENT_INITIATED', false, 5_000],
  ['CLIENT_INITIATED', true, 150_000],
  ['CONNECTION_TIMEOUT', false, 150_000],
  ['NONE', false, 150_000],
  ['DUPLICATE_IDENTITY', true, 150_000],
  ['PARTICIPANT_REMOVED', false, 5_000],
] as const) {
  test(`a user gone by ${reason}, ${resumes ? 'with' : 'without'} a resume value, keeps its session for ${forMs} ms`, () => {
    const { commands, deadlineMs } = play(came(), went(reason, resumes));
    assert.deepEqual(commands.at(-1), { type: 'away', identity: 'a', forMs });
    assert.equal(deadlineMs, 1_000 + forMs);
  });
}

test('users of an agent before this one have the grace time to be seen, and return then', () => {
  let state = startPresence(policy, 1_000, ['a']);
  assert.equal(presenceDeadlineMs(state), 151_000);
  const late = nextPresence(state, { type: 'time', nowMs: 151_000 }, policy).commands;
  assert.deepEqual(late.at(-1), { type: 'end', reason: 'notBack' });
  const back = nextPresence(state, came(2_000), policy);
  state = back.state;
  assert.deepEqual(back.commands, [{ type: 'returned', identity: 'a' }]);
  assert.equal(presenceDeadlineMs(state), undefined);
});

test('a user who is back in time returns and nothing waits any more', () => {
  const { commands, deadlineMs } = play(came(), went('NONE', true), came(2_000));
  assert.deepEqual(commands.at(-1), { type: 'returned', identity: 'a' });
  assert.equal(deadlineMs, undefined);
});

test('the session ends when the time of the only user is over, and not a moment before', () => {
  assert.equal(play(came(), went('NONE', true), { type: 'time', nowMs: 150_999 }).commands.length, 2);
  assert.deepEqual(play(came(), went('NONE', true), { type: 'time', nowMs: 151_000 }).commands.slice(2), [
    { type: 'gone', identity: 'a', reason: 'notBack' },
    { type: 'end', reason: 'notBack' },
  ]);
});

test('a bye ends the session at once, and only when nobody else is there', () => {
  assert.deepEqual(play(came(), { type: 'bye', identity: 'a' }).commands.slice(1), [
    { type: 'gone', identity: 'a', reason: 'bye' },
    { type: 'end', reason: 'bye' },
  ]);
  const withTwo = play(came(), { type: 'came', identity: 'b', nowMs: 0 }, { type: 'bye', identity: 'a' });
  assert.deepEqual(withTwo.commands.slice(2), [{ type: 'gone', identity: 'a', reason: 'bye' }]);
});

test('a leaving that follows a bye changes nothing', () => {
  assert.deepEqual(
    play(came(), { type: 'bye', identity: 'a' }, went('CLIENT_INITIATED', true)).commands.length,
    3,
  );
});

test('a session to which nobody ever came ends at its limit', () => {
  assert.deepEqual(play({ type: 'time', nowMs: 299_999 }).commands, []);
  assert.deepEqual(play({ type: 'time', nowMs: 300_000 }).commands, [{ type: 'end', reason: 'nobodyCame' }]);
});
