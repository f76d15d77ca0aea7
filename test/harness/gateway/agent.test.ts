import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import {
  ask,
  errorCode,
  gatewayFixture,
  json,
  post,
  type GatewayFixture,
  type TokenBody,
} from '../../support/node/gateway-fixture.ts';

describe('the agent endpoint', () => {
  let fixture: GatewayFixture;
  let session: TokenBody;
  let voiceSessionId: string;
  beforeEach(async () => {
    fixture = await gatewayFixture();
    session = json<TokenBody>(await post(fixture.gateway, '/api/token', {}));
    voiceSessionId = session.roomName.replace(/^clara-/, '');
    fixture.advance(10_000); // the first dispatch is no longer on its way
  });
  afterEach(() => fixture.gateway.stop());
  const call = () => post(fixture.gateway, '/api/agent', { resume: session.resume });

  it('asks for an agent of the same session when none is live', async () => {
    const answer = await call();
    assert.equal(answer.status, 204, answer.text);
    assert.equal(answer.headers['cache-control'], 'no-store');
    assert.equal(fixture.rooms.dispatched.length, 2);
    const [first, second] = fixture.rooms.dispatched;
    assert.deepEqual(second, first);
  });

  it('does nothing while an agent is live', async () => {
    fixture.agents.live.add(voiceSessionId);
    assert.equal((await call()).status, 204);
    assert.equal(fixture.rooms.dispatched.length, 1);
  });

  it('says that no agent can come when none is connected, and asks all the same', async () => {
    fixture.agents.ready = { ok: false, reason: 'waiting: connect ECONNREFUSED 10.1.2.3' };
    const answer = await call();
    assert.deepEqual([answer.status, errorCode(answer)], [503, 'agentUnavailable']);
    assert.equal(answer.headers['retry-after'], '5');
    assert.doesNotMatch(answer.text, /10\.1\.2\.3/);
    assert.equal(fixture.rooms.dispatched.length, 2, 'a worker elsewhere may serve the same name');
    assert.match(fixture.logText(), /"event":"agentUnavailable"/);
    fixture.agents.live.add(voiceSessionId);
    assert.equal((await call()).status, 204, 'a live one outlives its worker connection');
  });

  it('asks once for calls at the same time and for those that follow at once', async () => {
    const answers = await Promise.all([call(), call(), call()]);
    answers.push(await call());
    assert.deepEqual(
      answers.map(({ status }) => status),
      [204, 204, 204, 204],
    );
    assert.equal(fixture.rooms.dispatched.length, 2);
  });

  it('brings nobody into a session that was ended', async () => {
    await post(fixture.gateway, '/api/bye', { resume: session.resume });
    assert.equal(errorCode(await call()), 'sessionEnded');
    assert.equal(fixture.rooms.dispatched.length, 1);
  });

  it('refuses a forged value, another page and another method', async () => {
    const forged = await post(fixture.gateway, '/api/agent', { resume: 'x' });
    assert.deepEqual([forged.status, errorCode(forged)], [401, 'resumeInvalid']);
    assert.equal((await post(fixture.gateway, '/api/agent', {})).status, 400);
    const foreign = await post(
      fixture.gateway,
      '/api/agent',
      { resume: session.resume },
      { origin: 'https://evil.example' },
    );
    assert.equal(errorCode(foreign), 'originNotAllowed');
    assert.equal((await ask(fixture.gateway, '/api/agent')).status, 405);
    assert.equal(fixture.rooms.dispatched.length, 1);
  });

  it('is limited in rate', async () => {
    const limited = await gatewayFixture({ rateLimit: { max: 2, windowMs: 60_000 } });
    const { resume } = json<TokenBody>(await post(limited.gateway, '/api/token', {}));
    const statuses: number[] = [];
    for (let at = 0; at < 3; at++)
      statuses.push((await post(limited.gateway, '/api/agent', { resume })).status);
    assert.deepEqual(statuses, [204, 204, 429]);
    await limited.gateway.stop();
  });
});
