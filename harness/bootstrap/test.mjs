/**
 * `npm test`: everything static, then all tests, group after group, and one line at the end: `N passed, N failed`.
 * Owns the order and the sum. Never: stops at the first failure, lets a group that ran nothing or crashed count as good.
 * `npm test -- core e2e` runs only these groups, and says so.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tell } from './command.mjs';
import { countsOfJson, countsOfTap, judgeGroup } from './test-counts.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const MINUTE_MS = 60_000;

/**
 * @typedef {object} Group
 * @property {string} name
 * @property {number} limitMs longest run; then its processes are killed
 * @property {(countsFile: string) => string[]} args of node
 * @property {(written: string) => import('./test-counts.mjs').Counts | undefined} [counts] absent: the exit code is the one test
 */

/**
 * All test files below a folder, in order.
 * @param {string} folder
 * @returns {string[]}
 */
function testFiles(folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true })
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .flatMap((entry) => {
      if (entry.isDirectory()) return testFiles(`${folder}/${entry.name}`);
      return entry.name.endsWith('.test.ts') ? [`${folder}/${entry.name}`] : [];
    });
}

/**
 * @param {string} name
 * @param {readonly string[]} folders
 * @param {{ limitMs: number, testLimitMs: number, files?: number }} options files: how many at a time
 * @returns {Group}
 */
function nodeTests(name, folders, { limitMs, testLimitMs, files = 1 }) {
  return {
    name,
    limitMs,
    counts: countsOfTap,
    args: (countsFile) => [
      '--import',
      'tsx',
      '--test',
      `--test-concurrency=${files}`,
      `--test-timeout=${testLimitMs}`,
      '--test-reporter=spec',
      '--test-reporter-destination=stdout',
      '--test-reporter=tap',
      `--test-reporter-destination=${countsFile}`,
      ...folders.flatMap(testFiles),
    ],
  };
}

/** @type {Group[]} */
const GROUPS = [
  { name: 'check', limitMs: 15 * MINUTE_MS, args: () => ['harness/bootstrap/check.mjs'] },
  // What is published: built, as its package.json promises, within the bars of its size.
  { name: 'package', limitMs: 15 * MINUTE_MS, args: () => ['harness/bootstrap/prepack-library.mjs'] },
  nodeTests('core', ['test/src/core', 'test/src/shared', 'test/mutations'], {
    limitMs: 5 * MINUTE_MS,
    testLimitMs: MINUTE_MS,
  }),
  nodeTests('harness', ['test/harness'], { limitMs: 20 * MINUTE_MS, testLimitMs: 2 * MINUTE_MS }),
  {
    name: 'browser',
    limitMs: 10 * MINUTE_MS,
    counts: countsOfJson,
    args: () => ['node_modules/@web/test-runner/dist/bin.js', '--config', 'harness/bootstrap/wtr.config.mjs'],
  },
  nodeTests('e2e', ['test/e2e'], { limitMs: 20 * MINUTE_MS, testLimitMs: 4 * MINUTE_MS }),
  {
    name: 'faults',
    limitMs: 20 * MINUTE_MS,
    counts: countsOfJson,
    args: () => ['harness/bootstrap/short-matrix.mjs'],
  },
];

/**
 * The parts that tests need, had by the same code as a user's `clara call`. Returns their places as environment.
 * @returns {Promise<Record<string, string>>}
 */
async function getParts() {
  /** @param {string} path */
  const load = (path) => import(new URL(`../../dist/harness/${path}`, import.meta.url).href);
  const { findChromium } = await load('browser/find-chromium.js');
  const { findLiveKitServer } = await load('server/find-livekit-server.js');
  const { findRedisServer } = await load('parts/find-redis-server.js');
  const signal = AbortSignal.timeout(20 * MINUTE_MS);
  const options = { env: process.env, report: tell };
  const chromium = await findChromium(options, signal);
  tell(`Chromium ${chromium.version}: ${chromium.path}`);
  const server = await findLiveKitServer(options, signal);
  tell(`livekit-server ${server.version}: ${server.path}`);
  const redis = await findRedisServer(options, signal);
  tell(`redis-server ${redis.version}: ${redis.path}`);
  return { CHROME_PATH: chromium.path, LIVEKIT_SERVER_BIN: server.path };
}

