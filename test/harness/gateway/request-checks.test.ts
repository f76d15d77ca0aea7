import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import fc from 'fast-check';
import { isAllowedHost, judgeOrigin } from '../../../harness/gateway/request-origin.ts';
import {
  ask,
  errorCode,
  gatewayFixture,
  post,
  type GatewayFixture,
} from '../../support/node/gateway-fixture.ts';

const LISTED = 'https://embed.example';

describe('what the gateway checks before it answers', () => {
  let fixture: GatewayFixture;
  beforeEach(async () => (fixture = await gatewayFixture({ extraAllowedOrigins: [LISTED] })));
  afterEach(() => fixture.gateway.stop());

  it('refuses a Host that is not its own with 421, on every path', async () => {
    for (const path of ['/', '/healthz', '/config', '/api/token']) {
      const answer = await ask(fixture.gateway, path, {
        headers: { host: `evil.example:${fixture.gateway.port}` },
      });
      assert.equal(answer.status, 421, path);
      assert.equal(errorCode(answer), 'hostNotAllowed');
    }
  });

  it('refuses a page of another origin with 403 and makes nothing', async () => {
    for (const origin of [
      'https://evil.example',
      'http://127.0.0.1:1',
      'null',
      'http://localhost.evil.example',
    ]) {
      const answer = await post(
        fixture.gateway,
        '/api/token',
        {},
        { origin, 'sec-fetch-site': 'cross-site' },
      );
      assert.equal(answer.status, 403, origin);
      assert.equal(errorCode(answer), 'originNotAllowed');
      assert.equal(answer.headers['access-control-allow-origin'], undefined);
    }
    assert.equal(fixture.rooms.created.length, 0);
  });

  it('answers its own pages, under each of its names', async () => {
    for (const host of [`127.0.0.1:${fixture.gateway.port}`, `localhost:${fixture.gateway.port}`]) {
      const answer = await post(
        fixture.gateway,
        '/api/token',
        {},
        { host, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' },
      );
      assert.equal(answer.status, 201, host);
    }
  });

  it('answers programs, which have no origin, and no page that hides its own', async () => {
    assert.equal((await post(fixture.gateway, '/api/token', {})).status, 201);
    assert.equal(
      (await post(fixture.gateway, '/api/token', {}, { 'sec-fetch-site': 'cross-site' })).status,
      403,
    );
  });

  it('answers a listed page, its preflight too, and lets it read Retry-After', async () => {
    const preflight = await ask(fixture.gateway, '/api/token', {
      method: 'OPTIONS',
      headers: {
        origin: LISTED,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type',
      },
    });
    assert.equal(preflight.status, 204);
    assert.equal(preflight.headers['access-control-allow-origin'], LISTED);
    assert.equal(preflight.headers['access-control-allow-methods'], 'POST');
    assert.equal(preflight.headers['access-control-allow-headers'], 'content-type');
    const answer = await post(
      fixture.gateway,
      '/api/token',
      {},
      { origin: LISTED, 'sec-fetch-site': 'cross-site' },
    );
    assert.equal(answer.status, 201);
    assert.equal(answer.headers['access-control-allow-origin'], LISTED);
    assert.equal(answer.headers['access-control-expose-headers'], 'retry-after');
    assert.match(String(answer.headers.vary), /Origin/);
  });

  it('refuses the preflight of any other page', async () => {
    const preflight = await ask(fixture.gateway, '/api/token', {
      method: 'OPTIONS',
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
    });
    assert.equal(preflight.status, 403);
    assert.equal(preflight.headers['access-control-allow-origin'], undefined);
  });

  it('answers 405 with Allow to every method but POST', async () => {
    for (const path of ['/api/token', '/api/bye']) {
      for (const method of ['GET', 'PUT', 'PATCH', 'DELETE']) {
        const answer = await ask(fixture.gateway, path, { method, headers: { 'content-type': 'text/xml' } });
        assert.equal(answer.status, 405, `${method} ${path}`);
        assert.equal(answer.headers.allow, 'POST, OPTIONS');
        assert.equal(errorCode(answer), 'methodNotAllowed');
      }
    }
  });

  it('answers 415 to a body that is not JSON by its type', async () => {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'text/xml',
    ]) {
      const answer = await post(fixture.gateway, '/api/token', '{}', { 'content-type': type });
      assert.equal(answer.status, 415, type);
      assert.equal(errorCode(answer), 'unsupportedMediaType');
    }
  });

  it('answers 413 to a body over 16 kB, and takes one just below', async () => {
    const padded = (bytes: number): string => `{"participant_metadata":"${'x'.repeat(bytes - 27)}"}`;
    assert.equal((await post(fixture.gateway, '/api/token', padded(16 * 1024))).status, 201);
    const answer = await post(fixture.gateway, '/api/token', padded(16 * 1024 + 1));
    assert.equal(answer.status, 413);
    assert.equal(errorCode(answer), 'bodyTooLarge');
  });

  it('never answers 500, whatever the body', async () => {
    const bodies = fc.oneof(
      fc.json(),
      fc.string(),
      fc
        .record(
          {
            resume: fc.anything(),
            pipeline: fc.anything(),
            room_name: fc.anything(),
            participant_attributes: fc.anything(),
            room_config: fc.anything(),
          },
          { requiredKeys: [] },
        )
        .map(
          (body) =>
            JSON.stringify(body, (_key, value: unknown) =>
              typeof value === 'bigint' ? value.toString() : value,
            ) ?? '',
        ),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('/api/token', '/api/bye'), bodies, async (path, body) => {
        const { status } = await post(fixture.gateway, path, body);
        assert.ok([201, 400, 401, 413].includes(status), `HTTP ${status} for ${body}`);
      }),
      { numRuns: 300 },
    );
    assert.ok(!fixture.logText().includes('requestFailed'));
  });
});

