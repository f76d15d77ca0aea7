/**
 * Owns: the order of the set-up: Node, dependencies, builds; each once, one process at a time.
 * Never: writes to stdout.
 */
import { join } from 'node:path';
import { outdated, runStep } from './build-steps.mjs';
import { StepError, tell, timed } from './command.mjs';
import { install, isInstalled } from './install.mjs';
import { withLock } from './lock.mjs';

/** Longest wait for another set-up in the same clone, ms: a cold npm ci and build. */
const LOCK_LIMIT_MS = 20 * 60_000;

/**
 * Throws a StepError of exit code 3 when this Node is too old.
 * @param {string} version `20.19.0`
 */
export function checkNode(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new StepError(`Node ${version} is too old: 20.19 or later is needed (https://nodejs.org)`, 3);
  }
}

/**
 * Brings a clone to where `clara` can run. Does nothing, in some ms, when all is up to date.
 * @param {string} root
 * @param {readonly import('./build-steps.mjs').BuildStep[]} steps
 */
export async function setUp(root, steps) {
  const startedMonoMs = performance.now();
  checkNode(process.versions.node);
  if (isInstalled(root) && outdated(root, steps).length === 0) {
    tell(`set-up is up to date (${Math.round(performance.now() - startedMonoMs)} ms)`);
    return;
  }
  const onWait = (/** @type {number} */ pid) => tell(`waiting for the set-up of process ${pid}`);
  await withLock(join(root, 'dist/.clara/lock'), { limitMs: LOCK_LIMIT_MS, onWait }, async () => {
    if (!isInstalled(root)) await timed('installing the dependencies (npm ci)', () => install(root));
    for (const due of outdated(root, steps)) await timed(due.step.name, () => runStep(root, due));
  });
  tell(`set-up is done (${((performance.now() - startedMonoMs) / 1000).toFixed(1)} s)`);
}

/**
 * Ends the process as an error of the set-up asks for.
 * @param {unknown} error
 * @returns {never}
 */
export function endWith(error) {
  tell(error instanceof Error ? error.message : String(error));
  process.exit(error instanceof StepError ? error.exitCode : 1);
}
