import assert from 'node:assert/strict';
import { readFileSync, readdirSync, renameSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { ClaudeCliManager } from '../../../harness/responder/claude-cli-manager.ts';
import { CliMetrics } from '../../../harness/responder/cli-metrics.ts';
import { CliWebhooks, breakingFetch } from '../../../harness/responder/cli-webhooks.ts';
import type { CliWebhook } from '../../../harness/responder/cli-webhooks.ts';
import { dashboardOf } from '../../../harness/responder/dashboard.ts';
import { noteFacts } from '../../../harness/responder/session-facts.ts';
import { isSignedBy } from '../../../harness/telemetry/webhook-signature.ts';
import { fakeCliProcesses } from '../../support/node/fake-cli-processes.ts';
import type { FakeCliProcess } from '../../support/node/fake-cli-processes.ts';
import { FakeEngineClock } from '../../support/node/fake-engine-clock.ts';
import { silentLog } from '../../support/node/silent-log.ts';
import { temporaryFolder } from '../../support/node/temporary-folder.ts';

function build(t: TestContext, onStart: (process: FakeCliProcess) => void) {
  const { start } = fakeCliProcesses(onStart);
  const manager = new ClaudeCliManager({ startProcess: start, random: () => 0 });
  t.after(() => manager.dispose());
  return manager;
}

/** Fails once, then answers. */
function failsOnce(): (process: FakeCliProcess) => void {
  const failed = new Set<string>();
  return (process) => {
    const { sessionId } = process.spec;
    if (failed.has(sessionId)) return process.answers();
    failed.add(sessionId);
    process.exits(1);
  };
}

interface Received {
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A receiver on loopback; `status` may change. */
async function receiver(t: TestContext) {
  const received: Received[] = [];
  const state = { status: 200 };
  let wake: () => void = () => undefined;
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      received.push({ headers: request.headers, body });
      response.writeHead(state.status).end();
      wake();
    });
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  const until = async (count: number): Promise<void> => {
    while (received.length < count) await new Promise<void>((resolve) => (wake = resolve));
  };
  return { url, received, state, until };
}

test('webhooks tell each state, signed, without a word of what was said', async (t) => {
  const { url, received, until } = await receiver(t);
  const manager = build(t, failsOnce());
  await using _hooks = new CliWebhooks(manager, { webhooks: [{ url, secret: 'key' }], log: silentLog });
  await manager.executeClaudeSession('agent-1', 'a secret prompt', { retryDelay: 1 });
  await until(5);
  const bodies = received.map(
    ({ body }) => JSON.parse(body) as { type: string; to?: string; session: { agentId: string } },
  );
  assert.deepEqual(
    bodies.map(({ type, to }) => to ?? type),
    ['running', 'recovering', 'cli.recovery', 'running', 'completed'],
  );
  assert.equal(bodies[0]?.session.agentId, 'agent-1');
  for (const { headers, body } of received) {
    const header = String(headers['clara-signature']);
    assert.equal(isSignedBy('key', body, header, Date.now()), true);
    assert.equal(isSignedBy('another', body, header, Date.now()), false);
    assert.ok(!body.includes('secret prompt') && !body.includes('done'));
  }
});

test('what could not be delivered is delivered by the next process from the journal', async (t) => {
  const { url, received, state, until } = await receiver(t);
  const folder = await temporaryFolder(t);
  const webhooks: CliWebhook[] = [{ url, secret: 'key', events: ['status'] }];
  state.status = 503;
  const manager = build(t, (process) => process.answers());
  const first = new CliWebhooks(manager, { webhooks, log: silentLog, folder });
  await manager.executeClaudeSession('a', 'x');
  await until(1);
  await first.stop();
  assert.equal(first.waiting, 2);
  const journals = readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.jsonl'));
  assert.equal(journals.length, 1);
  const journal = join(folder, journals[0] ?? '');
  renameSync(journal, join(dirname(journal), 'webhooks-1-1.jsonl')); // as if its process were dead
  state.status = 200;
  const before = received.length;
  await using second = new CliWebhooks(manager, { webhooks, log: silentLog, folder });
  await until(before + 2);
  while (second.waiting > 0) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(
    received.slice(before).map(({ body }) => (JSON.parse(body) as { to: string }).to),
    ['running', 'completed'],
  );
});

test('a refused webhook ends in the dead-letter file', async (t) => {
  const { url, state, until } = await receiver(t);
  const folder = await temporaryFolder(t);
  state.status = 410;
  const manager = build(t, (process) => process.answers());
  await using hooks = new CliWebhooks(manager, {
    webhooks: [{ url, secret: 'key', events: ['status'] }],
    log: silentLog,
    folder,
  });
  await manager.executeClaudeSession('a', 'x');
  await until(2);
  while (hooks.waiting > 0) await new Promise((resolve) => setImmediate(resolve));
  const dead = readdirSync(folder, { recursive: true })
    .map(String)
    .find((name) => name.endsWith('webhooks-dead.jsonl'));
  assert.equal(
    readFileSync(join(folder, dead ?? ''), 'utf8')
      .trim()
      .split('\n').length,
    2,
  );
});

