import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { compressTexts } from '../../../harness/bootstrap/compress.mjs';
import { temporaryFolder } from '../../support/node/temporary-folder.ts';

test('texts above a kilobyte get a .br and a .gz of the same content, other files get none', async (t) => {
  const folder = await temporaryFolder(t);
  mkdirSync(join(folder, 'assets'));
  const text = 'const a = 1;\n'.repeat(200);
  for (const name of ['assets/big.js', 'assets/picture.png']) writeFileSync(join(folder, name), text);
  writeFileSync(join(folder, 'small.js'), '1;');
  compressTexts(folder);
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  assert.deepEqual(names, [
    'assets',
    'assets/big.js',
    'assets/big.js.br',
    'assets/big.js.gz',
    'assets/picture.png',
    'small.js',
  ]);
  assert.equal(brotliDecompressSync(readFileSync(join(folder, 'assets/big.js.br'))).toString(), text);
  assert.equal(gunzipSync(readFileSync(join(folder, 'assets/big.js.gz'))).toString(), text);
});