describe('the rate limit of the gateway', () => {
  it('answers 429 with Retry-After above the limit, by address, and answers again after it', async () => {
    mock.timers.enable({ apis: ['Date'], now: 1_700_000_000_000 });
    const fixture = await gatewayFixture({ rateLimit: { max: 3, windowMs: 20_000 }, now: () => Date.now() });
    try {
      for (let i = 0; i < 3; i++) assert.equal((await post(fixture.gateway, '/api/token', {})).status, 201);
      const answer = await post(fixture.gateway, '/api/token', {}, { 'x-forwarded-for': '10.0.0.9' });
      assert.equal(answer.status, 429, 'X-Forwarded-For is not believed');
      assert.equal(errorCode(answer), 'rateLimited');
      assert.equal(answer.headers['retry-after'], '20');
      assert.equal(fixture.rooms.created.length, 3);
      assert.equal((await ask(fixture.gateway, '/healthz')).status, 200, 'other paths go on');
      mock.timers.tick(20_001);
      assert.equal((await post(fixture.gateway, '/api/token', {})).status, 201);
    } finally {
      mock.timers.reset();
      await fixture.gateway.stop();
    }
  });

  it('counts by forwarded address behind a proxy that it was told to believe', async () => {
    const fixture = await gatewayFixture({ rateLimit: { max: 1, windowMs: 20_000 }, trustProxy: true });
    try {
      assert.equal(
        (await post(fixture.gateway, '/api/token', {}, { 'x-forwarded-for': '10.0.0.1' })).status,
        201,
      );
      assert.equal(
        (await post(fixture.gateway, '/api/token', {}, { 'x-forwarded-for': '10.0.0.2' })).status,
        201,
      );
      assert.equal(
        (await post(fixture.gateway, '/api/token', {}, { 'x-forwarded-for': '10.0.0.1' })).status,
        429,
      );
    } finally {
      await fixture.gateway.stop();
    }
  });

  it('is not used up by the requests of a hostile page', async () => {
    const fixture = await gatewayFixture({ rateLimit: { max: 1, windowMs: 20_000 } });
    try {
      for (let i = 0; i < 5; i++)
        await post(fixture.gateway, '/api/token', {}, { origin: 'https://evil.example' });
      assert.equal((await post(fixture.gateway, '/api/token', {})).status, 201);
    } finally {
      await fixture.gateway.stop();
    }
  });
});

describe('isAllowedHost', () => {
  it('takes loopback names on any port, the bound host and the listed ones', () => {
    for (const host of [
      'localhost',
      'LOCALHOST:80',
      '127.0.0.1:8080',
      '[::1]:8080',
      'voice.example',
      'pinned.example:443',
      '10.0.0.5:1',
    ]) {
      assert.ok(isAllowedHost(host, '10.0.0.5', ['voice.example', 'pinned.example:443']), host);
    }
  });
  it('refuses everything else', () => {
    for (const host of [
      undefined,
      '',
      'evil.example',
      'localhost.evil.example',
      'pinned.example:444',
      '127.0.0.1@evil.example',
      '127.0.0.1:80:80',
      '127.0.0.2',
    ]) {
      assert.ok(!isAllowedHost(host, '127.0.0.1', ['pinned.example:443']), String(host));
    }
  });
});

describe('judgeOrigin', () => {
  it('takes a beacon of the own page, whose origin the referrer policy has hidden', () => {
    const own = { origin: 'null', host: 'localhost:1', 'sec-fetch-site': 'same-origin' };
    assert.deepEqual(judgeOrigin(own, []), { allowed: true, from: 'same' });
    assert.deepEqual(judgeOrigin({ ...own, 'sec-fetch-site': 'same-site' }, []), { allowed: false });
    assert.deepEqual(judgeOrigin({ origin: 'null', host: 'localhost:1' }, []), { allowed: false });
  });
  it('does not take another port or scheme for the same origin', () => {
    assert.equal(judgeOrigin({ origin: 'http://localhost:2', host: 'localhost:1' }, []).allowed, false);
    assert.equal(judgeOrigin({ origin: 'ftp://localhost:1', host: 'localhost:1' }, []).allowed, false);
  });
});
