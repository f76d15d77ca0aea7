/** Without the detector, the early wake-up or the rejoin, tests that are named here fail. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { MUTATIONS } from './mutations.ts';
import { mutatedCopy, REPOSITORY } from '../support/node/mutated-copy.ts';

const FILES = [...new Set(MUTATIONS.flatMap(({ tests }) => tests.map(({ file }) => file)))];
/** One run of the core's tests that are named, ms. */
const RUN_LIMIT_MS = 60_000;

test('with everything in place the named tests are there and pass', async () => {
  const { passed, failed } = await testsOf(REPOSITORY);
  for (const { tests } of MUTATIONS)
    for (const { name } of tests) assert.ok(passed.has(name), `"${name}" did not run and pass`);
  assert.deepEqual([...failed], []);
});

for (const { part, edits, tests } of MUTATIONS) {
  test(`without ${part} its named tests fail`, async () => {
    await using copy = await mutatedCopy(edits);
    const { failed } = await testsOf(copy.folder);
    const stillGood = tests.map(({ name }) => name).filter((name) => !failed.has(name));
    assert.deepEqual(stillGood, []);
  });
}

/** Names of the tests in FILES, by how they ended. */
function testsOf(folder: string): Promise<{ passed: ReadonlySet<string>; failed: ReadonlySet<string> }> {
  return new Promise((resolve, reject) => {
    // A test of a test: without this, node takes the inner run for a part of the outer one.
    const { NODE_TEST_CONTEXT: _outer, ...env } = process.env;
    execFile(
      process.execPath,
      ['--import', import.meta.resolve('tsx'), '--test', '--test-reporter=tap', ...FILES],
      { cwd: folder, env, timeout: RUN_LIMIT_MS, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout) => {
        if (error !== null && typeof error.code !== 'number') {
          reject(error);
          return;
        }
        const named = (pattern: RegExp): Set<string> =>
          new Set([...stdout.matchAll(pattern)].map(([, name = '']) => name.replaceAll('\\#', '#')));
        resolve({ passed: named(/^ *ok \d+ - (.*)$/gm), failed: named(/^ *not ok \d+ - (.*)$/gm) });
      },
    );
  });
}
