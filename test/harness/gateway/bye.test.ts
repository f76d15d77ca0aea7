import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { RoomDirectoryError } from '../../../harness/gateway/room-directory.ts';
import {
  ask,
  errorCode,
  gatewayFixture,
  json,
  post,
  type GatewayFixture,
  type TokenBody,
} from '../../support/node/gateway-fixture.ts';

describe('the bye endpoint', () => {
  let fixture: GatewayFixture;
  let session: TokenBody;
  let voiceSessionId: string;
  beforeEach(async () => {
    fixture = await gatewayFixture();
    session = json<TokenBody>(await post(fixture.gateway, '/api/token', {}));
    voiceSessionId = session.roomName.replace(/^clara-/, '');
  });
  afterEach(() => fixture.gateway.stop());

  it('ends the agent’s session and deletes the room', async () => {
    const answer = await post(fixture.gateway, '/api/bye', { resume: session.resume });
    assert.equal(answer.status, 204);
    assert.deepEqual(fixture.agents.ended, [{ voiceSessionId, reason: 'bye' }]);
    assert.deepEqual(fixture.rooms.deleted, [session.roomName]);
  });

  it('takes what navigator.sendBeacon sends for a text', async () => {
    const answer = await ask(fixture.gateway, '/api/bye', {
      method: 'POST',
      headers: {
        'content-type': 'text/plain;charset=UTF-8',
        origin: 'null',
        'sec-fetch-site': 'same-origin',
      },
      body: JSON.stringify({ resume: session.resume }),
    });
    assert.equal(answer.status, 204);
    assert.equal(fixture.agents.ended.length, 1);
  });

  it('answers 204 although the room could not be deleted, and says so in the log', async () => {
    fixture.rooms.fail = new RoomDirectoryError('unreachable', 'gone');
    const answer = await post(fixture.gateway, '/api/bye', { resume: session.resume });
    assert.equal(answer.status, 204);
    assert.equal(fixture.agents.ended.length, 1);
    assert.match(fixture.logText(), /"event":"sessionEndIncomplete"/);
  });

  it('does not bring an ended session back, so that no agent waits in an empty room', async () => {
    await post(fixture.gateway, '/api/bye', { resume: session.resume });
    fixture.advance(60_000);
    const answer = await post(fixture.gateway, '/api/token', { resume: session.resume });
    assert.equal(answer.status, 401);
    assert.equal(errorCode(answer), 'sessionEnded');
    assert.equal(fixture.rooms.dispatched.length, 1);
  });

  it('answers 401 for a value that is not ours and 400 for none, and ends nothing', async () => {
    assert.equal((await post(fixture.gateway, '/api/bye', { resume: 'nonsense' })).status, 401);
    assert.equal((await post(fixture.gateway, '/api/bye', {})).status, 400);
    assert.equal((await post(fixture.gateway, '/api/bye', '')).status, 400);
    assert.deepEqual(fixture.agents.ended, []);
  });

  it('is checked for its origin like the token endpoint', async () => {
    const answer = await post(
      fixture.gateway,
      '/api/bye',
      { resume: session.resume },
      { origin: 'https://evil.example' },
    );
    assert.equal(answer.status, 403);
    assert.deepEqual(fixture.agents.ended, []);
  });
});
