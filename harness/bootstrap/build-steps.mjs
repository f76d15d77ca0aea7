/**
 * Owns: what is built from what, and whether it is up to date.
 * Invariant: a stamp holds the hash of the sources as they were before the build, so that an edit during a build makes
 * the next one run.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { compressTexts } from './compress.mjs';
import { StepError, runTool } from './command.mjs';
import { fingerprint } from './fingerprint.mjs';

const BUILD_LIMIT_MS = 10 * 60_000;
/** Lines of a failed tool's output that are shown. */
const SHOWN_LINES = 30;

/**
 * @typedef {object} BuildStep
 * @property {string} name for people
 * @property {readonly string[]} inputs files and folders it reads
 * @property {string} output a file that is there afterwards
 * @property {(root: string) => Promise<void>} build
 */

/**
 * Runs a tool of node_modules; a failure shows all it said.
 * @param {string} root
 * @param {string} script below node_modules
 * @param {readonly string[]} args
 */
async function runScript(root, script, args) {
  const result = await runTool(process.execPath, [join(root, 'node_modules', script), ...args], {
    cwd: root,
    limitMs: BUILD_LIMIT_MS,
    quiet: true,
  });
  if (result.code !== 0) {
    const tool = script.split('/')[0];
    const said = stripVTControlCharacters(result.output).trim().split('\n').slice(-SHOWN_LINES).join('\n');
    throw new StepError(`${tool} ${args.join(' ')} ended with ${result.code ?? result.signal}:\n${said}`, 1);
  }
}

/**
 * @param {string} project
 * @param {string} output
 * @returns {(root: string) => Promise<void>}
 */
function compile(project, output) {
  return (root) => {
    // The compiler believes its records, also when someone has removed what it wrote.
    const force = existsSync(join(root, output)) ? [] : ['--force'];
    return runScript(root, 'typescript/bin/tsc', ['-b', project, ...force]);
  };
}

/** @type {BuildStep} */
const harness = {
  name: 'building the harness',
  inputs: ['harness', 'src/shared', 'tsconfig.base.json', 'package-lock.json'],
  output: 'dist/harness/cli/main.js',
  build: compile('harness', 'dist/harness/cli/main.js'),
};

/** @type {BuildStep} */
const probe = {
  name: 'building the page probe and the stock page',
  inputs: ['harness/probe', 'src/shared', 'package-lock.json'],
  output: 'dist/harness/probe/page-probe.js',
  build: (root) =>
    runScript(root, 'esbuild/bin/esbuild', [
      'harness/probe/page-probe.ts',
      'harness/probe/stock-page/stock-page.ts',
      'harness/probe/stock-page/index.html',
      '--loader:.html=copy',
      '--bundle',
      '--format=iife',
      '--target=es2022',
      '--log-level=warning',
      '--outdir=dist/harness/probe',
    ]),
};

/** @type {BuildStep} */
const benchPage = {
  name: 'building the bench page',
  inputs: ['src', 'package-lock.json'],
  output: 'dist/harness/bench-page/recording-page.js',
  build: (root) =>
    runScript(root, 'esbuild/bin/esbuild', [
      'src/bench/recording-page.ts',
      'src/bench/index.html',
      '--loader:.html=copy',
      '--bundle',
      '--splitting',
      '--minify',
      '--format=esm',
      '--target=es2022',
      '--log-level=warning',
      '--outdir=dist/harness/bench-page',
    ]),
};

/** `<clara-review>` as one script, for pages that open from disk. @type {BuildStep} */
const reviewScript = {
  name: 'building the review script',
  inputs: ['src', 'package-lock.json'],
  output: 'dist/harness/review-page/review.js',
  build: (root) =>
    runScript(root, 'esbuild/bin/esbuild', [
      'src/embed/review.ts',
      '--bundle',
      '--minify',
      '--format=iife',
      '--target=es2022',
      '--log-level=warning',
      '--outdir=dist/harness/review-page',
    ]),
};

/** @type {BuildStep} */
const app = {
  name: 'building the app',
  inputs: [
    'src',
    'public',
    'index.html',
    'vite.config.ts',
    'package.json',
    'package-lock.json',
    'tsconfig.base.json',
  ],
  output: 'dist/app/index.html',
  build: async (root) => {
    await runScript(root, 'vite/bin/vite.js', ['build', '--logLevel', 'warn']);
    compressTexts(join(root, 'dist/app'));
  },
};

/** @type {BuildStep} */
const types = {
  name: 'building the declarations',
  inputs: ['src', 'harness', 'tsconfig.json', 'tsconfig.base.json', 'package-lock.json'],
  output: 'dist/src/embed/register.d.ts',
  build: compile('.', 'dist/src/embed/register.d.ts'),
};

/** @type {BuildStep} */
const library = {
  name: 'building the element library',
  inputs: ['src', 'vite.lib.config.ts', 'package.json', 'package-lock.json', 'tsconfig.base.json'],
  output: 'dist/lib/register.js',
  build: (root) =>
    runScript(root, 'vite/bin/vite.js', ['build', '--config', 'vite.lib.config.ts', '--logLevel', 'warn']),
};

/** What all commands need. */
export const RUN_STEPS = [harness, probe, reviewScript, app];

/** The commands that open the app in a browser. */
const APP_COMMANDS = ['up', 'call', 'chaos', 'bench', 'test'];

/**
 * What one command needs: looking at settings, parts and help needs no app.
 * @param {string | undefined} command
 * @returns {readonly BuildStep[]}
 */
export function stepsOf(command) {
  // The library for the bars of what is loaded.
  if (command === 'bench') return [harness, benchPage, library];
  return command !== undefined && APP_COMMANDS.includes(command) ? RUN_STEPS : [harness];
}

/** What the packages hold. */
export const PACKAGE_STEPS = [types, library];

/**
 * @param {string} root
 * @param {BuildStep} step
 */
function stampFile(root, step) {
  return join(root, 'dist/.clara', step.name.replaceAll(' ', '-'));
}

/**
 * The steps that must run, each with the hash of its sources.
 * @param {string} root
 * @param {readonly BuildStep[]} steps
 * @returns {{ step: BuildStep, hash: string }[]}
 */
export function outdated(root, steps) {
  return steps.flatMap((step) => {
    const hash = fingerprint(root, step.inputs);
    const stamp = stampFile(root, step);
    const fresh =
      existsSync(join(root, step.output)) && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash;
    return fresh ? [] : [{ step, hash }];
  });
}

/**
 * Runs one step and stamps it. Rejects with a StepError of exit code 1.
 * @param {string} root
 * @param {{ step: BuildStep, hash: string }} due
 */
export async function runStep(root, { step, hash }) {
  const stamp = stampFile(root, step);
  rmSync(stamp, { force: true });
  await step.build(root);
  if (!existsSync(join(root, step.output)))
    throw new StepError(`${step.name} did not make ${step.output}`, 1);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, hash);
}
