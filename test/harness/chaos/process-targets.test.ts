import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { lookedUp } from '../../../harness/chaos/process-targets.ts';

/** The kernel stops and continues a process a moment after the signal. */
async function untilStopped(pid: number, isStopped: boolean): Promise<void> {
  const limit = AbortSignal.timeout(5_000);
  const state = (): string | undefined => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.[0];
  while ((state() === 'T') !== isStopped) await sleep(10, undefined, { signal: limit });
}

test('what was stopped together goes on together, also when one of it has died meanwhile', async (t) => {
  const [dying, lasting] = [0, 1].map(() => spawn('sleep', ['30'], { stdio: 'ignore' }));
  assert.ok(dying?.pid !== undefined && lasting?.pid !== undefined);
  const { pid } = lasting;
  t.after(() => [dying, lasting].forEach((child) => child.kill('SIGKILL')));
  const both = lookedUp('sleeper', () => [dying, lasting].map((child) => ({ pid: child.pid ?? 0 })));
  both.send('SIGSTOP');
  await untilStopped(pid, true);
  const gone = once(dying, 'exit');
  dying.kill('SIGKILL');
  await gone;
  assert.throws(() => both.send('SIGCONT'), { code: 'ESRCH' });
  await untilStopped(pid, false);
});
