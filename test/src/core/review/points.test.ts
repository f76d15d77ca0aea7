import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decimate, tableRows } from '../../../../src/core/review/decimate.ts';
import { AnswerReader, answersOf, SpeechEdgeReader } from '../../../../src/core/review/heard-latency.ts';
import type { SpeechEdge } from '../../../../src/core/review/heard-latency.ts';

const user = (atMs: number, isOn: boolean): SpeechEdge => ({ atMs, side: 'user', isOn });
const agent = (atMs: number, isOn: boolean): SpeechEdge => ({ atMs, side: 'agent', isOn });

test('an answer is timed from the end of speech to the first sound', () => {
  assert.deepEqual(answersOf([user(0, true), user(1000, false), agent(1700, true), agent(3000, false)]), [
    { atMs: 1700, latencyMs: 700 },
  ]);
});

test('a user who goes on speaking is waited for', () => {
  const edges = [user(0, true), user(1000, false), user(1400, true), user(2000, false), agent(2500, true)];
  assert.deepEqual(answersOf(edges), [{ atMs: 2500, latencyMs: 500 }]);
});

test('an agent that was speaking already has not answered', () => {
  assert.deepEqual(answersOf([agent(0, true), user(500, true), user(900, false), agent(2000, false)]), []);
});

test('a second sound of the agent is no second answer, and a greeting is none at all', () => {
  const edges = [agent(0, true), agent(500, false), user(600, true), user(900, false)];
  const later = [agent(1000, true), agent(1500, false), agent(1800, true)];
  assert.deepEqual(answersOf([...edges, ...later]), [{ atMs: 1000, latencyMs: 100 }]);
});

test('a sound half a minute later is no answer', () => {
  assert.deepEqual(answersOf([user(0, true), user(1000, false), agent(31_001, true)]), []);
});

test('an answer that begins before the end of speech is certain is found all the same', () => {
  const reader = new AnswerReader();
  assert.equal(reader.next(user(0, true)), undefined);
  assert.equal(reader.next(agent(1200, true)), undefined);
  assert.deepEqual(reader.next(user(1000, false)), { atMs: 1200, latencyMs: 200 });
});

test('levels become edges at the times of the sound: clicks and short pauses make none', () => {
  const reader = new SpeechEdgeReader('user');
  const loud = (atMs: number): boolean =>
    (atMs >= 100 && atMs < 120) || (atMs >= 500 && atMs < 900) || (atMs >= 1100 && atMs < 1500);
  const edges: SpeechEdge[] = [];
  for (let atMs = 0; atMs < 2500; atMs += 20) {
    const edge = reader.next(atMs, loud(atMs) ? 0.2 : 0.001);
    if (edge !== undefined) edges.push(edge);
  }
  assert.deepEqual(edges, [user(500, true), user(1500, false)]);
});

test('a decimated line keeps its ends and its extremes and has no more points than asked for', () => {
  const values = fc.array(fc.oneof(fc.integer({ min: -1000, max: 1000 }), fc.constant(NaN)), {
    maxLength: 400,
  });
  fc.assert(
    fc.property(values, fc.integer({ min: 1, max: 30 }), (y, buckets) => {
      const x = y.map((_, row) => row * 1000);
      const line = decimate(x, y, buckets);
      assert.equal(line.x.length, line.y.length);
      assert.ok(line.x.length <= Math.max(4 * buckets, 0));
      const drawn = line.y.filter((value) => value !== null);
      const known = y.filter((value) => !Number.isNaN(value));
      if (known.length === 0) return;
      assert.equal(Math.max(...drawn), Math.max(...known));
      assert.equal(Math.min(...drawn), Math.min(...known));
      assert.equal(drawn[0], known[0]);
      assert.equal(drawn.at(-1), known.at(-1));
      line.x.forEach((at, row) => assert.ok(row === 0 || at > (line.x[row - 1] ?? 0)));
    }),
  );
});

test('a stretch without values stays a gap in the decimated line', () => {
  const x = Array.from({ length: 100 }, (_, row) => row);
  const y = x.map((row) => (row >= 40 && row < 60 ? NaN : row));
  const line = decimate(x, y, 10);
  assert.deepEqual(
    line.x.filter((_, row) => line.y[row] === null).every((at) => at >= 40 && at < 60),
    true,
  );
  assert.ok(line.y.includes(null));
});

test('rows of the hidden table cover the whole and hold every value once', () => {
  const x = Array.from({ length: 3600 }, (_, row) => row * 1000);
  const rows = tableRows(
    x,
    x.map(() => 2),
    60,
  );
  assert.equal(rows.length, 60);
  assert.deepEqual([rows[0]?.fromMs, rows.at(-1)?.toMs], [0, 3_599_000]);
  assert.deepEqual(rows[7], { ...rows[7], mean: 2, min: 2, max: 2 });
  assert.deepEqual(tableRows([], [], 10), []);
  assert.deepEqual(tableRows([5], [1], 10), [{ fromMs: 5, toMs: 5, mean: 1, min: 1, max: 1 }]);
  assert.deepEqual(tableRows([0, 1000], [NaN, NaN], 1), [{ fromMs: 0, toMs: 1000 }]);
});
