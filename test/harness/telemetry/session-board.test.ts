import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseAgentsMessage } from '../../../src/shared/agent-sessions.ts';
import type { AgentsMessage } from '../../../src/shared/agent-sessions.ts';
import { EndedJournal } from '../../../harness/telemetry/ended-journal.ts';
import { analyse } from '../../../harness/telemetry/ended-session.ts';
import { SessionBoard } from '../../../harness/telemetry/session-board.ts';
import { SessionMetrics } from '../../../harness/telemetry/session-metrics.ts';
import { FakeEngineClock } from '../../support/node/fake-engine-clock.ts';
import { temporaryFolder } from '../../support/node/temporary-folder.ts';

const fail = (error: unknown): never => {
  throw error;
};

function build() {
  const clock = new FakeEngineClock();
  const journal = new EndedJournal(undefined, fail);
  const board = new SessionBoard({ clock, journal, onError: fail });
  return { clock, journal, board };
}

/** A session's whole life. */
async function live(board: SessionBoard, clock: FakeEngineClock, id = 's1'): Promise<void> {
  board.note(id, 'voice', { type: 'started' });
  board.note(id, 'voice', { type: 'latency', of: 'join', tookMs: 300 });
  board.note(id, 'voice', { type: 'state', state: 'connected' });
  board.note(id, 'voice', { type: 'usage', rssBytes: 100, cpuMs: 20 });
  board.note(id, 'voice', { type: 'usage', rssBytes: 80, cpuMs: 40 });
  board.note(id, 'voice', { type: 'turn' });
  board.note(id, 'voice', { type: 'latency', of: 'answer', tookMs: 700 });
  board.note(id, 'voice', { type: 'error', code: 'ttsFailed' });
  board.note(id, 'voice', { type: 'hung', how: 'silent', forMs: 3500 });
  board.note(id, 'voice', { type: 'recovery', attempt: 1, why: 'hung' });
  await clock.advance(60_000);
}

test('a running session is shown with all that is known of it, and is gone when it has ended', async () => {
  const { clock, board } = build();
  await live(board, clock);
  assert.deepEqual(board.sessions(), [
    {
      sessionId: 's1',
      kind: 'voice',
      state: 'connected',
      startedWallMs: 1_700_000_000_000,
      rssBytes: 80,
      cpuMs: 40,
      messages: 1,
      recoveries: 1,
      reconnections: 0,
      errors: 1,
      lastError: 'ttsFailed',
      answerMs: 700,
    },
  ]);
  board.note('s1', 'voice', { type: 'ended', reason: 'bye', outcome: 'good' });
  assert.deepEqual(board.sessions(), []);
});

test('an ended session is one line of the journal with its length, its worst memory and its errors by code', async () => {
  const { clock, board, journal } = build();
  await live(board, clock);
  board.note('s1', 'voice', { type: 'ended', reason: 'bye', outcome: 'good' });
  assert.deepEqual(journal.ended, [
    {
      sessionId: 's1',
      kind: 'voice',
      startedWallMs: 1_700_000_000_000,
      durationMs: 60_000,
      reason: 'bye',
      outcome: 'good',
      messages: 1,
      recoveries: 1,
      reconnections: 0,
      hangs: 1,
      errors: { ttsFailed: 1 },
      joinMs: 300,
      answerMs: 700,
      maxRssBytes: 100,
      cpuMs: 40,
    },
  ]);
});

test('what is told of a session that never began, or is over, changes nothing', () => {
  const { board, journal } = build();
  board.note('ghost', 'voice', { type: 'turn' });
  board.note('ghost', 'voice', { type: 'ended', reason: 'bye', outcome: 'good' });
  assert.deepEqual(board.sessions(), []);
  assert.deepEqual(journal.ended, []);
});

test('every message of the stream is understood by the page, and a damaged one is not', async () => {
  const { clock, board } = build();
  const told: AgentsMessage[] = [board.snapshot()];
  board.messages.on((message) => told.push(message));
  await live(board, clock);
  told.push(board.snapshot());
  board.note('s1', 'voice', { type: 'ended', reason: 'bye', outcome: 'good' });
  assert.deepEqual([...new Set(told.map(({ type }) => type))].sort(), [
    'ended',
    'news',
    'session',
    'snapshot',
  ]);
  for (const message of told)
    assert.deepEqual(parseAgentsMessage(JSON.parse(JSON.stringify(message))), message);
  for (const value of [
    undefined,
    [],
    { type: 'session', session: { sessionId: 1 } },
    { type: 'news', news: {} },
    { type: 'snapshot', nowWallMs: 1, sessions: [{}], news: [], analytics: analyse([]) },
    { type: 'ended', sessionId: 's', analytics: { ...analyse([]), durationMs: 3 } },
    { type: 'ended', sessionId: 's', analytics: { ...analyse([]), outlook: [{ kind: 'cli' }] } },
  ])
    assert.equal(parseAgentsMessage(value), undefined, JSON.stringify(value));
});

