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
  ['types of the build files', 'typescript/bin/tsc', '-p', 'tsconfig.tools.json'],
  ['lint', 'eslint/bin/eslint.js', '--max-warnings=0', '.'],
  ['format', 'prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.'],
  ['unused code', 'knip/bin/knip.js', '--no-progress'],
];

/**
 * Runs all checks. @returns names of those that failed
 * @returns {Promise<string[]>}
 */
async function check() {
  if (!isInstalled(root)) await install(root);
  const failed = [];
  for (const [name, script, ...args] of CHECKS) {
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
  }
  return failed;
}

const failed = await check().catch(endWith);
tell(failed.length === 0 ? 'check: all good' : `check: failed: ${failed.join(', ')}`);
process.exit(failed.length === 0 ? 0 : 1);
