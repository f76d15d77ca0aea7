import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SESSION_ERROR_CODES, type SessionErrorCode } from '../../../src/core/errors.ts';
import { nextRepairDelayMs, rejoinDelayMs } from '../../../src/core/reconnect/back-off.ts';
import { DISCONNECT_ACTIONS } from '../../../src/core/reconnect/disconnect-reasons.ts';
import { joinRemedy, type JoinRemedy } from '../../../src/core/reconnect/join-problems.ts';
import { reconnectPolicy } from '../../../src/core/reconnect/policy.ts';
import { sleptMs } from '../../../src/core/reconnect/wake.ts';
import { checkedOptions } from '../../../src/core/session/session-options.ts';
import { createVoiceSession } from '../../../src/core/session/voice-session.ts';
import type { DisconnectName } from '../../../src/core/ports.ts';
import { FakeWorld, fakePorts } from '../../support/core/fake-ports.ts';

const resilient = reconnectPolicy();
const classic = reconnectPolicy({ policy: 'classic' });

test('the resilient back-off is 1, 2, 4, 8, 8 s', () => {
  assert.deepEqual(
    [0, 1, 2, 3, 4, 40].map((failed) => rejoinDelayMs(failed, 0, resilient)),
    [1000, 2000, 4000, 8000, 8000, 8000],
  );
});

test('jitter takes at most a quarter of a resilient wait and nothing of a classic one', () => {
  assert.equal(rejoinDelayMs(2, 0.9999, resilient), 3000);
  assert.deepEqual(
    [0, 1, 2, 3, 4].map((failed) => rejoinDelayMs(failed, 0.9999, classic)),
    [1000, 2000, 4000, 8000, 16_000],
  );
});

const calm = { fullReconnectAsked: false, woke: false, onlyMedia: false, outageMs: 1000 };

test('the SDK repairs each 0.2 to 1 s, for 15 s of outage', () => {
  assert.deepEqual(
    [0, 1, 2, 3, 4, 5, 50].map((retry) => nextRepairDelayMs(retry, 0, calm, resilient)),
    [200, 400, 600, 800, 1000, 1000, 1000],
  );
  assert.equal(nextRepairDelayMs(3, 14_999, calm, resilient), 800);
  assert.equal(nextRepairDelayMs(3, 15_000, calm, resilient), null);
  assert.equal(nextRepairDelayMs(0, 0, { ...calm, outageMs: 15_000 }, resilient), null);
});

test('while only media is cut the SDK may repair for half the budget', () => {
  const onlyMedia = { ...calm, onlyMedia: true };
  assert.equal(nextRepairDelayMs(50, 59_999, onlyMedia, resilient), 1000);
  assert.equal(nextRepairDelayMs(50, 60_000, onlyMedia, resilient), null);
  assert.equal(reconnectPolicy({ budgetMs: 40_000 }).mediaHoldMs, 20_000);
  assert.equal(reconnectPolicy({ budgetMs: 20_000 }).mediaHoldMs, 15_000, 'never shorter than any repair');
});

test('the SDK gives up at once after a wake-up, when the server wants a full reconnect, and under classic', () => {
  assert.equal(nextRepairDelayMs(0, 0, { ...calm, woke: true }, resilient), null);
  assert.equal(nextRepairDelayMs(0, 0, { ...calm, fullReconnectAsked: true }, resilient), null);
  assert.equal(nextRepairDelayMs(0, 0, calm, classic), null);
});

test('while sound is whole the SDK may repair its signal connection for the whole budget', () => {
  const whole = { fullReconnectAsked: false, woke: false, onlyMedia: false };
  assert.equal(nextRepairDelayMs(60, 60_000, whole, resilient), 1000);
  assert.equal(nextRepairDelayMs(60, 120_000, whole, resilient), null);
});

