/**
 * Owns: the dependencies: whether node_modules is what the lockfile says, and `npm ci` when it is not.
 * Never: installs when someone has run npm ci or npm install by hand with the same result.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StepError, runTool } from './command.mjs';

const INSTALL_LIMIT_MS = 15 * 60_000;
const STAMP = 'node_modules/.clara-lockfile-hash';

/**
 * @param {string} file
 * @returns {string | undefined}
 */
function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/**
 * Hash of the lockfile, which decides what is installed; scripts and the like in package.json do not.
 * @param {string} lockfile
 * @returns {string}
 */
function hashOf(lockfile) {
  return createHash('sha256').update(`${process.platform} ${process.arch}\0${lockfile}`).digest('hex');
}

/**
 * Whether npm's own record of what it installed has every package of the lockfile in the same version; optional ones,
 * which are for other systems, may be missing.
 * @param {string} lockfile content of package-lock.json
 * @param {string} installed content of node_modules/.package-lock.json
 * @returns {boolean}
 */
export function isSameInstallation(lockfile, installed) {
  const wanted = JSON.parse(lockfile).packages ?? {};
  const present = JSON.parse(installed).packages ?? {};
  return Object.entries(wanted).every(
    ([path, entry]) =>
      !path.includes('node_modules/') ||
      present[path]?.version === entry.version ||
      (entry.optional === true && present[path] === undefined),
  );
}

/**
 * @param {string} root
 * @returns {boolean}
 */
export function isInstalled(root) {
  const lockfile = read(join(root, 'package-lock.json'));
  const installed = read(join(root, 'node_modules/.package-lock.json'));
  if (lockfile === undefined || installed === undefined) return false;
  const hash = hashOf(lockfile);
  if (read(join(root, STAMP)) === hash) return true;
  if (!isSameInstallation(lockfile, installed)) return false;
  writeFileSync(join(root, STAMP), hash);
  return true;
}

/**
 * The npm that runs us, else the one on the PATH.
 * @param {NodeJS.ProcessEnv} env
 * @returns {{ command: string, args: string[] }}
 */
export function npmCommand(env) {
  const script = env['npm_execpath'];
  return script !== undefined && /npm-cli\.[cm]?js$/.test(script)
    ? { command: process.execPath, args: [script] }
    : { command: 'npm', args: [] };
}

/**
 * Runs `npm ci`. Rejects with a StepError of exit code 3 that says what npm said.
 * @param {string} root
 * @param {NodeJS.ProcessEnv} [env]
 */
export async function install(root, env = process.env) {
  const { command, args } = npmCommand(env);
  // npm tells its children how loud it is; after `npm -s` a failed npm ci would say nothing.
  const quietless = Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^npm_config_(loglevel|silent)$/i.test(name)),
  );
  const result = await runTool(
    command,
    [...args, 'ci', '--no-progress', '--loglevel=error', '--include=dev'],
    {
      cwd: root,
      env: quietless,
      limitMs: INSTALL_LIMIT_MS,
      quiet: true,
    },
  ).catch((error) => ({ code: null, signal: null, output: String(error.message) }));
  if (result.code !== 0) {
    const how =
      result.signal === 'SIGKILL'
        ? `did not end in ${INSTALL_LIMIT_MS / 60_000} min`
        : `ended with ${result.code ?? result.signal ?? 'an error'}`;
    throw new StepError(
      `the dependencies are missing: npm ci ${how}:\n${result.output.trim().split('\n').slice(-12).join('\n')}`,
      3,
    );
  }
  writeFileSync(join(root, STAMP), hashOf(read(join(root, 'package-lock.json')) ?? ''));
}
