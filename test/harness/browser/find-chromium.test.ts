import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { findChromium } from '../../../harness/browser/find-chromium.ts';
import { PartMissingError } from '../../../harness/parts/part-missing-error.ts';
import { temporaryFolder } from '../../support/node/temporary-folder.ts';

const signal = AbortSignal.timeout(60_000);

function find(env: NodeJS.ProcessEnv) {
  return findChromium({ env, report: () => undefined }, signal);
}

function writeProgram(folder: string, name: string, says: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\necho "${says}"\n`, { mode: 0o755 });
  return path;
}

test('CHROME_PATH comes before the system', async (t) => {
  const folder = await temporaryFolder(t);
  const own = writeProgram(folder, 'own', 'Chromium 1.2.3.4 built on Debian');
  const system = writeProgram(folder, 'google-chrome', 'Google Chrome 5.6.7.8');
  const env = { PATH: folder, CHROME_PATH: own };
  assert.deepEqual(await find(env), { path: own, version: '1.2.3.4', way: 'chromium-env' });
  assert.deepEqual(await find({ ...env, CLARA_DISABLE: 'chromium-env' }), {
    path: system,
    version: '5.6.7.8',
    way: 'chromium-system',
  });
});

test('with every way switched off the error names them all', async () => {
  await assert.rejects(find({ ...process.env, CLARA_DISABLE: 'chromium-*' }), (error: unknown) => {
    assert.ok(error instanceof PartMissingError);
    assert.deepEqual(
      error.failedWays.map(({ id }) => id),
      ['chromium-env', 'chromium-system', 'chromium-playwright', 'chromium-package'],
    );
    assert.ok(error.failedWays.every(({ reason }) => reason === 'switched off by CLARA_DISABLE'));
    return true;
  });
});

test('a CHROME_PATH that is something else is told and not taken', async (t) => {
  const folder = await temporaryFolder(t);
  const env = {
    PATH: '',
    CHROME_PATH: writeProgram(folder, 'other', 'Firefox 1.2'),
    CLARA_DISABLE: 'chromium-playwright,chromium-package',
  };
  await assert.rejects(
    find(env),
    /other is something else: Firefox 1\.2[^]*chromium-system\]: none is there/,
  );
});

test('a playwright installation that fails is told with what it said', async (t) => {
  const folder = await temporaryFolder(t);
  const env = {
    PATH: folder,
    HOME: folder,
    PLAYWRIGHT_BROWSERS_PATH: join(folder, 'browsers'),
    PLAYWRIGHT_DOWNLOAD_HOST: 'http://127.0.0.1:9',
    CLARA_DISABLE: 'chromium-env,chromium-system,chromium-package',
  };
  await assert.rejects(find(env), /chromium-playwright\]: node cli\.js install chromium ended with 1/);
});
