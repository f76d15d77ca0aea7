/** `npm run check`: everything static. Goes through all checks and tells at the end which failed. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runTool, tell } from './command.mjs';
import { install, isInstalled } from './install.mjs';
import { endWith } from './set-up.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const CHECK_LIMIT_MS = 10 * 60_000;

/** @type {readonly (readonly [name: string, script: string, ...args: string[]])[]} */
const CHECKS = [
  ['types of the sources', 'typescript/bin/tsc', '-b'],
  ['types of the node tests', 'typescript/bin/tsc', '-p', 'test/tsconfig.json'],
  ['types of the browser tests', 'typescript/bin/tsc', '-p', 'test/tsconfig.browser.json'],
  ['types of the examples', 'typescript/bin/tsc', '-p', 'docs/examples'],
  ['types of the build files', 'typescript/bin/tsc', '-p', 'tsconfig.tools.json'],
  ['lint', 'eslint/bin/eslint.js', '--max-warnings=0', '.'],
  [
    'format',
    'prettier/bin/prettier.cjs',
    '--check',
    '--log-level=warn',
    '--cache', // by content; a file is judged by itself alone, so what was good stays good
    '--cache-strategy=content',
    `--cache-location=${join(root, 'node_modules/.cache/clara-prettier')}`,
    '.',
  ],
  ['unused code', 'knip/bin/knip.js', '--no-progress'],
];

/**
 * Runs all checks. @returns names of those that failed
 * @returns {Promise<string[]>}
 */
async function check() {
  if (!isInstalled(root)) await install(root);
  /** @type {string[]} */
  const failed = [];
  /** @param {CHECKS[number]} one */
  const run = async ([name, script, ...args]) => {
    const startedMonoMs = performance.now();
    const result = await runTool(process.execPath, [join(root, 'node_modules', script), ...args], {
      cwd: root,
      limitMs: CHECK_LIMIT_MS,
      quiet: true,
    });
    const took = `${((performance.now() - startedMonoMs) / 1000).toFixed(1)} s`;
    tell(`check: ${name} ${result.code === 0 ? 'good' : 'FAILED'} (${took})`);
    if (result.code !== 0) {
      process.stderr.write(`${result.output.trim()}\n`);
      failed.push(name);
    }
  };
  // The first writes the declarations that the others read. Lint takes as long as all the rest, so they run beside it.
  const [sources, ...others] = CHECKS;
  if (sources !== undefined) await run(sources);
  const inOrder = async (/** @type {typeof CHECKS} */ checks) => {
    for (const one of checks) await run(one);
  };
  await Promise.all([
    inOrder(others.filter(([name]) => name === 'lint')),
    inOrder(others.filter(([name]) => name !== 'lint')),
  ]);
  return failed;
}

const failed = await check().catch(endWith);
tell(failed.length === 0 ? 'check: all good' : `check: failed: ${failed.join(', ')}`);
process.exit(failed.length === 0 ? 0 : 1);
