import assert from 'node:assert/strict';
import http from 'node:http';
import { describe, it } from 'node:test';
import type { AgentsMessage } from '../../../src/shared/agent-sessions.ts';
import { parseAgentsMessage } from '../../../src/shared/agent-sessions.ts';
import type { HealthCheck, SessionOperations } from '../../../harness/contracts.ts';
import { isOperator } from '../../../harness/gateway/operator.ts';
import { analyse } from '../../../harness/telemetry/ended-session.ts';
import { ask, errorCode, gatewayFixture, json, post } from '../../support/node/gateway-fixture.ts';
import type { GatewayFixture } from '../../support/node/gateway-fixture.ts';

const TOKEN = 'the-operators-token';

class FakeOperations implements SessionOperations {
  readonly listeners = new Set<(message: AgentsMessage) => void>();
  readonly ended: string[] = [];
  health: HealthCheck = { id: 'sessions', ok: true };

  snapshot(): AgentsMessage {
    return { type: 'snapshot', nowWallMs: 1, sessions: [], news: [], analytics: analyse([]) };
  }
  watch(listener: (message: AgentsMessage) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
  endSession(sessionId: string): Promise<boolean> {
    this.ended.push(sessionId);
    return Promise.resolve(sessionId === 's1');
  }
  exposition() {
    return Promise.resolve({ contentType: 'text/plain; version=0.0.4', body: 'clara_sessions 0\n' });
  }
  sessionHealth(): HealthCheck {
    return this.health;
  }
  surroundings(): readonly HealthCheck[] {
    return [{ id: 'store', ok: true, reason: 'Redis is away; limits hold for this supervisor alone' }];
  }
}

async function withOperations(
  run: (fixture: GatewayFixture & { operations: FakeOperations }) => Promise<void>,
): Promise<void> {
  const operations = new FakeOperations();
  const fixture = await gatewayFixture({ operations, operatorToken: TOKEN });
  try {
    await run({ ...fixture, operations });
  } finally {
    await fixture.gateway.stop();
  }
}

/** Opens the stream and hands each event to `onEvent`. */
function openStream(port: number, onEvent: (message: AgentsMessage | undefined) => void) {
  const request = http.get({ host: '127.0.0.1', port, path: '/api/agents', agent: false }, (response) => {
    let text = '';
    response.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const parts = text.split('\n\n');
      text = parts.pop() ?? '';
      for (const part of parts)
        if (part.startsWith('data: ')) onEvent(parseAgentsMessage(JSON.parse(part.slice(6))));
    });
    response.on('error', () => undefined);
  });
  request.on('error', () => undefined);
  return request;
}

