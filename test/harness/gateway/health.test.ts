import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RoomDirectoryError } from '../../../harness/gateway/room-directory.ts';
import {
  ask,
  errorCode,
  gatewayFixture,
  json,
  type GatewayFixture,
} from '../../support/node/gateway-fixture.ts';

async function withGateway(
  run: (fixture: GatewayFixture) => Promise<void>,
  view?: () => unknown,
): Promise<void> {
  const fixture = await gatewayFixture(view === undefined ? {} : { configView: view });
  try {
    await run(fixture);
  } finally {
    await fixture.gateway.stop();
  }
}

describe('the health paths', () => {
  it('say that the process lives although nothing behind it does', () =>
    withGateway(async ({ gateway, rooms, agents }) => {
      rooms.fail = new RoomDirectoryError('unreachable', 'down');
      agents.ready = { ok: false, reason: 'no worker' };
      const answer = await ask(gateway, '/healthz');
      assert.equal(answer.status, 200);
      assert.deepEqual(JSON.parse(answer.text), { ok: true });
      assert.equal(answer.headers['cache-control'], 'no-store');
    }));

  it('say ready only when server and agent side are, and ask anew each time', () =>
    withGateway(async ({ gateway, rooms, agents }) => {
      const ready = await ask(gateway, '/readyz');
      assert.equal(ready.status, 200);
      assert.deepEqual(JSON.parse(ready.text), {
        ok: true,
        checks: [
          { id: 'livekit', ok: true },
          { id: 'agent', ok: true },
        ],
      });
      rooms.fail = new RoomDirectoryError('unreachable', 'the LiveKit server did not answer: no connection');
      const down = await ask(gateway, '/readyz');
      assert.equal(down.status, 503);
      assert.deepEqual(json<{ checks: unknown[] }>(down).checks[0], {
        id: 'livekit',
        ok: false,
        reason: 'the LiveKit server did not answer: no connection',
      });
      rooms.fail = undefined;
      agents.ready = { ok: false, reason: 'no worker is registered' };
      const alone = await ask(gateway, '/readyz');
      assert.equal(alone.status, 503);
      assert.deepEqual(json<{ checks: unknown[] }>(alone).checks[1], {
        id: 'agent',
        ok: false,
        reason: 'no worker is registered',
      });
    }));

  it('show the configuration that they are given', () =>
    withGateway(
      async ({ gateway }) =>
        assert.deepEqual(JSON.parse((await ask(gateway, '/config')).text), {
          port: { value: 1, from: 'flag' },
        }),
      () => ({ port: { value: 1, from: 'flag' } }),
    ));

  it('have no /config when there is none to show', () =>
    withGateway(async ({ gateway }) => {
      const answer = await ask(gateway, '/config');
      assert.equal(answer.status, 404);
      assert.equal(errorCode(answer), 'notFound');
    }));
});
