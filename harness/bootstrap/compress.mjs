/** Writes `.br` and `.gz` beside the text files of a built app, which the gateway serves to who accepts them. */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const TEXTS = /\.(html|js|css|svg|json|webmanifest)$/;
/** Below this it does not pay, bytes. */
const WORTH_BYTES = 1024;
/** 11 takes ten times as long and saves 5 %. */
const BROTLI_QUALITY = 9;

/** @param {string} folder */
export function compressTexts(folder) {
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!TEXTS.test(name)) continue;
    const text = readFileSync(join(folder, name));
    if (text.byteLength <= WORTH_BYTES) continue;
    const params = { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY };
    writeFileSync(join(folder, `${name}.br`), brotliCompressSync(text, { params }));
    writeFileSync(join(folder, `${name}.gz`), gzipSync(text, { level: 9 }));
  }
}