describe("the operators' paths", () => {
  it('stream a snapshot and what follows, and forget a reader that has gone', () =>
    withOperations(async ({ gateway, operations }) => {
      const got: (AgentsMessage | undefined)[] = [];
      let request: http.ClientRequest | undefined;
      await new Promise<void>((resolve) => {
        request = openStream(gateway.port, (message) => {
          got.push(message);
          if (got.length === 1)
            for (const listener of operations.listeners)
              listener({ type: 'news', news: { atWallMs: 1, sessionId: 's', event: 'hung', text: 'a\nb' } });
          else resolve();
        });
      });
      assert.deepEqual(
        got.map((message) => message?.type),
        ['snapshot', 'news'],
      );
      request?.destroy();
      for (let i = 0; operations.listeners.size > 0; i += 1) {
        assert.ok(i < 1000);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }));

  it('do not keep the gateway from stopping', async () => {
    const operations = new FakeOperations();
    const { gateway } = await gatewayFixture({ operations });
    const ended = new Promise((resolve) => {
      const request = openStream(gateway.port, () => {
        const startedMonoMs = performance.now();
        gateway.stop().then(() => resolve(performance.now() - startedMonoMs), resolve);
      });
      request.on('close', () => undefined);
    });
    assert.ok(Number(await ended) < 650, `${String(await ended)} ms`);
    assert.equal(operations.listeners.size, 0);
  });

  it('end a session by its id, and say when there is none', () =>
    withOperations(async ({ gateway, operations }) => {
      assert.equal((await post(gateway, '/api/agents/end', { sessionId: 's1' })).status, 204);
      const none = await post(gateway, '/api/agents/end', { sessionId: 's2' });
      assert.equal(none.status, 404);
      assert.deepEqual(operations.ended, ['s1', 's2']);
      for (const body of [{}, { sessionId: 7 }, { sessionId: 'x'.repeat(201) }])
        assert.equal(errorCode(await post(gateway, '/api/agents/end', body)), 'badRequest');
    }));

  it('give metrics', () =>
    withOperations(async ({ gateway }) => {
      const answer = await ask(gateway, '/metrics');
      assert.equal(answer.status, 200);
      assert.match(String(answer.headers['content-type']), /^text\/plain; version=0.0.4/);
      assert.equal(answer.text, 'clara_sessions 0\n');
    }));

  it('are nobody’s behind a proxy or of another page, unless the token is shown', () =>
    withOperations(async ({ gateway, operations }) => {
      for (const headers of [
        { 'x-forwarded-for': '203.0.113.7' },
        { origin: 'https://evil.example' },
        { 'sec-fetch-site': 'cross-site' },
        { authorization: 'Bearer wrong', 'x-forwarded-for': '203.0.113.7' },
      ]) {
        const refused = await ask(gateway, '/metrics', { headers });
        assert.equal(refused.status, 403, JSON.stringify(headers));
        assert.equal((await post(gateway, '/api/agents/end', { sessionId: 's1' }, headers)).status, 403);
      }
      assert.deepEqual(operations.ended, []);
      const shown = { 'x-forwarded-for': '203.0.113.7', authorization: `Bearer ${TOKEN}` };
      assert.equal((await ask(gateway, '/metrics', { headers: shown })).status, 200);
    }));

  it('are not there without sessions to tell of', async () => {
    const { gateway } = await gatewayFixture();
    try {
      assert.equal((await ask(gateway, '/metrics')).status, 404);
      assert.equal((await ask(gateway, '/api/agents')).status, 404);
    } finally {
      await gateway.stop();
    }
  });
});

describe('health', () => {
  it('is bad with the reason while a session hangs past its limit, and tells of a store that is away without failing', () =>
    withOperations(async ({ gateway, operations }) => {
      const ready = await ask(gateway, '/readyz');
      assert.equal(ready.status, 200);
      assert.deepEqual(json<{ checks: unknown[] }>(ready).checks.at(-1), {
        id: 'store',
        ok: true,
        reason: 'Redis is away; limits hold for this supervisor alone',
      });
      operations.health = { id: 'sessions', ok: false, reason: 'session s1 hangs for 15 s, limit 10 s' };
      for (const path of ['/healthz', '/readyz']) {
        const answer = await ask(gateway, path);
        assert.equal(answer.status, 503, path);
        assert.match(answer.text, /session s1 hangs for 15 s, limit 10 s/);
      }
    }));
});

describe('an operator', () => {
  const peer = (peerAddress: string | undefined, headers: Record<string, string>) =>
    isOperator({ peerAddress, headers }, undefined);

  it('is on this machine and uses its own name for it', () => {
    assert.equal(peer('127.0.0.1', { host: '127.0.0.1:7890' }), true);
    assert.equal(peer('::ffff:127.0.0.1', { host: 'localhost:7890' }), true);
    assert.equal(peer('::1', { host: '[::1]:7890' }), true);
    assert.equal(peer('127.0.0.1', { host: 'voice.example.org' }), false);
    assert.equal(peer('10.0.0.5', { host: 'localhost:7890' }), false);
    assert.equal(peer(undefined, { host: 'localhost' }), false);
    assert.equal(peer('127.0.0.1', { host: 'localhost', via: '1.1 proxy' }), false);
  });

  it('is never made by an empty token', () => {
    const headers = { host: 'voice.example.org', authorization: 'Bearer ' };
    assert.equal(isOperator({ peerAddress: '10.0.0.5', headers }, ''), false);
  });
});
