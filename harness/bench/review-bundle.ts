/**
 * Owns: what a page loads for the review, gzip, against its bar. A build that is not there, or whose files are named
 * otherwise than here, is an error and never a bar that holds.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { PartMissingError } from '../parts/part-missing-error.ts';
import { atMost, type BenchResult } from './bench-result.ts';

const ENTRY = 'clara-review.js';
/** The charts, which the entry asks for: a file of their own, with a hash in its name. */
const CHARTS = /^clara-review\.uPlot.*\.js$/;
/** 35 kB as recording.md has it; kB are 1000 bytes on both sides. */
const BAR_KB = 35;
const UNIT = 'kB gzip';
/** Where the build is, seen from dist/harness/bench and from harness/bench. */
const PLACES = ['../../cdn/', '../../dist/cdn/'].map((path) => fileURLToPath(new URL(path, import.meta.url)));

/** The entry, and the entry with the charts. Throws PartMissingError when `places` do not have both. */
export function bundleResults(places: readonly string[] = PLACES): BenchResult[] {
  const tried = places.map((folder) => {
    const names = existsSync(folder) ? readdirSync(folder) : [];
    return { folder, hasEntry: names.includes(ENTRY), charts: names.filter((name) => CHARTS.test(name)) };
  });
  for (const { folder, hasEntry, charts } of tried) {
    if (!hasEntry || charts.length === 0) continue;
    const kBOf = (name: string): number =>
      gzipSync(readFileSync(join(folder, name)), { level: 9 }).byteLength / 1000;
    const entry = kBOf(ENTRY);
    return [
      atMost('recording.bundleEntry', entry, BAR_KB, UNIT),
      atMost(
        'recording.bundle',
        charts.reduce((sum, name) => sum + kBOf(name), entry),
        BAR_KB,
        UNIT,
      ),
    ];
  }
  throw new PartMissingError(
    'The review as it is loaded',
    'clara bench --only recording',
    tried.map(({ folder, hasEntry }) => ({
      id: 'review-bundle',
      what: folder,
      reason: hasEntry ? `has ${ENTRY}, and no charts beside it (${CHARTS.source})` : `has no ${ENTRY}`,
    })),
    'npm run build',
  );
}
