import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, describe, it } from 'node:test';
import { ask, errorCode, gatewayFixture, type GatewayFixture } from '../../support/node/gateway-fixture.ts';

const LIMIT_MS = 300;
const DROP_EVERY_MS = 50;

/** Sends `text`, then `drop` again and again until the connection ends; gives all that was answered. */
function drip(port: number, text: string, drop?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = net.connect(port, '127.0.0.1', () => socket.write(text));
    const timer = drop === undefined ? undefined : setInterval(() => socket.write(drop), DROP_EVERY_MS);
    const limit = setTimeout(() => socket.destroy(new Error('not cut in 5000 ms')), 5000);
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'ECONNRESET') reject(error);
    });
    socket.on('close', () => {
      clearInterval(timer);
      clearTimeout(limit);
      resolve(answer);
    });
  });
}

describe('requests that reach no route', () => {
  let fixture: GatewayFixture;
  before(async () => {
    fixture = await gatewayFixture({ requestLimitMs: LIMIT_MS });
  });
  after(() => fixture.gateway.stop());

  const head = 'POST /api/token HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n';
  for (const [what, text, drop] of [
    ['body', `${head}Content-Length: 1000\r\n\r\n{`, ' '],
    ['body without a length', `${head}Transfer-Encoding: chunked\r\n\r\n`, '1\r\n \r\n'],
    ['headers', head, 'X: y\r\n'],
  ] as const) {
    it(`cuts a client that sends its ${what} drop by drop`, async () => {
      const startedMonoMs = performance.now();
      const answer = await drip(fixture.gateway.port, text, drop);
      assert.ok(performance.now() - startedMonoMs < LIMIT_MS + 2000);
      assert.match(answer, /^HTTP\/1\.1 408 /);
      assert.match(answer, /"code":"requestTimeout"/);
    });
  }

  it('answers a path that cannot be read like every other error, without repeating it', async () => {
    const answer = await ask(fixture.gateway, '/%zz-here-I-am');
    assert.equal(answer.status, 400);
    assert.equal(errorCode(answer), 'badRequest');
    assert.ok(!answer.text.includes('here-I-am'));
    assert.match(String(answer.headers['content-security-policy']), /default-src 'none'/);
    assert.equal(answer.headers['cache-control'], 'no-store');
  });

  it('answers headers that are too large like every other error', async () => {
    const answer = await drip(
      fixture.gateway.port,
      `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
    );
    assert.match(answer, /^HTTP\/1\.1 431 /);
    assert.match(answer, /content-security-policy: default-src 'none'/i);
    assert.match(answer, /\{"error":\{"code":"headersTooLarge","message":/);
  });

  it('answers what is no HTTP like every other error', async () => {
    const answer = await drip(fixture.gateway.port, 'hello\r\n\r\n');
    assert.match(answer, /^HTTP\/1\.1 400 /);
    assert.match(answer, /\{"error":\{"code":"badRequest","message":/);
  });
});