test('analytics count reasons, errors, recoveries and lengths; names of objects are ordinary names', () => {
  const ended = (durationMs: number, recoveries: number, outcome: 'good' | 'bad') => ({
    sessionId: 's',
    kind: 'voice',
    startedWallMs: 5,
    durationMs,
    reason: 'constructor',
    outcome,
    messages: 0,
    recoveries,
    reconnections: 0,
    hangs: 0,
    errors: { toString: 2 },
  });
  const found = analyse([ended(1, 0, 'good'), ended(9, 2, 'good'), ended(5, 1, 'bad')]);
  assert.deepEqual(found.durationMs, { count: 3, p50: 5, p95: 9 });
  assert.deepEqual(found.answerMs, { count: 0, p50: 0, p95: 0 });
  assert.deepEqual(found.endReasons, { constructor: 3 });
  assert.deepEqual(found.errorsByCode, { toString: 6 });
  assert.deepEqual(found.recoveries, { total: 3, sessions: 2, survived: 1 });
});

test('the ended sessions of a dead supervisor are taken in once; corrupt lines are skipped and counted', async (t) => {
  const folder = await temporaryFolder(t);
  const clock = new FakeEngineClock();
  const first = new EndedJournal(folder, fail);
  const board = new SessionBoard({ clock, journal: first, onError: fail });
  await live(board, clock);
  board.note('s1', 'voice', { type: 'ended', reason: 'bye', outcome: 'good' });
  first.close();
  const [own = ''] = readdirSync(folder);
  const dead = join(folder, 'ended-999999-1.jsonl');
  writeFileSync(dead, readFileSync(join(folder, own), 'utf8').replace('"s1"', '"of the dead"'));
  appendFileSync(dead, 'no json\n{"sessionId":""}\n');
  writeFileSync(join(folder, own), '');
  const next = new EndedJournal(folder, fail);
  t.after(() => next.close());
  assert.equal(next.corruptLines, 2);
  assert.deepEqual(
    next.ended.map(({ sessionId }) => sessionId),
    ['of the dead'],
  );
  assert.deepEqual(readdirSync(folder), [own]);
  assert.match(readFileSync(join(folder, own), 'utf8'), /of the dead/);
});

test('metrics say how many sessions are in which state, and count starts, ends, hangs, errors and latencies', async () => {
  const { clock, board } = build();
  const metrics = new SessionMetrics(board, {
    isLinkUp: () => false,
    isStoreShared: () => true,
    warmProcesses: () => 1,
  });
  await live(board, clock);
  const { body, contentType } = await metrics.exposition();
  assert.match(contentType, /^text\/plain/);
  for (const line of [
    'clara_sessions{kind="voice",state="connected"} 1',
    'clara_session_starts_total{kind="voice"} 1',
    'clara_session_hangs_total{kind="voice",how="silent"} 1',
    'clara_session_recoveries_total{kind="voice",why="hung"} 1',
    'clara_session_errors_total{kind="voice",code="ttsFailed"} 1',
    'clara_session_rss_bytes{kind="voice"} 80',
    'clara_session_cpu_seconds{kind="voice"} 0.04',
    'clara_answer_seconds_bucket{le="0.7",kind="voice"} 1',
    'clara_join_seconds_count{kind="voice"} 1',
    'clara_server_link_up 0',
    'clara_store_shared 1',
    'clara_warm_processes 1',
  ])
    assert.ok(body.includes(`${line}\n`), line);
  board.note('s1', 'voice', { type: 'ended', reason: 'bye', outcome: 'good' });
  const after = (await metrics.exposition()).body;
  assert.ok(after.includes('clara_sessions{kind="voice",state="connected"} 0\n'));
  assert.ok(after.includes('clara_session_ends_total{kind="voice",reason="bye",outcome="good"} 1\n'));
  assert.ok(after.includes('clara_session_duration_seconds_count{kind="voice"} 1\n'));
  metrics.stop();
});

test('foreign texts never become labels, and a label has few values', async () => {
  const { board } = build();
  const metrics = new SessionMetrics(board);
  board.note('s', 'voice', { type: 'started' });
  board.note('s', 'voice', { type: 'error', code: 'a "text"\nof somebody' });
  for (let i = 0; i < 200; i += 1) board.note('s', 'voice', { type: 'error', code: `code${i}` });
  const { body } = await metrics.exposition();
  assert.ok(!body.includes('somebody'));
  const series = body.split('\n').filter((line) => line.startsWith('clara_session_errors_total{'));
  assert.equal(series.length, 41);
  metrics.stop();
});