/** The group that runs now, for Ctrl-C. @type {import('node:child_process').ChildProcess | undefined} */
let running;

/**
 * Runs a group to its end; what it says goes to our own output as it comes.
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @param {number} limitMs
 * @returns {Promise<{ code: number | null }>}
 */
function runNode(args, env, limitMs) {
  return new Promise((resolve) => {
    // A group of its own: what a test has left running ends with it.
    const child = spawn(process.execPath, args, {
      cwd: root,
      env,
      stdio: ['ignore', 'inherit', 'inherit'],
      detached: true,
    });
    running = child;
    const timer = setTimeout(() => {
      tell(`not done in ${limitMs / MINUTE_MS} min, killed`);
      killGroup(child);
    }, limitMs);
    const done = (/** @type {number | null} */ code) => {
      clearTimeout(timer);
      killGroup(child);
      running = undefined;
      resolve({ code });
    };
    child.once('error', (error) => {
      tell(error.message);
      done(null);
    });
    child.once('exit', done);
  });
}

/** @param {import('node:child_process').ChildProcess} child */
function killGroup(child) {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch {
    // nothing of it is left
  }
}

/**
 * @param {Group} group
 * @param {string} folder
 * @param {Record<string, string>} parts
 */
async function runGroup(group, folder, parts) {
  const countsFile = join(folder, `${group.name}.counts`);
  const env = { ...process.env, ...parts, CLARA_TEST_COUNTS: countsFile };
  const exit = await runNode(group.args(countsFile), env, group.limitMs);
  if (group.counts === undefined)
    return { passed: exit.code === 0 ? 1 : 0, failed: exit.code === 0 ? 0 : 1, skipped: 0 };
  return judgeGroup(group.counts(existsSync(countsFile) ? readFileSync(countsFile, 'utf8') : ''), exit);
}

async function main() {
  const names = process.argv.slice(2);
  const unknown = names.filter((name) => GROUPS.every((group) => group.name !== name));
  if (unknown.length > 0) {
    tell(
      `there is no test group ${unknown.join(', ')}; there are ${GROUPS.map((group) => group.name).join(', ')}`,
    );
    process.exit(2);
  }
  const groups = GROUPS.filter(({ name }) => names.length === 0 || names.includes(name));
  if (names.length > 0) tell(`only ${names.join(', ')}`);
  const folder = mkdtempSync(join(tmpdir(), 'clara-test-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const [signal, code] of /** @type {const} */ ([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ])) {
    process.once(signal, () => {
      if (running !== undefined) killGroup(running);
      process.exit(code);
    });
  }
  let passed = 0;
  let failed = 0;
  /** @type {Record<string, string>} */
  let parts = {};
  try {
    parts = await getParts();
  } catch (error) {
    tell(error instanceof Error ? error.message : String(error));
    failed++;
  }
  const startedMonoMs = performance.now();
  for (const [number, group] of groups.entries()) {
    tell(`tests ${number + 1}/${groups.length}: ${group.name} ...`);
    const groupMonoMs = performance.now();
    const counts = await runGroup(group, folder, parts);
    passed += counts.passed;
    failed += counts.failed;
    const took = `${((performance.now() - groupMonoMs) / 1000).toFixed(1)} s`;
    const why = 'why' in counts && counts.why !== undefined ? ` (${counts.why})` : '';
    tell(
      `tests ${number + 1}/${groups.length}: ${group.name} ${counts.passed} passed, ${counts.failed} failed${why} (${took})`,
    );
  }
  tell(`tests took ${((performance.now() - startedMonoMs) / 1000).toFixed(1)} s`);
  process.stdout.write(`${passed} passed, ${failed} failed\n`, () => process.exit(failed === 0 ? 0 : 1));
}

await main();
