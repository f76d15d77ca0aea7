import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { TokenSourceResponse } from '@livekit/protocol';
import { decodeJwt } from 'jose';
import { TokenVerifier } from 'livekit-server-sdk';
import { RoomDirectoryError } from '../../../harness/gateway/room-directory.ts';
import { parseTokenAnswer } from '../../../src/shared/token-endpoint.ts';
import {
  errorCode,
  gatewayFixture,
  json,
  LIVEKIT,
  post,
  TIMEOUTS,
  type GatewayFixture,
  type TokenBody,
} from '../../support/node/gateway-fixture.ts';

describe('the token endpoint', () => {
  let fixture: GatewayFixture;
  beforeEach(async () => (fixture = await gatewayFixture()));
  afterEach(() => fixture.gateway.stop());

  const newSession = async (body: unknown = {}): Promise<TokenBody> => {
    const answer = await post(fixture.gateway, '/api/token', body);
    assert.equal(answer.status, 201, answer.text);
    return json<TokenBody>(answer);
  };

  it('answers 201 with what both our client and LiveKit’s read, never to be stored', async () => {
    const answer = await post(fixture.gateway, '/api/token', {});
    assert.equal(answer.status, 201);
    assert.equal(answer.headers['cache-control'], 'no-store');
    const ours = parseTokenAnswer(JSON.parse(answer.text));
    assert.equal(ours.serverUrl, LIVEKIT.publicUrl);
    const theirs = TokenSourceResponse.fromJsonString(answer.text, { ignoreUnknownFields: true });
    assert.equal(theirs.serverUrl, LIVEKIT.publicUrl);
    assert.equal(theirs.participantToken, ours.participantToken);
    assert.equal(json<TokenBody>(answer).server_url, LIVEKIT.publicUrl);
  });

  it('makes the room with its timeouts, then asks for one agent with the session as metadata', async () => {
    const { roomName } = await newSession();
    const voiceSessionId = roomName.replace(/^clara-/, '');
    assert.match(voiceSessionId, /^[a-z0-9-]{8,40}$/);
    assert.deepEqual(fixture.rooms.created, [{ roomName, timeouts: TIMEOUTS }]);
    assert.deepEqual(fixture.rooms.dispatched, [
      { roomName, agentName: 'clara-test', metadata: JSON.stringify({ voiceSessionId, pipeline: 'parrot' }) },
    ]);
  });

  it('passes the pipeline that was asked for on to the agent', async () => {
    await newSession({ pipeline: 'count' });
    assert.match(fixture.rooms.dispatched[0]?.metadata ?? '', /"pipeline":"count"/);
  });

  it('takes an absent body as a new session', async () => {
    const answer = await post(fixture.gateway, '/api/token', '');
    assert.equal(answer.status, 201);
  });

  it('chooses room and identity itself, whatever a stranger names', async () => {
    const first = await newSession();
    const second = await newSession({
      room_name: first.roomName,
      participant_identity: first.participantIdentity,
    });
    assert.notEqual(second.roomName, first.roomName);
    assert.notEqual(second.participantIdentity, first.participantIdentity);
    assert.match(second.participantIdentity, /^user-[0-9a-f]{24}$/);
  });

  it('takes every field of LiveKit’s request and does not let it choose attributes or agents', async () => {
    const body = await newSession({
      room_name: 'r',
      participant_name: 'n',
      participant_identity: 'agent-x',
      participant_metadata: 'm',
      participant_attributes: { 'clara.user': 'somebody' },
      room_config: { agents: [{ agent_name: 'other' }], empty_timeout: 99_999 },
      some_future_field: 1,
    });
    const claims = decodeJwt(body.participantToken);
    assert.notEqual((claims['attributes'] as Record<string, string>)['clara.user'], 'somebody');
    assert.equal(claims['metadata'], undefined);
    assert.equal(claims['roomConfig'], undefined);
    assert.equal(fixture.rooms.dispatched.length, 1);
  });

  it('gives a token for that room only: microphone, listening, data, for a minute', async () => {
    const body = await newSession();
    const claims = await new TokenVerifier(LIVEKIT.apiKey, LIVEKIT.apiSecret).verify(body.participantToken);
    assert.deepEqual(claims.video, {
      room: body.roomName,
      roomJoin: true,
      canPublish: true,
      canPublishSources: ['microphone'],
      canSubscribe: true,
      canPublishData: true,
      canUpdateOwnMetadata: false,
    });
    assert.equal(claims.sub, body.participantIdentity);
    const secondsLeft = (claims.exp ?? 0) - Date.now() / 1000;
    assert.ok(secondsLeft > 55 && secondsLeft <= 61, `${secondsLeft} s`);
  });

  it('tells the room that the client can come back, and never the resume value', async () => {
    const body = await newSession();
    const attributes = decodeJwt(body.participantToken)['attributes'] as Record<string, string>;
    assert.equal(attributes['clara.resume'], '1');
    assert.deepEqual(Object.keys(attributes).sort(), ['clara.resume', 'clara.user']);
    assert.ok(!JSON.stringify(decodeJwt(body.participantToken)).includes(body.resume));
  });

  it('brings the same room and identity back for a resume value', async () => {
    const first = await newSession({ pipeline: 'count' });
    const again = await newSession({ resume: first.resume, pipeline: 'parrot' });
    assert.equal(again.roomName, first.roomName);
    assert.equal(again.participantIdentity, first.participantIdentity);
    assert.equal(fixture.rooms.created.length, 2, 'the room may be gone: it is created again');
  });

  it('asks for no second agent while one lives', async () => {
    const first = await newSession();
    fixture.agents.live.add(first.roomName.replace(/^clara-/, ''));
    fixture.advance(60_000);
    await newSession({ resume: first.resume });
    assert.equal(fixture.rooms.dispatched.length, 1);
  });

  it('asks for an agent again, with the first pipeline, when none lives', async () => {
    const first = await newSession({ pipeline: 'count' });
    fixture.advance(60_000);
    await newSession({ resume: first.resume });
    assert.equal(fixture.rooms.dispatched.length, 2);
    assert.equal(fixture.rooms.dispatched[1]?.metadata, fixture.rooms.dispatched[0]?.metadata);
  });

  it('asks for one agent when many requests bring the same resume value at once', async () => {
    const first = await newSession();
    fixture.advance(60_000);
    let open = (): void => {};
    fixture.rooms.gate = new Promise((resolve) => (open = resolve));
    const requests = Array.from({ length: 8 }, () => newSession({ resume: first.resume }));
    await Promise.race([Promise.all(requests), new Promise((resolve) => setImmediate(resolve))]);
    open();
    const answers = await Promise.all(requests);
    assert.deepEqual(new Set(answers.map((answer) => answer.roomName)), new Set([first.roomName]));
    assert.equal(fixture.rooms.dispatched.length, 2);
  });

  it('keeps the resume value good for the longest session, the grace time and the context', async () => {
    const first = await newSession();
    fixture.advance((7200 + 150 + 1800) * 1000 - 2000);
    await newSession({ resume: first.resume });
  });

  it('answers 401 resumeExpired later than that', async () => {
    const first = await newSession();
    fixture.advance((7200 + 150 + 1800) * 1000 + 1000);
    const answer = await post(fixture.gateway, '/api/token', { resume: first.resume });
    assert.equal(answer.status, 401);
    assert.equal(errorCode(answer), 'resumeExpired');
    assert.ok(!answer.text.includes(first.resume.slice(0, 20)));
  });

  it('answers 401 resumeInvalid for forged, cut and foreign values and for join tokens, without the value', async () => {
    const { resume, participantToken } = await newSession();
    const [head, payload, signature] = resume.split('.') as [string, string, string];
    const otherPayload = Buffer.from(JSON.stringify({ ...decodeJwt(resume), room: 'clara-other' })).toString(
      'base64url',
    );
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    for (const value of [
      `${head}.${otherPayload}.${signature}`,
      `${none}.${payload}.`,
      resume.slice(0, -4),
      participantToken,
      'nonsense',
      '...',
    ]) {
      const answer = await post(fixture.gateway, '/api/token', { resume: value });
      assert.equal(answer.status, 401, value);
      assert.equal(errorCode(answer), 'resumeInvalid');
      assert.ok(!answer.text.includes(value));
    }
    assert.equal(fixture.rooms.created.length, 1, 'nothing was created for a forged value');
  });

  it('names the field of a wrong type, and not its value', async () => {
    for (const [field, value] of [
      ['room_name', 5],
      ['participant_identity', { secretive: 1 }],
      ['participant_attributes', 'secretive'],
      ['participant_attributes', { a: 1 }],
      ['room_config', 'secretive'],
      ['resume', 7],
      ['resume', ''],
      ['resume', 'secretive'.repeat(300)],
      ['pipeline', 'secretive'],
    ] as const) {
      const answer = await post(fixture.gateway, '/api/token', { [field]: value });
      assert.equal(answer.status, 400, field);
      const { error } = json<{ error: { code: string; message: string } }>(answer);
      assert.equal(error.code, 'badRequest');
      assert.ok(error.message.startsWith(`${field}: `), error.message);
      assert.ok(!answer.text.includes('secretive'));
    }
  });

  it('answers 400 for what is not a JSON object', async () => {
    for (const body of ['[]', '5', '"x"', '{', 'null x', '{"__proto__": {"a": 1}}']) {
      const answer = await post(fixture.gateway, '/api/token', body);
      assert.equal(answer.status, 400, body);
      assert.equal(errorCode(answer), 'badRequest');
    }
  });

  it('answers 503 with Retry-After while the LiveKit server is down, and goes on when it is back', async () => {
    fixture.rooms.fail = new RoomDirectoryError(
      'unreachable',
      'the LiveKit server did not create the room: no connection',
    );
    const answer = await post(fixture.gateway, '/api/token', {});
    assert.equal(answer.status, 503);
    assert.equal(answer.headers['retry-after'], '1');
    assert.equal(answer.headers['cache-control'], 'no-store');
    assert.equal(errorCode(answer), 'livekitUnavailable');
    fixture.rooms.fail = undefined;
    await newSession();
  });

  it('answers 502 without Retry-After when the LiveKit server refuses our key', async () => {
    fixture.rooms.fail = new RoomDirectoryError(
      'refused',
      'the LiveKit server refused to create the room: HTTP 401',
      401,
    );
    const answer = await post(fixture.gateway, '/api/token', {});
    assert.equal(answer.status, 502);
    assert.equal(answer.headers['retry-after'], undefined);
    assert.equal(errorCode(answer), 'livekitRefused');
  });

  it('answers 500 without the text of an error that nobody foresaw, and logs no text of it either', async () => {
    fixture.rooms.fail = new Error('holds-a-secret');
    const answer = await post(fixture.gateway, '/api/token', {});
    assert.equal(answer.status, 500);
    assert.equal(errorCode(answer), 'internal');
    assert.ok(!answer.text.includes('holds-a-secret'));
    assert.ok(!fixture.logText().includes('holds-a-secret'));
    assert.match(fixture.logText(), /"event":"requestFailed"/);
  });

  it('still gives a token when the agent side is not ready: it may become so, and the page tells an absent agent', async () => {
    fixture.agents.ready = { ok: false, reason: 'no worker' };
    await newSession();
  });

  it('knows a browser again by a cookie that scripts cannot read, and shows the room a hash of it', async () => {
    const first = await post(fixture.gateway, '/api/token', {});
    const [setCookie = ''] = first.headers['set-cookie'] ?? [];
    assert.match(setCookie, /^clara_user=[\w-]{22}; Path=\/; Max-Age=15552000; HttpOnly; SameSite=Lax$/);
    const cookie = setCookie.split(';', 1)[0] ?? '';
    const second = await post(fixture.gateway, '/api/token', {}, { cookie: `other=1; ${cookie}` });
    assert.equal(second.headers['set-cookie'], undefined);
    const userOf = (token: string): string | undefined =>
      (decodeJwt(token)['attributes'] as Record<string, string>)['clara.user'];
    const user = userOf(json<TokenBody>(second).participantToken);
    assert.equal(user, userOf(json<TokenBody>(first).participantToken));
    assert.ok(user !== undefined && !cookie.includes(user));
    const stranger = await newSession();
    assert.notEqual(userOf(stranger.participantToken), user);
  });

  it('keeps the user of a session that comes back without its cookie', async () => {
    const first = await newSession();
    const again = await newSession({ resume: first.resume });
    const userOf = (token: string): unknown =>
      (decodeJwt(token)['attributes'] as Record<string, string>)['clara.user'];
    assert.equal(userOf(again.participantToken), userOf(first.participantToken));
  });
});
