import assert from 'node:assert/strict';
import { once } from 'node:events';
import { appendFileSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { NO_ALERTS, judgeAlerts } from '../../../harness/telemetry/alert-rules.ts';
import type { EndedSession } from '../../../harness/telemetry/ended-session.ts';
import { Telemetry } from '../../../harness/telemetry/telemetry.ts';
import { DEAD_LETTERS, WebhookOutbox } from '../../../harness/telemetry/webhook-outbox.ts';
import { isSignedBy, signWebhook } from '../../../harness/telemetry/webhook-signature.ts';
import { FakeEngineClock, turn } from '../../support/node/fake-engine-clock.ts';
import { keptLog } from '../../support/node/kept-log.ts';
import { silentLog } from '../../support/node/silent-log.ts';
import { temporaryFolder } from '../../support/node/temporary-folder.ts';

const SECRET = 'a secret of this test';

function ended(answerMs: number, maxRssBytes = 100): EndedSession {
  return {
    sessionId: 's',
    kind: 'voice',
    startedWallMs: 1,
    durationMs: 1,
    reason: 'bye',
    outcome: 'good',
    messages: 0,
    recoveries: 0,
    reconnections: 0,
    hangs: 0,
    errors: {},
    answerMs,
    maxRssBytes,
  };
}

/** The alert codes of each of these sessions' ends. */
function codesOf(sessions: readonly EndedSession[]): string[][] {
  let state = NO_ALERTS;
  return sessions.map((one) => {
    const judged = judgeAlerts(state, { type: 'over', ended: one });
    state = judged.state;
    return judged.alerts.map(({ code }) => code);
  });
}

const many = (count: number, ...of: [number, number?]): EndedSession[] =>
  Array.from({ length: count }, () => ended(...of));

test('a time to answer that has doubled over the last 20 sessions alerts once, and again after it was good', () => {
  const codes = codesOf([...many(10, 400), ...many(12, 800), ...many(30, 400), ...many(10, 900)]);
  assert.deepEqual(codes.flat(), ['latencyDegraded', 'latencyDegraded']);
  assert.deepEqual(codes.slice(0, 10).flat(), []);
});

test('memory that has doubled alerts, a growth below that and a handful of sessions do not', () => {
  assert.deepEqual(codesOf([...many(10, 400, 100), ...many(10, 400, 200)]).flat(), ['memoryDegraded']);
  assert.deepEqual(codesOf([...many(10, 400, 100), ...many(10, 400, 190)]).flat(), []);
  assert.deepEqual(codesOf([...many(4, 400), ...many(4, 4000)]).flat(), []);
});

test('sessions of one kind are compared with their own kind only', () => {
  const small = many(10, 400, 100).map((one) => ({ ...one, kind: 'cli' }));
  assert.deepEqual(codesOf([...small, ...many(10, 400, 300)]).flat(), []);
  const mixed = [...many(10, 400, 100), ...many(10, 400, 300)].flatMap((one, at) => [
    one,
    small[at % 10] ?? one,
  ]);
  assert.deepEqual(codesOf(mixed).flat(), ['memoryDegraded']);
});

test('a signature holds for its body, its secret and its time only', () => {
  const now = 1_700_000_000_000;
  const header = signWebhook(SECRET, '{"a":1}', now);
  assert.equal(isSignedBy(SECRET, '{"a":1}', header, now + 60_000), true);
  assert.equal(isSignedBy(SECRET, '{"a":2}', header, now), false);
  assert.equal(isSignedBy('other', '{"a":1}', header, now), false);
  assert.equal(isSignedBy(SECRET, '{"a":1}', header, now + 400_000), false);
  assert.equal(isSignedBy(SECRET, '{"a":1}', 'v1=00', now), false);
});

/** Takes webhooks and answers with what `answers` say, then 204. */
async function receiver(t: TestContext, answers: number[] = []) {
  const got: { body: string; id: string; isSigned: boolean }[] = [];
  const server = http.createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const signature = String(request.headers['clara-signature']);
      const isSigned = isSignedBy(SECRET, body, signature, 1_700_000_000_000);
      got.push({ body, id: String(request.headers['clara-delivery']), isSigned });
      const status = answers.shift() ?? 204;
      response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { got, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook` };
}

async function untilEmpty(outbox: WebhookOutbox, clock: FakeEngineClock): Promise<void> {
  for (let i = 0; outbox.waiting > 0; i += 1) {
    assert.ok(i < 5000, 'the outbox is not empty after 5000 turns');
    await turn();
    if (clock.timerCount > 0) await clock.advance(60_000);
  }
}

test('an alert reaches log, metric and a signed webhook', async (t) => {
  const { got, url } = await receiver(t);
  const { log, lines } = keptLog();
  const telemetry = new Telemetry({
    log,
    clock: new FakeEngineClock(),
    webhook: { url, secret: SECRET },
    random: () => 0,
  });
  telemetry.note('s1', 'voice', { type: 'started' });
  telemetry.note('s1', 'voice', { type: 'warning', code: 'longSession', text: 'It is long.' });
  telemetry.note('s1', 'voice', { type: 'hung', how: 'silent', forMs: 3500 });
  for (let i = 0; got.length < 2; i += 1) {
    assert.ok(i < 5000);
    await turn();
  }
  assert.deepEqual(
    got.map(({ body, isSigned }) => [(JSON.parse(body) as { code: string }).code, isSigned]),
    [
      ['longSession', true],
      ['sessionHung', true],
    ],
  );
  const { body } = await telemetry.metrics.exposition();
  assert.match(body, /clara_alerts_total\{code="longSession"\} 1/);
  assert.ok(lines.some((line) => line['event'] === 'alert' && line['code'] === 'sessionHung'));
  assert.ok(!JSON.stringify(lines).includes(SECRET));
  await telemetry.stop();
});

test('what is not taken is sent again with the same id until it is; a redirect is not followed', async (t) => {
  const { got, url } = await receiver(t, [500, 503, 429, 204, 302]);
  const clock = new FakeEngineClock();
  const folder = await temporaryFolder(t);
  const outbox = new WebhookOutbox({ url, secret: SECRET, clock, log: silentLog, random: () => 0, folder });
  outbox.send({ code: 'first' });
  await untilEmpty(outbox, clock);
  assert.equal(got.length, 4);
  assert.equal(new Set(got.map(({ id }) => id)).size, 1);
  outbox.send({ code: 'second' });
  await untilEmpty(outbox, clock);
  assert.equal(got.length, 5);
  assert.match(readFileSync(join(folder, DEAD_LETTERS), 'utf8'), /second.*refused/);
  await outbox.stop();
  assert.deepEqual(readdirSync(folder), [DEAD_LETTERS]);
});

test('what nobody takes ends as a dead letter after its tries', async (t) => {
  const { got, url } = await receiver(
    t,
    Array.from({ length: 20 }, () => 500),
  );
  const clock = new FakeEngineClock();
  const folder = await temporaryFolder(t);
  const outcomes: string[] = [];
  const outbox = new WebhookOutbox({
    url,
    secret: SECRET,
    clock,
    log: silentLog,
    random: () => 0.5,
    folder,
    maxTries: 3,
    onOutcome: (outcome) => outcomes.push(outcome),
  });
  outbox.send({ code: 'x' });
  await untilEmpty(outbox, clock);
  assert.equal(got.length, 3);
  assert.deepEqual(outcomes, ['failed', 'failed', 'failed', 'dead']);
  assert.match(readFileSync(join(folder, DEAD_LETTERS), 'utf8'), /"why":"failed after 3 tries"/);
  await outbox.stop();
});

test('what a dead supervisor had not delivered is delivered by the next one, at least once', async (t) => {
  const folder = await temporaryFolder(t);
  const clock = new FakeEngineClock();
  const log = silentLog;
  const nowhere = { url: 'http://127.0.0.1:1/', secret: SECRET, clock, log, random: () => 0, folder };
  const first = new WebhookOutbox(nowhere);
  first.send({ code: 'left behind' });
  await first.stop();
  const [own = ''] = readdirSync(folder);
  const dead = join(folder, 'webhooks-999999-1.jsonl');
  writeFileSync(dead, readFileSync(join(folder, own)));
  appendFileSync(dead, '{"type":"queued","id":"to');
  writeFileSync(join(folder, own), '');
  const { got, url } = await receiver(t);
  const second = new WebhookOutbox({ ...nowhere, url });
  assert.equal(second.corruptLines, 1);
  await untilEmpty(second, clock);
  assert.equal((JSON.parse(got[0]?.body ?? '{}') as { code?: string }).code, 'left behind');
  await second.stop();
  assert.deepEqual(readdirSync(folder), []);
});

test('a stop does not wait for a receiver that never answers', async (t) => {
  const server = http.createServer(() => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const outbox = new WebhookOutbox({
    url,
    secret: SECRET,
    clock: new FakeEngineClock(),
    log: silentLog,
    random: () => 0,
  });
  const asked = once(server, 'request');
  outbox.send({ code: 'x' });
  await asked;
  const startedMonoMs = performance.now();
  await outbox.stop();
  assert.ok(performance.now() - startedMonoMs < 500);
});
