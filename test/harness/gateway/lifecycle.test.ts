import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { GatewayStartError } from '../../../harness/gateway/gateway-start-error.ts';
import {
  ask,
  gatewayFixture,
  json,
  LIVEKIT,
  post,
  type TokenBody,
} from '../../support/node/gateway-fixture.ts';

describe('the life of a gateway', () => {
  it('names host and port when the port is taken, and leaves nothing listening', async () => {
    const first = await gatewayFixture();
    try {
      await assert.rejects(gatewayFixture({ port: first.gateway.port }), (error) => {
        assert.ok(error instanceof GatewayStartError);
        assert.equal(error.code, 'portInUse');
        assert.deepEqual([error.host, error.port], ['127.0.0.1', first.gateway.port]);
        assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${first.gateway.port}`));
        return true;
      });
    } finally {
      await first.gateway.stop();
    }
  });

  it('names an address that this machine does not have', async () => {
    await assert.rejects(
      gatewayFixture({ host: '192.0.2.1' }),
      (error) => error instanceof GatewayStartError && error.code === 'addressUnavailable',
    );
  });

  it('listens on the address in its url and on no other', async () => {
    const { gateway } = await gatewayFixture();
    try {
      assert.equal(gateway.url, `http://127.0.0.1:${gateway.port}`);
      const elsewhere = net.connect(gateway.port, '127.0.0.2');
      const [error] = (await once(elsewhere, 'error')) as [NodeJS.ErrnoException];
      assert.equal(error.code, 'ECONNREFUSED');
    } finally {
      await gateway.stop();
    }
  });

  it('stops within a second although a browser holds its connection and an answer is still due', async () => {
    const fixture = await gatewayFixture();
    const agent = new http.Agent({ keepAlive: true });
    try {
      await new Promise<void>((resolve, reject) => {
        http
          .get({ port: fixture.gateway.port, host: '127.0.0.1', path: '/healthz', agent }, (response) =>
            response.resume().on('end', resolve),
          )
          .on('error', reject);
      });
      fixture.rooms.gate = new Promise(() => {}); // a LiveKit server that never answers
      const due = post(fixture.gateway, '/api/token', {});
      const cut = assert.rejects(due);
      while (fixture.rooms.created.length === 0) await new Promise((resolve) => setImmediate(resolve));
      const startMs = performance.now();
      await fixture.gateway.stop();
      assert.ok(performance.now() - startMs < 1000);
      await cut;
      await assert.rejects(ask(fixture.gateway, '/healthz'));
      await fixture.gateway.stop(); // idempotent
    } finally {
      agent.destroy();
    }
  });

  it('rethrows the reason of a signal that ended its start', async () => {
    const { startGateway } = await import('../../../harness/gateway/gateway.ts');
    const fixture = await gatewayFixture();
    await fixture.gateway.stop();
    const reason = new Error('not wanted any more');
    await assert.rejects(startGateway({} as never, AbortSignal.abort(reason)), (error) => error === reason);
  });

  it('writes no token, resume value, cookie or secret to the log, at any level', async () => {
    const fixture = await gatewayFixture();
    try {
      const first = await post(fixture.gateway, '/api/token', {});
      const body = json<TokenBody>(first);
      const cookie = String(first.headers['set-cookie']).split(';', 1)[0] ?? '';
      await post(fixture.gateway, '/api/token', { resume: body.resume }, { cookie });
      await post(fixture.gateway, '/api/token', { resume: body.participantToken }, { cookie });
      await ask(fixture.gateway, `/?token=${body.participantToken}`);
      await ask(fixture.gateway, `/nothing/${body.resume}`);
      await post(fixture.gateway, '/api/bye', { resume: body.resume });
      const text = fixture.logText();
      assert.ok(text.split('\n').length > 6, 'there is a log to look at');
      for (const secret of [
        body.participantToken,
        body.resume,
        cookie.replace('clara_user=', ''),
        LIVEKIT.apiSecret,
      ]) {
        for (const part of secret.split('.').filter((piece) => piece.length > 30 || secret.length < 60)) {
          // All HS256 tokens begin with the same header; it is no secret, and it must not be there either.
          assert.ok(!text.includes(part), part.slice(0, 8));
        }
      }
    } finally {
      await fixture.gateway.stop();
    }
  });
});
