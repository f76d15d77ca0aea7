import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chaosResult, mergeChaos } from '../../../harness/scenario/chaos-result.ts';
import { percentile, percentiles } from '../../../harness/scenario/percentiles.ts';
import { syntheticRun } from './synthetic-calls.ts';

test('percentiles are values that were measured', () => {
  const twenty = Array.from({ length: 20 }, (_, index) => index + 1);
  assert.equal(percentile(twenty, 50), 10);
  assert.equal(percentile(twenty, 95), 19);
  assert.equal(percentile(twenty, 100), 20);
  assert.equal(percentile([7], 95), 7);
  assert.equal(percentile([9, 1, 5], 50), 5);
  assert.equal(percentile([], 50), null);
  for (const bad of [0, -1, 101, NaN]) assert.throws(() => percentile([1], bad), RangeError);
});

test('what never came counts as latest', () => {
  assert.deepEqual(percentiles([1, 2, null]), { p50: 2, p95: null });
  assert.deepEqual(percentiles([1, null, null]), { p50: null, p95: null });
  assert.deepEqual(percentiles([]), { p50: null, p95: null });
});

const run = (client: 'clara' | 'stock', number: number, audioBackMs: number | null, pass = true) =>
  syntheticRun({
    id: 'hole-5',
    client,
    run: number,
    lastsMs: 5_000,
    toldMs: 3_000,
    audioBackMs,
    shownBackMs: audioBackMs,
    pass,
  });

test('the summary has one line for each client, stock first', () => {
  const { summary } = chaosResult(7, [
    run('clara', 1, 300),
    run('clara', 2, 500, false),
    run('stock', 1, null, false),
  ]);
  assert.deepEqual(
    summary.map(({ client, runs, passed, audioBackMs }) => ({ client, runs, passed, audioBackMs })),
    [
      { client: 'stock', runs: 1, passed: 0, audioBackMs: { p50: null, p95: null } },
      { client: 'clara', runs: 2, passed: 1, audioBackMs: { p50: 300, p95: 500 } },
    ],
  );
  assert.equal(summary[1]?.wordsLost.toAgent, 11 + 12);
});

test('shards merge into what one run would have given', () => {
  const runs = [run('stock', 1, 900), run('clara', 1, 300), run('clara', 2, 500)];
  const whole = chaosResult(7, runs);
  const merged = mergeChaos([chaosResult(7, runs.slice(0, 2)), chaosResult(7, runs.slice(1))]);
  assert.deepEqual(merged, whole);
  assert.throws(() => mergeChaos([chaosResult(7, []), chaosResult(8, [])]), /seeds \(7 and 8\)/);
});