const REASONS: Record<DisconnectName, string> = {
  NONE: 'rejoin',
  UNKNOWN_REASON: 'rejoin',
  STATE_MISMATCH: 'rejoin',
  JOIN_FAILURE: 'rejoin',
  SIGNAL_CLOSE: 'rejoin',
  CONNECTION_TIMEOUT: 'rejoin',
  MEDIA_FAILURE: 'rejoin',
  SERVER_SHUTDOWN: 'rejoin spread next',
  CLIENT_INITIATED: 'rejoin',
  ROOM_CLOSED: 'rejoin',
  MIGRATION: 'rejoin',
  DUPLICATE_IDENTITY: 'end duplicateIdentity',
  PARTICIPANT_REMOVED: 'end removed',
  USER_REJECTED: 'end removed',
  USER_UNAVAILABLE: 'end removed',
  ROOM_DELETED: 'end roomDeleted',
  SIP_TRUNK_FAILURE: 'end agentFailed',
  AGENT_ERROR: 'end agentFailed',
};

for (const reason of Object.keys(DISCONNECT_ACTIONS) as DisconnectName[])
  test(`a room that ends with ${reason} leads to: ${REASONS[reason]}`, () => {
    const action = DISCONNECT_ACTIONS[reason];
    const told =
      action.then === 'end'
        ? `end ${action.reason}`
        : `rejoin${action.spread ? ' spread' : ''}${action.nextUrl ? ' next' : ''}`;
    assert.equal(told, REASONS[reason]);
  });

test('only what may pass by itself is joined again', () => {
  const expected: Partial<Record<SessionErrorCode, JoinRemedy>> = {
    tokenUnreachable: 'retry',
    tokenTimeout: 'retry',
    tokenRateLimited: 'retry',
    tokenServerError: 'retry',
    roomDisconnected: 'retry',
    joinUnreachable: 'nextUrl',
    joinTimeout: 'nextUrl',
    joinServerError: 'nextUrl',
    mediaFailed: 'nextUrl',
    tokenRejected: 'refused',
    joinUnauthorized: 'newTicketOnce',
    tokenInvalid: 'wrongAtFirst',
    joinRoomNotFound: 'wrongAtFirst',
  };
  for (const code of SESSION_ERROR_CODES) assert.equal(joinRemedy(code), expected[code] ?? 'stop', code);
});

test('a timer that is more than 30 s late has slept, by either clock', () => {
  assert.equal(sleptMs(1000, 31_000, 31_000), undefined);
  assert.equal(sleptMs(1000, 31_001, 31_001), 30_001);
  // Some systems stop the monotonic clock in sleep, some people set the wall clock back.
  assert.equal(sleptMs(1000, 1000, 61_000), 60_000);
  assert.equal(sleptMs(1000, 61_000, -5000), 60_000);
  assert.equal(sleptMs(1000, 1000, -3_600_000), undefined);
});

test('the defaults of the options are the product’s', () => {
  const { policy, maxTranscriptLines } = checkedOptions({});
  assert.equal(policy.name, 'resilient');
  assert.equal(policy.budgetMs, 120_000);
  assert.equal(policy.resumeWhenBack, false);
  assert.equal(policy.withMicrophone, true);
  assert.equal(maxTranscriptLines, 2000);
  const chosen = checkedOptions({ budgetMs: 20_000, resumeWhenBack: true, textOnly: true }).policy;
  assert.deepEqual([chosen.budgetMs, chosen.resumeWhenBack, chosen.withMicrophone], [20_000, true, false]);
  assert.equal(checkedOptions({ policy: 'classic', budgetMs: 20_000 }).policy.budgetMs, Infinity);
});

const WRONG: [object, RegExp][] = [
  [{ policy: 'stubborn' }, /policy is "stubborn"; allowed: resilient, classic/],
  [{ budgetMs: 4999 }, /budgetMs is 4999; allowed: whole numbers from 5000 to 3600000/],
  [{ budgetMs: Number.NaN }, /budgetMs is null; allowed/],
  [{ budgetMs: '20000' }, /budgetMs is "20000"; allowed/],
  [{ maxTranscriptLines: 9 }, /maxTranscriptLines is 9; allowed: whole numbers from 10 to 100000/],
  [{ resumeWhenBack: 'yes' }, /resumeWhenBack is "yes"; allowed: true, false/],
  [{ textOnly: 1 }, /textOnly is 1; allowed: true, false/],
];
for (const [options, message] of WRONG)
  test(`the wrong option ${JSON.stringify(options)} is named with its value and range`, () => {
    assert.throws(() => createVoiceSession(fakePorts(new FakeWorld()), options), message);
  });
