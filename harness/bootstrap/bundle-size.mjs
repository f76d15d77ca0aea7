/**
 * Measures what a page loads for the tag, from dist/cdn, gzip (level 9): the first load (the launcher and what it imports
 * statically) and the total (with everything that is loaded later), against the bars of the product. Plain node.
 *
 *   node harness/bootstrap/bundle-size.mjs [--json]
 *
 * Exit codes: 0 within the bars, 1 beyond them, 3 not built yet.
 */
import { Buffer } from 'node:buffer';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const folder = fileURLToPath(new URL('../../dist/cdn/', import.meta.url));
const ENTRY = 'clara-voice.js';
const ONE_FILE = 'clara-voice.bundle.js';
const FIRST_LOAD_BAR_BYTES = 20 * 1024;
const TOTAL_BAR_BYTES = 185 * 1024;

if (!existsSync(folder + ENTRY)) {
  process.stderr.write(`${folder}${ENTRY} is not there: run \`npm run build\` first\n`);
  process.exit(3);
}

const names = readdirSync(folder).filter((name) => name.endsWith('.js'));
const texts = new Map(names.map((name) => [name, readFileSync(folder + name, 'utf8')]));

/** The files that `name` imports, statically or by `import()`. */
function importsOf(name) {
  const found = [...texts.get(name).matchAll(/\b(import\s*\(|from|import)\s*["'`]\.\/([^"'`]+\.js)["'`]/g)];
  return found.map(([, how, file]) => ({ file, later: how.startsWith('import') && how.endsWith('(') }));
}

/** All files that `name` leads to; without `withLater` only those of the first load. */
function closure(name, withLater) {
  const reached = new Set([name]);
  for (const file of reached)
    for (const found of importsOf(file))
      if (texts.has(found.file) && (withLater || !found.later)) reached.add(found.file);
  return [...reached];
}

const sizeOf = (name) => ({
  name,
  bytes: Buffer.byteLength(texts.get(name)),
  gzipBytes: gzipSync(texts.get(name), { level: 9 }).byteLength,
});
const sum = (files) => files.reduce((total, { gzipBytes }) => total + gzipBytes, 0);

const firstLoad = closure(ENTRY, false).map(sizeOf);
const total = closure(ENTRY, true).map(sizeOf);
if (total.length === firstLoad.length)
  throw new Error(`${ENTRY} loads nothing later: the launcher split is gone`);

const result = {
  ok: sum(firstLoad) < FIRST_LOAD_BAR_BYTES && sum(total) <= TOTAL_BAR_BYTES,
  firstLoad: { gzipBytes: sum(firstLoad), barBytes: FIRST_LOAD_BAR_BYTES, files: firstLoad },
  total: { gzipBytes: sum(total), barBytes: TOTAL_BAR_BYTES, files: total },
  ...(texts.has(ONE_FILE) && { oneFile: sizeOf(ONE_FILE) }),
};

const kib = (bytes) => `${(bytes / 1024).toFixed(1)} KiB`;
if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
else {
  const line = (name, { gzipBytes, barBytes }) =>
    `${name.padEnd(11)} ${kib(gzipBytes).padStart(10)} gzip, bar ${kib(barBytes)}\n`;
  process.stdout.write(line('first load', result.firstLoad) + line('total', result.total));
  for (const { name, bytes, gzipBytes } of total)
    process.stdout.write(`  ${name}: ${kib(gzipBytes)} gzip of ${kib(bytes)}\n`);
  if (result.oneFile)
    process.stdout.write(`one file    ${kib(result.oneFile.gzipBytes).padStart(10)} gzip\n`);
}
process.exit(result.ok ? 0 : 1);
