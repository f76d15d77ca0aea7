import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';
import { reviewPageOf } from '../../harness/chaos/review-page.ts';
import { findChromium } from '../../harness/browser/find-chromium.ts';
import { archiveOf } from '../../src/core/review/exports/archive.ts';
import { callRecording } from '../support/core/recordings.ts';
import { temporaryFolder } from '../support/node/temporary-folder.ts';

test('a recording beside a report is a page that opens from disk, and asks nobody for anything', async (t) => {
  const folder = await temporaryFolder(t);
  const script = await readFile(new URL('../../dist/harness/review-page/review.js', import.meta.url), 'utf8');
  const recording = callRecording(200, [
    { fromS: 40, toS: 52 },
    { fromS: 100, toS: 130 },
  ]);
  const parts: Uint8Array[] = [];
  for await (const part of archiveOf([recording])) parts.push(part);
  const archive = gzipSync(Buffer.concat(parts));
  const { path: executablePath } = await findChromium(
    { env: process.env, report: () => undefined },
    AbortSignal.timeout(60_000),
  );
  const browser = await chromium.launch({
    executablePath,
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
  t.after(() => browser.close());
  const page = await browser.newPage();
  const asked: string[] = [];
  const problems: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  page.on('pageerror', (error) => problems.push(error.message));
  const open = async (name: string, bytes: Uint8Array): Promise<void> => {
    const file = join(folder, name);
    await writeFile(file, reviewPageOf('<b>hole-1</b>, call 1', script, bytes));
    await page.goto(pathToFileURL(file).href, { waitUntil: 'load' });
  };
  await open('good.html', archive);
  await page.locator('clara-review').getByText('lost 2 times').waitFor();
  await page.locator('clara-review canvas').first().waitFor();
  assert.equal(await page.locator('clara-review .mark').count(), 2);
  assert.equal(await page.locator('h1').textContent(), '<b>hole-1</b>, call 1');
  assert.ok(
    asked.every((url) => url.startsWith('file:')),
    asked.join(' '),
  );
  await open('bad.html', archive.subarray(0, 40));
  await page.getByRole('alert').getByText('The recording cannot be shown').waitFor();
  assert.deepEqual(problems, []);
});
