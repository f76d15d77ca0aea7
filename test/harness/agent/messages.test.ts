import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AgentSession as Protocol } from '@livekit/protocol';
import { parseChildMessage, parseParentMessage } from '../../../harness/agent/ipc.ts';
import { keptEnvironment, withoutTokens } from '../../../harness/agent/child-process.ts';
import { parseDispatchMetadata } from '../../../harness/agent/dispatch-metadata.ts';
import { decideRejoin } from '../../../harness/agent/rejoin-policy.ts';
import { backoffMs } from '../../../harness/agent/backoff.ts';
import { answerSessionMessage } from '../../../harness/agent/session-requests.ts';
import type { SessionFacts } from '../../../harness/agent/session-requests.ts';

test('a message of an unknown type or with a wrong field is refused by name, never by value', () => {
  assert.throws(() => parseChildMessage({ type: 'nonsense' }), { name: 'TypeError', message: /'nonsense'/ });
  assert.throws(() => parseParentMessage('x'), TypeError);
  const start = {
    type: 'start',
    voiceSessionId: 'v',
    pipeline: 'parrot',
    roomName: 'r',
    identity: 'i',
    url: 'u',
    token: 42,
    graceMs: 1,
    leftMs: 1,
    emptyMs: 1,
    voice: 'none',
    secret: 'hush',
  };
  assert.throws(
    () => parseParentMessage(start),
    (error: Error) => /token/.test(error.message) && !/hush|42/.test(error.message),
  );
});

test('whole messages pass both parsers unchanged', () => {
  const turn = { type: 'turn', identity: 'a', turn: { from: 'user', kind: 'text', text: 'hi', atWallMs: 5 } };
  assert.deepEqual(parseChildMessage(turn), turn);
  assert.deepEqual(parseParentMessage({ type: 'end', reason: 'bye' }), { type: 'end', reason: 'bye' });
});

test("a child's environment holds no secret of its parent", () => {
  assert.deepEqual(
    keptEnvironment({
      PATH: '/bin',
      CLARA_RUN_ID: 'r',
      LIVEKIT_API_SECRET: 's',
      CLARA_LIVEKIT_API_SECRET: 's',
    }),
    { PATH: '/bin', CLARA_RUN_ID: 'r' },
  );
});

test('tokens are taken out of foreign text', () => {
  const text = withoutTokens('401 for ws://h/rtc?access_token=abc.def&x=1 and eyJhbGciOi.eyJzdWIi.c2ln');
  assert.equal(text, '401 for ws://h/rtc?access_token=<token>&x=1 and <token>');
});

test("only our gateway's dispatch metadata is read", () => {
  assert.deepEqual(parseDispatchMetadata('{"voiceSessionId":"abcd-1234","pipeline":"count"}'), {
    voiceSessionId: 'abcd-1234',
    pipeline: 'count',
  });
  for (const text of [
    '',
    '{}',
    'null',
    '{"voiceSessionId":"UPPER-CASE","pipeline":"count"}',
    '{"voiceSessionId":"abcd-1234","pipeline":"x"}',
  ]) {
    assert.equal(parseDispatchMetadata(text), undefined, text);
  }
});

for (const [reason, rejoin] of [
  ['UNKNOWN_REASON', true],
  ['SERVER_SHUTDOWN', true],
  ['SIGNAL_CLOSE', true],
  ['STATE_MISMATCH', true],
  ['NONE', true],
  ['DUPLICATE_IDENTITY', false],
  ['PARTICIPANT_REMOVED', false],
  ['ROOM_DELETED', false],
  ['ROOM_CLOSED', false],
] as const) {
  test(`after ${reason} the agent ${rejoin ? 'joins again' : 'never joins again'}`, () => {
    assert.equal(decideRejoin(reason).rejoin, rejoin);
  });
}

test('back-off doubles to its cap and keeps the upper half as jitter', () => {
  const policy = { firstMs: 200, maxMs: 1_000 };
  assert.deepEqual(
    [0, 1, 2, 3, 99].map((attempt) => backoffMs(attempt, policy, 0)),
    [100, 200, 400, 500, 500],
  );
  assert.equal(backoffMs(99, policy, 0.999_999) < 1_000.1, true);
});

const facts: SessionFacts = {
  agentId: 'agent-x',
  state: 'speaking',
  userPresent: true,
  version: '1',
  context: [
    { from: 'user', kind: 'text', text: 'hi', atWallMs: 1 },
    { from: 'agent', kind: 'speech', durationMs: 900, atWallMs: 2 },
  ],
};
function ask(request: Protocol.SessionRequest['request']): Protocol.SessionResponse {
  const data = new Protocol.AgentSessionMessage({
    message: { case: 'request', value: { requestId: 'r1', request } },
  }).toBinary();
  const { message } = Protocol.AgentSessionMessage.fromBinary(
    answerSessionMessage(data, facts) ?? new Uint8Array(),
  );
  assert.ok(message.case === 'response');
  assert.equal(message.value.requestId, 'r1');
  return message.value;
}

test('ping, state and history are answered, other requests with an error', () => {
  assert.equal(ask({ case: 'ping', value: new Protocol.SessionRequest_Ping() }).response.case, 'pong');
  const state = ask({
    case: 'getSessionState',
    value: new Protocol.SessionRequest_GetSessionState(),
  }).response;
  assert.ok(state.case === 'getSessionState' && state.value.agentState === Protocol.AgentState.AS_SPEAKING);
  const history = ask({
    case: 'getChatHistory',
    value: new Protocol.SessionRequest_GetChatHistory(),
  }).response;
  assert.ok(history.case === 'getChatHistory' && history.value.items.length === 1);
  assert.match(
    ask({ case: 'runInput', value: new Protocol.SessionRequest_RunInput({ text: 'x' }) }).error ?? '',
    /runInput/,
  );
});

test('what is no request is not answered', () => {
  assert.equal(answerSessionMessage(new Uint8Array([255, 255, 255]), facts), undefined);
  assert.equal(answerSessionMessage(new Uint8Array(70_000), facts), undefined);
  const response = new Protocol.AgentSessionMessage({
    message: { case: 'response', value: { requestId: 'r' } },
  }).toBinary();
  assert.equal(answerSessionMessage(response, facts), undefined);
});
