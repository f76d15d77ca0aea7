import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { outdated, runStep, stepsOf } from '../../../harness/bootstrap/build-steps.mjs';
import type { BuildStep } from '../../../harness/bootstrap/build-steps.mjs';
import { StepError } from '../../../harness/bootstrap/command.mjs';
import { fingerprint } from '../../../harness/bootstrap/fingerprint.mjs';
import { install, isInstalled, isSameInstallation, npmCommand } from '../../../harness/bootstrap/install.mjs';
import { withLock } from '../../../harness/bootstrap/lock.mjs';
import { checkNode, setUp } from '../../../harness/bootstrap/set-up.mjs';
import { startTimeOf } from '../../../harness/supervisor/process-table.ts';
import { temporaryFolder } from '../../support/node/temporary-folder.ts';

const quiet = { limitMs: 10_000, onWait: () => undefined };

/** A step that writes how often it ran. */
function countingStep(): { step: BuildStep; runs: () => number } {
  let runs = 0;
  const build = (root: string) => {
    runs++;
    mkdirSync(join(root, 'dist'), { recursive: true });
    writeFileSync(join(root, 'dist/out.js'), String(runs));
    return Promise.resolve();
  };
  return {
    step: { name: 'counting', inputs: ['src', 'one.json'], output: 'dist/out.js', build },
    runs: () => runs,
  };
}

test('the fingerprint follows content and names, not clocks', async (t) => {
  const root = await temporaryFolder(t);
  mkdirSync(join(root, 'src/deep'), { recursive: true });
  writeFileSync(join(root, 'src/deep/a.ts'), 'a');
  const first = fingerprint(root, ['src']);
  utimesSync(join(root, 'src/deep/a.ts'), 1, 1);
  assert.equal(fingerprint(root, ['src']), first);
  writeFileSync(join(root, 'src/deep/a.ts'), 'b');
  const second = fingerprint(root, ['src']);
  assert.notEqual(second, first);
  writeFileSync(join(root, 'src/b.ts'), '');
  assert.notEqual(fingerprint(root, ['src']), second);
});

test('what is installed or built is no source', async (t) => {
  const root = await temporaryFolder(t);
  mkdirSync(join(root, 'src/node_modules/x'), { recursive: true });
  const first = fingerprint(root, ['src', 'missing']);
  writeFileSync(join(root, 'src/node_modules/x/index.js'), 'x');
  assert.equal(fingerprint(root, ['src', 'missing']), first);
});

test('a step runs once, and again when a source changed or its output is gone', async (t) => {
  const root = await temporaryFolder(t);
  const { step, runs } = countingStep();
  writeFileSync(join(root, 'one.json'), '1');
  const bringUpToDate = async () => {
    for (const due of outdated(root, [step])) await runStep(root, due);
    return runs();
  };
  assert.equal(await bringUpToDate(), 1);
  assert.equal(await bringUpToDate(), 1);
  writeFileSync(join(root, 'one.json'), '2');
  assert.equal(await bringUpToDate(), 2);
  rmSync(join(root, 'dist/out.js'));
  assert.equal(await bringUpToDate(), 3);
});

test('an edit during a build makes the next one run', async (t) => {
  const root = await temporaryFolder(t);
  const { step } = countingStep();
  const editing: BuildStep = {
    ...step,
    build: async (folder) => {
      await step.build(folder);
      writeFileSync(join(folder, 'one.json'), 'edited');
    },
  };
  for (const due of outdated(root, [editing])) await runStep(root, due);
  assert.equal(outdated(root, [editing]).length, 1);
});

test('a failed build leaves no stamp', async (t) => {
  const root = await temporaryFolder(t);
  const { step } = countingStep();
  for (const due of outdated(root, [step])) await runStep(root, due);
  const failing = { ...step, build: () => Promise.reject(new StepError('broken', 1)) };
  writeFileSync(join(root, 'one.json'), 'new');
  for (const due of outdated(root, [failing])) await assert.rejects(runStep(root, due), /broken/);
  assert.equal(outdated(root, [step]).length, 1);
});

test('a step that makes nothing is an error', async (t) => {
  const root = await temporaryFolder(t);
  const step = { ...countingStep().step, build: () => Promise.resolve() };
  await assert.rejects(runStep(root, { step, hash: 'x' }), /did not make dist\/out\.js/);
});

test('looking at settings needs no app, a call does', () => {
  assert.deepEqual(
    stepsOf('config').map(({ output }) => output),
    ['dist/harness/cli/main.js'],
  );
  assert.ok(stepsOf('call').some(({ output }) => output === 'dist/app/index.html'));
  assert.ok(
    stepsOf('bench').some(({ output }) => output === 'dist/lib/register.js'),
    'what is loaded has bars',
  );
});

test('only one holds the lock at a time', async (t) => {
  const file = join(await temporaryFolder(t), 'lock');
  let inside = 0;
  let most = 0;
  const work = async () => {
    inside++;
    most = Math.max(most, inside);
    await new Promise((resolve) => setImmediate(resolve));
    inside--;
  };
  await Promise.all([withLock(file, quiet, work), withLock(file, quiet, work), withLock(file, quiet, work)]);
  assert.equal(most, 1);
  assert.equal(existsSync(file), false);
});

test('the lock of a process that is gone is taken over', async (t) => {
  const file = join(await temporaryFolder(t), 'lock');
  writeFileSync(file, '999999999 12345');
  assert.equal(await withLock(file, quiet, () => Promise.resolve('ran')), 'ran');
});

