import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BENCH_PARTS } from '../../../harness/bench/bench-parts.ts';
import { atLeast, atMost, ratioAtMost, thisMachine } from '../../../harness/bench/bench-result.ts';
import type { BenchResult } from '../../../harness/bench/bench-result.ts';
import {
  measureLeftovers,
  measureOutput,
  measureProof,
  measureRecovery,
} from '../../../harness/bench/cli-bench.ts';
import { runProgram } from '../../support/node/run-program.ts';
import { silentLog } from '../../support/node/silent-log.ts';

test('a figure holds at its bar and not beyond it, a ratio by itself', () => {
  assert.deepEqual(atMost('a.b', 2, 2, 's'), { id: 'a.b', value: 2, unit: 's', bar: 2, ok: true });
  assert.equal(atMost('a.b', 2.001, 2, 's').ok, false);
  assert.equal(atLeast('a.b', 99.9, 100, '%').ok, false);
  assert.deepEqual(ratioAtMost('a.b', 30, 20, 1.4, 'ms'), {
    id: 'a.b',
    value: 30,
    unit: 'ms',
    bar: 1.4,
    ok: false,
    base: 20,
    ratio: 1.5,
  });
  assert.equal(thisMachine().node, process.versions.node);
});

test('bench refuses a part that is none, naming those there are', async () => {
  const { code, stderr, stdout } = await runProgram('harness/cli/main.ts', [
    'bench',
    '--only',
    'nothing',
    '--json',
  ]);
  assert.equal(code, 2);
  assert.equal(stdout, '');
  for (const name of Object.keys(BENCH_PARTS)) assert.ok(stderr.includes(name), name);
});

test('the measurements of command-line sessions work, in small', async () => {
  const results: BenchResult[] = [];
  const tell = (result: BenchResult): void => void results.push(result);
  await measureLeftovers(silentLog, tell, 60, 10);
  await measureOutput(silentLog, tell, 4);
  await measureRecovery(silentLog, tell, 4, 20);
  await measureProof(silentLog, tell);
  const value = (id: string) => results.find((result) => result.id === id)?.value;
  assert.equal(value('cli.left1000'), 0);
  assert.equal(value('cli.unexpected1000'), 0);
  assert.equal(value('cli.recoveryRate'), 100);
  assert.ok((value('cli.sigtermProof') ?? 0) >= 3, 'it was asked politely first');
});
