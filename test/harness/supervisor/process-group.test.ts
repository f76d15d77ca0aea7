import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { ProcessGroup, SpawnError } from '../../../harness/supervisor/process-group.ts';
import { runCommand } from '../../../harness/supervisor/run-command.ts';
import { processEnd } from '../../support/node/process-ends.ts';

function startNode(
  script: string,
  options: { ipc?: boolean; keepCharacters?: number; lines?: string[] } = {},
) {
  const { lines, ...rest } = options;
  return ProcessGroup.start({
    command: process.execPath,
    args: ['-e', script],
    ...(lines !== undefined && { onLine: (line) => lines.push(line) }),
    ...rest,
  });
}

/** Starts a script and waits for its first line of output. */
async function startAndHear(script: string): Promise<{ group: ProcessGroup; said: string }> {
  const group = await startNode(script);
  await once(group.child.stdout ?? group.child, 'data');
  return { group, said: group.output('stdout').trim() };
}

test('a missing command is told as notFound', async () => {
  const starting = ProcessGroup.start({ command: '/nowhere/at-all', args: [] });
  await assert.rejects(
    starting,
    (error: unknown) => error instanceof SpawnError && error.code === 'notFound',
  );
});

test('the exit code and the output lines of a process arrive', async () => {
  const lines: string[] = [];
  const group = await startNode(
    'console.log("one\\ntwo"); process.stdout.write("three"); process.exitCode = 7',
    { lines },
  );
  assert.deepEqual(await group.exited, { code: 7, signal: null });
  await group.drained;
  assert.deepEqual(lines, ['one', 'two', 'three']);
});

test('no more output is kept than asked for', async () => {
  const group = await startNode('process.stdout.write("x".repeat(300000) + "end")', { keepCharacters: 100 });
  await group.drained;
  assert.equal(group.output('stdout').length, 100);
  assert.match(group.output('stdout'), /end$/);
});

test('a process that ignores SIGTERM is gone after the time for it', async () => {
  const { group } = await startAndHear(
    'process.on("SIGTERM", () => {}); console.log("up"); setInterval(() => {}, 1000)',
  );
  const startedMonoMs = performance.now();
  const exit = await group.stop({ killAfterMs: 200 });
  assert.equal(exit.signal, 'SIGKILL');
  const tookMs = performance.now() - startedMonoMs;
  assert.ok(tookMs >= 190 && tookMs < 2000, `${tookMs} ms`);
});

test('a second SIGTERM reaches a process that only drains on the first', async () => {
  const { group } = await startAndHear(
    'let n = 0; process.on("SIGTERM", () => { if (++n === 2) process.exit(5) }); console.log("up"); setInterval(() => {}, 1000)',
  );
  assert.deepEqual(await group.stop({ repeatAfterMs: 50, killAfterMs: 5000 }), { code: 5, signal: null });
});

test('a stopped process can be ended', async () => {
  const { group } = await startAndHear('console.log("up"); setInterval(() => {}, 1000)');
  group.signal('SIGSTOP');
  assert.deepEqual(await group.stop({ killAfterMs: 5000 }), { code: null, signal: 'SIGTERM' });
});

test('a grandchild that holds stdout open neither delays the end nor outlives it', async () => {
  const script = `
    const { spawn } = require('node:child_process');
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
    console.log(child.pid);
    setTimeout(() => process.exit(0), 50);`;
  const { group, said } = await startAndHear(script);
  const startedMonoMs = performance.now();
  await group.drained;
  assert.ok(performance.now() - startedMonoMs < 3000);
  await processEnd(Number(said), 2000);
});

test('stopping twice and after the end is the same end', async () => {
  const group = await startNode('process.exitCode = 3');
  await group.exited;
  assert.deepEqual(await group.stop(), { code: 3, signal: null });
  assert.deepEqual(await group.stop(), { code: 3, signal: null });
  assert.equal(group.signal('SIGTERM'), false);
});

test('messages go both ways when IPC is asked for, and sending after the end says false', async () => {
  const group = await startNode(
    'process.once("message", (m) => { process.send({ back: m }); process.disconnect(); })',
    { ipc: true },
  );
  const answered = once(group.child, 'message');
  assert.equal(group.send({ hello: 1 }), true);
  assert.deepEqual((await answered)[0], { back: { hello: 1 } });
  await group.exited;
  assert.equal(group.send({ hello: 2 }), false);
});

test('a command is ended at its limit and says so', async () => {
  const command = { command: process.execPath, args: ['-e', 'setInterval(() => {}, 1000)'], limitMs: 100 };
  const result = await runCommand(command, AbortSignal.timeout(10_000));
  assert.equal(result.timedOut, true);
  assert.equal(result.signal, 'SIGKILL');
});

test('an aborted command rejects with the reason and is gone', async () => {
  const controller = new AbortController();
  const running = runCommand(
    { command: process.execPath, args: ['-e', 'setInterval(() => {}, 1000)'], limitMs: 10_000 },
    controller.signal,
  );
  const startedMonoMs = performance.now();
  controller.abort(new Error('enough'));
  await assert.rejects(running, /enough/);
  assert.ok(performance.now() - startedMonoMs < 5000);
});