for (const [name, content] of [
  ['that is empty', ''],
  ['that holds no owner', 'some text'],
  ['of a pid alone, which may be anybody by now', '1'],
  ['whose pid was given to a later process', `${process.pid} 0`],
] as const) {
  test(`a lock ${name} is taken over at once`, async (t) => {
    const file = join(await temporaryFolder(t), 'lock');
    writeFileSync(file, content);
    const waitedFor: number[] = [];
    const options = { limitMs: 250, onWait: (pid: number) => void waitedFor.push(pid) };
    assert.equal(await withLock(file, options, () => Promise.resolve('ran')), 'ran');
    assert.deepEqual(waitedFor, []);
  });
}

test('the lock of a living process is waited for, said once, and not broken', async (t) => {
  const file = join(await temporaryFolder(t), 'lock');
  const owner = `${process.pid} ${startTimeOf(process.pid)}`;
  writeFileSync(file, owner);
  const waitedFor: number[] = [];
  const options = { limitMs: 250, onWait: (pid: number) => void waitedFor.push(pid) };
  await assert.rejects(
    withLock(file, options, () => Promise.resolve()),
    new RegExp(`process ${process.pid}`),
  );
  assert.deepEqual(waitedFor, [process.pid]);
  assert.equal(readFileSync(file, 'utf8'), owner);
});

test('the lock is released when the work fails', async (t) => {
  const file = join(await temporaryFolder(t), 'lock');
  await assert.rejects(
    withLock(file, quiet, () => Promise.reject(new Error('broken'))),
    /broken/,
  );
  assert.equal(existsSync(file), false);
});

test('an installation is the same when every package has its version; optional ones may be missing', () => {
  const lockfile = (packages: object) => JSON.stringify({ packages });
  const wanted = lockfile({
    '': { version: '1.0.0' },
    harness: { version: '1.0.0' },
    'node_modules/a': { version: '1.0.0' },
    'node_modules/b': { version: '1.0.0', optional: true },
  });
  assert.equal(isSameInstallation(wanted, lockfile({ 'node_modules/a': { version: '1.0.0' } })), true);
  assert.equal(isSameInstallation(wanted, lockfile({ 'node_modules/a': { version: '1.0.1' } })), false);
  assert.equal(isSameInstallation(wanted, lockfile({})), false);
});

test('a hand-made installation counts, until the lockfile changes', async (t) => {
  const root = await temporaryFolder(t);
  const lockfile = JSON.stringify({ packages: { 'node_modules/a': { version: '1.0.0' } } });
  writeFileSync(join(root, 'package-lock.json'), lockfile);
  assert.equal(isInstalled(root), false);
  mkdirSync(join(root, 'node_modules'));
  writeFileSync(join(root, 'node_modules/.package-lock.json'), lockfile);
  assert.equal(isInstalled(root), true);
  writeFileSync(join(root, 'package-lock.json'), lockfile.replace('1.0.0', '1.0.1'));
  assert.equal(isInstalled(root), false);
});

test('an edit of package.json that leaves the lockfile as it is installs nothing', async (t) => {
  const root = await temporaryFolder(t);
  const lockfile = JSON.stringify({ packages: { 'node_modules/a': { version: '1.0.0' } } });
  mkdirSync(join(root, 'node_modules'));
  writeFileSync(join(root, 'package-lock.json'), lockfile);
  writeFileSync(join(root, 'node_modules/.package-lock.json'), lockfile);
  writeFileSync(join(root, 'package.json'), '{}');
  assert.equal(isInstalled(root), true);
  writeFileSync(join(root, 'package.json'), '{ "scripts": { "start": "x" } }');
  assert.equal(isInstalled(root), true);
});

test('a failed npm ci says what npm said and ends with 3', async (t) => {
  const root = await temporaryFolder(t);
  writeFileSync(join(root, 'package-lock.json'), '{}');
  const npm = join(root, 'npm-cli.js');
  writeFileSync(
    npm,
    'console.error("npm error code ENOTFOUND", process.argv[2], process.env.npm_config_loglevel); process.exitCode = 1;',
  );
  const installing = install(root, { ...process.env, npm_execpath: npm, npm_config_loglevel: 'silent' });
  await assert.rejects(installing, (error: unknown) => {
    assert.ok(error instanceof StepError);
    assert.equal(error.exitCode, 3);
    assert.match(error.message, /npm ci ended with 1:\nnpm error code ENOTFOUND ci undefined/);
    return true;
  });
});

test('the npm that started us is used again, any other is looked for on the PATH', () => {
  assert.deepEqual(npmCommand({ npm_execpath: '/x/npm-cli.js' }), {
    command: process.execPath,
    args: ['/x/npm-cli.js'],
  });
  assert.deepEqual(npmCommand({ npm_execpath: '/x/yarn.js' }), { command: 'npm', args: [] });
});

test('an old Node is refused with 3', () => {
  for (const version of ['18.20.0', '20.18.3'])
    assert.throws(() => checkNode(version), /too old: 20\.19 or later/);
  for (const version of ['20.19.0', '22.0.0', '24.1.0']) checkNode(version);
});

test('two set-ups at once install and build once', async (t) => {
  const root = await temporaryFolder(t);
  const lockfile = JSON.stringify({ packages: {} });
  mkdirSync(join(root, 'node_modules'));
  writeFileSync(join(root, 'package-lock.json'), lockfile);
  writeFileSync(join(root, 'node_modules/.package-lock.json'), lockfile);
  const { step, runs } = countingStep();
  await Promise.all([setUp(root, [step]), setUp(root, [step])]);
  assert.equal(runs(), 1);
  await setUp(root, [step]);
  assert.equal(runs(), 1);
});
