import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { bundleResults } from '../../../harness/bench/review-bundle.ts';
import { PartMissingError } from '../../../harness/parts/part-missing-error.ts';

/** A folder with files that cannot be packed, of so many bytes. */
function built(t: TestContext, files: Readonly<Record<string, number>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'clara-bundle-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), randomBytes(bytes));
  return folder;
}

test('what a review loads is told in kB of 1000 bytes, the unit of its bar, with its charts and without', (t) => {
  const folder = built(t, { 'clara-review.js': 34_900, 'clara-review.uPlot-1a2b.js': 20_000 });
  const [entry, whole] = bundleResults([join(folder, 'none'), folder]);
  assert.deepEqual([entry?.ok, entry?.unit], [true, 'kB gzip']);
  assert.ok(Math.abs((entry?.value ?? 0) - 34.92) < 0.03, String(entry?.value));
  assert.deepEqual([whole?.ok, Math.round(whole?.value ?? 0)], [false, 55]);
  // 34.6 KiB: below 35 only if the two units are mixed.
  const [above] = bundleResults([built(t, { 'clara-review.js': 35_400, 'clara-review.uPlot-1a2b.js': 1 })]);
  assert.equal(above?.ok, false);
});

test('a review that has not been built is a part that is missing, and no bar that holds', (t) => {
  const folder = built(t, { 'clara-voice.js': 10 });
  assert.throws(
    () => bundleResults([folder, join(folder, 'none')]),
    (error) => {
      assert.ok(error instanceof PartMissingError);
      assert.equal(error.failedWays.length, 2);
      return true;
    },
  );
});

test('charts under another name are missing too, and not 0 bytes', (t) => {
  const folder = built(t, { 'clara-review.js': 10, 'clara-review.charts-1a2b.js': 10 });
  assert.throws(() => bundleResults([folder]), /no charts beside it/);
});
