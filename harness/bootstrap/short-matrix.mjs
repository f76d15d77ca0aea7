/**
 * The fault matrix in its short form, as a group of `npm test`: each scenario is one test, judged by phases, joins and
 * words, and by times with 3 s of slack. Writes the counts to the file named by CLARA_TEST_COUNTS.
 */
import { writeFileSync } from 'node:fs';
import { tell } from './command.mjs';

/** The same chance on every machine. */
const SEED = 1;

const { runChaos } = await import(new URL('../../dist/harness/chaos/chaos.js', import.meta.url).href);
const { resolveConfig } = await import(
  new URL('../../dist/harness/config/resolve-config.js', import.meta.url).href
);
const config = resolveConfig({
  flags: {},
  env: process.env,
  defaults: { port: 0, pipeline: 'count', logLevel: 'warn' },
});
const report = process.env['CLARA_SHORT_MATRIX_REPORT'];
const life = new AbortController();
for (const name of /** @type {const} */ (['SIGINT', 'SIGTERM']))
  process.once(name, () => life.abort(new Error('interrupted')));
const { runs } = await runChaos(
  { only: [], client: 'clara', runs: 1, seed: SEED, short: true, config, tell, ...(report && { report }) },
  life.signal,
);
const failed = runs.filter((/** @type {{ pass: boolean }} */ { pass }) => !pass);
const counts = { passed: runs.length - failed.length, failed: failed.length, skipped: 0 };
const file = process.env['CLARA_TEST_COUNTS'];
if (file !== undefined) writeFileSync(file, JSON.stringify(counts));
process.exit(failed.length === 0 ? 0 : 1);