test('an address that failed five times is not asked again until its time has passed', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: 1_000_000 });
  let asked = 0;
  let status = 500;
  const request = breakingFetch(() => {
    asked += 1;
    return Promise.resolve(new Response(null, { status }));
  });
  for (let i = 0; i < 8; i += 1) await assert.rejects(request('http://127.0.0.1/'));
  assert.equal(asked, 5);
  t.mock.timers.tick(30_000);
  status = 204;
  assert.equal((await request('http://127.0.0.1/')).status, 204);
  assert.equal((await request('http://127.0.0.1/')).status, 204);
  assert.equal(asked, 7);
});

test('one address that is down keeps the others from nothing', async (t) => {
  const up = await receiver(t);
  const down = await receiver(t);
  down.state.status = 500;
  const manager = build(t, (process) => process.answers());
  await using hooks = new CliWebhooks(manager, {
    webhooks: [down, up].map(({ url }) => ({ url, secret: 'key', events: ['status'] as const })),
    log: silentLog,
  });
  await manager.executeClaudeSession('a', 'x');
  await up.until(2);
  while (hooks.waiting > 2) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(hooks.waiting, 2);
  assert.equal(up.received.length, 2);
});

test('Prometheus: sessions by state, starts, ends, retries, recoveries, durations, profiles', async (t) => {
  const manager = build(t, failsOnce());
  const metrics = new CliMetrics(manager);
  t.after(() => metrics.stop());
  await manager.executeClaudeSession('a', 'x', { retryDelay: 1 });
  await manager.executeClaudeSession('a', 'x', { maxRetries: 0 });
  const { body, contentType } = await metrics.exposition();
  assert.match(contentType, /text\/plain/);
  for (const line of [
    'clara_cli_session_starts_total 2',
    'clara_cli_session_ends_total{status="completed",category=""} 1',
    'clara_cli_session_ends_total{status="failed",category="exitCode"} 1',
    'clara_cli_retries_total{category="exitCode"} 1',
    'clara_cli_retries_total{category="timeout"} 0',
    'clara_cli_recoveries_total{outcome="recovered"} 1',
    'clara_cli_session_duration_seconds_count 2',
    'clara_cli_sessions{status="completed"} 1',
    'clara_cli_sessions{status="running"} 0',
    'clara_cli_stale_sessions 0',
    'clara_cli_profile_usable{profile="default"} 1',
  ])
    assert.ok(body.split('\n').includes(line), line);
});

test('the board of the agent side hears of CLI sessions in its own words', async (t) => {
  const manager = build(t, failsOnce());
  const facts: string[] = [];
  t.after(noteFacts(manager, (_id, kind, fact) => facts.push(`${kind} ${fact.type}`)));
  await manager.executeClaudeSession('a', 'x', { retryDelay: 1 });
  assert.deepEqual(facts, [
    'cli started',
    'cli state',
    'cli state',
    'cli recovery',
    'cli state',
    'cli turn',
    'cli state',
    'cli ended',
  ]);
});

test('at each health check the board hears of the memory and CPU time of what runs', async (t) => {
  const clock = new FakeEngineClock();
  const { processes, start } = fakeCliProcesses();
  const manager = new ClaudeCliManager({ clock, startProcess: start });
  t.after(() => manager.dispose());
  const usages: unknown[] = [];
  t.after(noteFacts(manager, (_id, _kind, fact) => fact.type === 'usage' && usages.push(fact)));
  manager.startClaudeSession('a', 'x');
  await clock.advance(0);
  processes[0]?.handlers.onUsage({ rssBytes: 5000, cpuMs: 70.4, atMonoMs: 0, processes: 2 });
  await clock.advance(30_000);
  assert.deepEqual(usages, [{ type: 'usage', rssBytes: 5000, cpuMs: 70 }]);
});

test('the dashboard’s JSON has sessions, health, figures and profiles, and nothing that was said', async (t) => {
  const manager = build(t, (process) => process.answers('private words'));
  await manager.executeClaudeSession('a', 'another private word');
  await manager.executeClaudeSession('b', 'x');
  const shown = dashboardOf(manager);
  assert.deepEqual(
    shown.sessions.map(({ agentId, status }) => [agentId, status]),
    [
      ['b', 'completed'],
      ['a', 'completed'],
    ],
  );
  assert.equal(shown.health.totalSessions, 2);
  assert.equal(shown.stats.prediction.verdict, 'notEnoughData');
  assert.equal(shown.profiles[0]?.name, 'default');
  assert.ok(!JSON.stringify(shown).includes('private'));
  assert.equal(dashboardOf(manager, 1).sessions.length, 1);
});
