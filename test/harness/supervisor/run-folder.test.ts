import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ProcessGroup } from '../../../harness/supervisor/process-group.ts';
import { createRunFolder } from '../../../harness/supervisor/run-folder.ts';
import { fileGone, processEnd } from '../../support/node/process-ends.ts';
import { sourceArguments } from '../../support/node/run-program.ts';
import { silentLog } from '../../support/node/silent-log.ts';
import { temporaryFolder } from '../../support/node/temporary-folder.ts';

test('a run folder is private, and gone with its content after the stop', async () => {
  const run = await createRunFolder({ log: silentLog });
  assert.equal(statSync(run.path).mode & 0o777, 0o700);
  writeFileSync(join(run.path, 'file'), 'x');
  await run.stop();
  assert.equal(existsSync(run.path), false);
  await run.stop();
});

test('an adopted environment carries marker and TMPDIR until the stop, then what it had', async () => {
  const environment: NodeJS.ProcessEnv = { TMPDIR: '/before' };
  const run = await createRunFolder({ log: silentLog, adopt: environment });
  assert.deepEqual(environment, { TMPDIR: run.path, CLARA_RUN_ID: run.runId });
  await run.stop();
  assert.deepEqual(environment, { TMPDIR: '/before' });
});

test('a parent folder that does not exist is told, and nothing is left running', async (t) => {
  const missing = join(await temporaryFolder(t), 'missing');
  await assert.rejects(createRunFolder({ log: silentLog, parentFolder: missing }), /missing cannot be used$/);
});

test('a missing folder for temporary files is told by the name that it came by', async (t) => {
  const missing = join(await temporaryFolder(t), 'missing');
  const before = process.env['TMPDIR'];
  t.after(() => {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  });
  process.env['TMPDIR'] = missing;
  await assert.rejects(createRunFolder({ log: silentLog }), /missing \(from TMPDIR\) cannot be used$/);
});

test('an orderly stop kills what was left running, and not us', async () => {
  const run = await createRunFolder({ log: silentLog });
  const group = await ProcessGroup.start({
    command: process.execPath,
    args: ['-e', 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)'],
    runFolder: run,
  });
  await run.stop();
  assert.equal((await group.exited).signal, 'SIGKILL');
});

test('after SIGKILL of the parent its children, grandchildren, strays and folder are gone', async () => {
  const parent = spawn(process.execPath, sourceArguments('test/harness/supervisor/run-with-strays.ts'), {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = (await once(parent.stdout, 'data')) as [Buffer];
  const { folder, pids } = JSON.parse(said.toString()) as { folder: string; pids: number[] };
  assert.equal(pids.length, 3);
  assert.ok(existsSync(folder));
  parent.kill('SIGKILL');
  await once(parent, 'exit');
  for (const pid of pids) await processEnd(pid);
  await fileGone(folder);
});

test('two runs side by side do not touch each other', async () => {
  const [first, second] = [
    await createRunFolder({ log: silentLog }),
    await createRunFolder({ log: silentLog }),
  ];
  const group = await ProcessGroup.start({
    command: process.execPath,
    args: ['-e', 'console.log("up"); setInterval(() => {}, 1000)'],
    runFolder: second,
  });
  await once(group.child.stdout ?? group.child, 'data');
  await first.stop();
  assert.equal(group.exit, undefined);
  assert.ok(existsSync(second.path));
  await second.stop();
  assert.equal((await group.exited).signal, 'SIGKILL');
});
