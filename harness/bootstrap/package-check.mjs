/**
 * Owns: whether what npm would pack of clara-voice is what its package.json promises: every door and what it imports is
 * there, and nothing is that belongs to nobody who installs it.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { StepError } from './command.mjs';
import { npmCommand } from './install.mjs';

const PACK_LIMIT_MS = 60_000;

/** What must not be in the package: the app, its worker and the bench page, compiled modules beside the bundled ones, maps of the CDN files. */
const UNWANTED = [
  /^dist\/src\/(app|sw|bench)\//,
  /^dist\/src\/.*(?<!\.d\.ts)$/,
  /^dist\/cdn\/.*\.map$/,
  /^(src|test|harness)\//,
];

/**
 * All paths of `exports` and the like, without `./`.
 * @param {unknown} value
 * @returns {string[]}
 */
function targets(value) {
  if (typeof value === 'string') return [posix.normalize(value)];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(targets) : [];
}

/**
 * The files of the package that `file` imports, by its relative specifiers.
 * @param {string} file
 * @param {string} text
 * @returns {string[]}
 */
function importsOf(file, text) {
  const code = text.replace(/\/\*[^]*?\*\//g, ''); // examples in comments
  return [...code.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*["'](\.{1,2}\/[^"']+)["']/g)].map(
    ([, specifier = '']) => {
      const path = posix.join(dirname(file), specifier);
      return file.endsWith('.d.ts') ? path.replace(/(\.d)?\.[jt]s$/, '.d.ts') : path;
    },
  );
}

/**
 * What is wrong with a package of these files.
 * @param {Record<string, unknown>} manifest its package.json
 * @param {readonly string[]} files
 * @param {(file: string) => string} read
 * @returns {string[]} one line a problem
 */
export function packageProblems(manifest, files, read) {
  const packed = new Set(files);
  const promised = [...targets(manifest['exports']), ...targets(manifest['customElements'])];
  const missing = promised
    .filter((file) => !packed.has(file))
    .map((file) => `${file} is promised and not packed`);
  const unwanted = files
    .filter((file) => UNWANTED.some((pattern) => pattern.test(file)))
    .map((file) => `${file} is packed and does not belong there`);
  const dangling = files
    .filter((file) => /\.(js|d\.ts)$/.test(file))
    .flatMap((file) =>
      importsOf(file, read(file))
        .filter((imported) => !packed.has(imported))
        .map((imported) => `${file} imports ${imported}, which is not packed`),
    );
  return [...missing, ...unwanted, ...dangling];
}

/**
 * Asks npm what it would pack.
 * @param {string} root
 * @returns {string[]}
 */
function packedFiles(root) {
  const { command, args } = npmCommand(process.env);
  const pack = ['pack', '--dry-run', '--json', '--ignore-scripts', '--loglevel=silent'];
  const said = execFileSync(command, [...args, ...pack], {
    cwd: root,
    encoding: 'utf8',
    timeout: PACK_LIMIT_MS,
    maxBuffer: 16 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  // npm 10 gives a list, npm 11 an object by package name.
  const [packed] = Object.values(JSON.parse(said));
  return packed.files.map((/** @type {{ path: string }} */ { path }) => path);
}

/**
 * Checks what npm would pack. Throws a StepError of exit code 1 that names every problem.
 * @param {string} root
 */
export function checkPackage(root) {
  const problems = packageProblems(
    JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')),
    packedFiles(root),
    (file) => readFileSync(join(root, file), 'utf8'),
  );
  if (problems.length > 0) throw new StepError(`the package is not as promised:\n${problems.join('\n')}`, 1);
}
