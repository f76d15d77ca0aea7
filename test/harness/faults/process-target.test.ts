import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { processEnd } from '../../../harness/faults/process-end.ts';
import { processPause } from '../../../harness/faults/process-pause.ts';
import { pidTarget } from '../../../harness/faults/process-target.ts';

const never = new AbortController().signal;

/** A child that prints a line every 5 ms; with `deafOnce` the first SIGTERM only sets it draining. */
async function chatter(deafOnce = false): Promise<ChildProcess & { readonly pid: number }> {
  const drain = deafOnce ? 'let n=0;process.on("SIGTERM",()=>{n+=1;if(n===2)process.exit(0)});' : '';
  const child = spawn(
    process.execPath,
    ['-e', `${drain}setInterval(()=>console.log("x"),5);console.log("x")`],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  await once(child.stdout, 'data', { signal: AbortSignal.timeout(5_000) });
  return child as ChildProcess & { readonly pid: number };
}

const stateOf = (pid: number): string | undefined =>
  readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.[0];

test('a paused process stands still and goes on when undone', async () => {
  const child = await chatter();
  try {
    const undo = await processPause('sleep', 'renderer').apply({ renderer: pidTarget(child.pid) }, never);
    const limit = performance.now() + 1_000;
    while (stateOf(child.pid) !== 'T' && performance.now() < limit)
      await new Promise((resolve) => setImmediate(resolve));
    assert.equal(stateOf(child.pid), 'T');
    await undo();
    await once(child.stdout!, 'data', { signal: AbortSignal.timeout(2_000) });
    assert.notEqual(stateOf(child.pid), 'T');
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});

test('a killed process is gone when the fault is applied, and its restart runs on undo', async () => {
  const child = await chatter();
  let restarts = 0;
  const server = pidTarget(child.pid, { restart: async () => void (restarts += 1) });
  const undo = await processEnd('kill', 'server', 'kill').apply({ server }, never);
  assert.ok(child.signalCode === 'SIGKILL' || child.exitCode === null);
  assert.equal(restarts, 0);
  await undo();
  await undo();
  assert.equal(restarts, 1);
});

test('a process that drains on the first SIGTERM is ended by the second', async () => {
  const child = await chatter(true);
  const exit = once(child, 'exit', { signal: AbortSignal.timeout(5_000) });
  await processEnd('term', 'server', 'term').apply({ server: pidTarget(child.pid) }, never);
  assert.deepEqual(await exit, [0, null]);
});

test('waiting for a process that lives ends with the reason of the signal', async () => {
  const child = await chatter();
  try {
    const reason = new Error('enough');
    const stay = new AbortController();
    const waiting = pidTarget(child.pid).exited(stay.signal);
    stay.abort(reason);
    await assert.rejects(waiting, reason);
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});

test('process ids that would hit a group or everyone are refused', () => {
  for (const pid of [0, 1, -5, 1.5, NaN]) assert.throws(() => pidTarget(pid), RangeError);
});
