import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { nextWatch } from '../../../harness/supervisor/watchdog-cells.ts';
import { startWatchdog } from '../../../harness/supervisor/watchdog.ts';
import { processEnd } from '../../support/node/process-ends.ts';
import { sourceArguments } from '../../support/node/run-program.ts';

/** Starts the child and waits for its first line: its pid, and of what it started. */
async function start(
  t: TestContext,
  limitMs: number,
  mode: string,
): Promise<{ child: ChildProcess; pids: number[] }> {
  const child = spawn(
    process.execPath,
    [...sourceArguments('test/harness/supervisor/watchdog-child.ts'), String(limitMs), mode],
    { stdio: ['ignore', 'pipe', 'inherit'], detached: true },
  );
  t.after(() => child.kill('SIGKILL'));
  const [line] = (await once(child.stdout ?? child, 'data')) as [Buffer];
  return { child, pids: JSON.parse(line.toString()) as number[] };
}

describe('a look of the watchdog', () => {
  const order = { limitMs: 1000, parentPid: 7, lookMs: 50 };
  const state = { beat: 5, sinceMonoMs: 0, lookedMonoMs: 950 };

  test('a beat that stands for the limit ends the process', () => {
    const seen = { beat: 5, parentPid: 7 };
    assert.equal(nextWatch(state, { ...seen, nowMonoMs: 999 }, order).end, undefined);
    assert.equal(nextWatch(state, { ...seen, nowMonoMs: 1000 }, order).end, 'loopStands');
  });

  test('a beat that moves gives a new allowance', () => {
    const next = nextWatch(state, { beat: 6, parentPid: 7, nowMonoMs: 1000 }, order);
    assert.deepEqual(next, { state: { beat: 6, sinceMonoMs: 1000, lookedMonoMs: 1000 }, end: undefined });
  });

  test('a changed parent ends the process whatever the beat', () => {
    assert.equal(nextWatch(state, { beat: 6, parentPid: 1, nowMonoMs: 1000 }, order).end, 'parentGone');
  });

  test('a process that was stopped as a whole gets a new allowance', () => {
    const next = nextWatch(state, { beat: 5, parentPid: 7, nowMonoMs: 61_000 }, order);
    assert.equal(next.end, undefined);
    assert.equal(next.state.sinceMonoMs, 61_000);
  });
});

test('a child whose loop stands still is killed by its own thread, with what it started', async (t) => {
  const { child, pids } = await start(t, 600, 'grandchild');
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  assert.deepEqual([code, signal], [null, 'SIGKILL']);
  assert.equal(pids.length, 2);
  for (const pid of pids) await processEnd(pid, 2000);
});

test('after SIGKILL of its parent a calm child ends by itself', async (t) => {
  const { child, pids } = await start(t, 5000, 'parent-calm');
  child.kill('SIGKILL');
  const tookMs = await processEnd(pids[0] ?? 0, 4000);
  assert.ok(tookMs < 4000);
});

test('after SIGKILL of its parent a child whose loop stands still ends too', async (t) => {
  const { child, pids } = await start(t, 5000, 'parent-busy');
  child.kill('SIGKILL');
  await processEnd(pids[0] ?? 0, 4000);
});

for (const mode of ['blocked', 'stopped']) {
  const what = mode === 'blocked' ? 'stands still for less than the limit' : 'has stopped its watchdog';
  test(`a child that ${what} lives`, async (t) => {
    const { child } = await start(t, 600, mode);
    const [line] = (await once(child.stdout ?? child, 'data')) as [Buffer];
    assert.equal(line.toString().trim(), 'alive');
    assert.equal(child.exitCode, null);
  });
}

test('a child that was stopped and goes on is not killed for the time between', async (t) => {
  const { child, pids } = await start(t, 600, 'calm');
  child.kill('SIGSTOP');
  const exit = once(child, 'exit');
  await new Promise((resolve) => setTimeout(resolve, 1500)); // a real standstill of a real process
  child.kill('SIGCONT');
  await new Promise((resolve) => setTimeout(resolve, 900));
  assert.equal(child.exitCode ?? child.signalCode, null);
  process.kill(pids[0] ?? 0, 'SIGKILL');
  await exit;
});

test('a limit that is no time is refused with value and least', () => {
  assert.throws(() => startWatchdog({ limitMs: 0 }), /0 ms.*50 ms/);
});
