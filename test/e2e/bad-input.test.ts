import { chmod, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { leftBy, runClara } from '../support/node/clara-command.ts';
import { temporaryFolder } from '../support/node/temporary-folder.ts';

/** The end of a call that could not be: its exit code, its message, an empty stdout, and nothing left. */
async function refusal(
  folder: string,
  end: Awaited<ReturnType<typeof runClara>>,
  code: number,
  message: RegExp,
): Promise<void> {
  assert.match(end.stderr, message);
  assert.equal(end.code, code, end.stderr);
  assert.equal(end.stdout, '');
  assert.deepEqual(await leftBy(folder, ''), []);
}

test('a WAV that is none is refused with its name before anything starts', async (t) => {
  const folder = await temporaryFolder(t);
  const files = await temporaryFolder(t);
  const wav = join(files, 'song.wav');
  await writeFile(wav, 'ID3 this is an MP3');
  await refusal(
    folder,
    await runClara(['call', '--json', '--wav', wav], { folder }),
    2,
    /song\.wav cannot be the microphone: it is no RIFF\/WAVE file/,
  );
  await refusal(
    folder,
    await runClara(['call', '--json', '--wav', join(files, 'nowhere.wav')], { folder }),
    2,
    /nowhere\.wav: ENOENT/,
  );
});

test('seconds and clients that do not exist are refused with the value', async (t) => {
  const folder = await temporaryFolder(t);
  await refusal(
    folder,
    await runClara(['call', '--seconds', '0'], { folder }),
    2,
    /"0" is not 1 to 1800 seconds/,
  );
  await refusal(folder, await runClara(['call', '--client', 'zoom'], { folder }), 2, /zoom/);
});

test('a port that is in use is told by its number', async (t) => {
  const folder = await temporaryFolder(t);
  const other = createServer().listen(0, '127.0.0.1');
  t.after(() => other.close());
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  const gateway = await runClara(['call', '--json', '--port', String(port)], { folder });
  assert.equal(gateway.code, 1, gateway.stderr);
  assert.match(gateway.stderr, new RegExp(`${port}.*in use`));
  const server = await runClara(['call', '--json', '--livekit-port', String(port)], { folder });
  assert.equal(server.code, 1, server.stderr);
  assert.match(server.stderr, new RegExp(`${port}`));
  assert.deepEqual(await leftBy(folder, ''), []);
});

test('a server binary that ends at once is told with what it said', async (t) => {
  const folder = await temporaryFolder(t);
  const files = await temporaryFolder(t);
  const binary = join(files, 'livekit-server');
  await writeFile(
    binary,
    '#!/bin/sh\nif [ "$1" = --version ]; then echo "livekit-server version 1.13.5"; exit 0; fi\necho "no such luck" >&2\nexit 7\n',
  );
  await chmod(binary, 0o755);
  const end = await runClara(['call', '--json'], { folder, env: { LIVEKIT_SERVER_BIN: binary } });
  await refusal(folder, end, 1, /no such luck/);
  assert.match(end.stderr, /7/);
});

test('a machine with loopback alone is told so, and how to help itself', async (t) => {
  const folder = await temporaryFolder(t);
  const preload = fileURLToPath(new URL('../support/node/only-loopback.mjs', import.meta.url));
  const end = await runClara(['call', '--json'], { folder, nodeArguments: ['--import', preload] });
  await refusal(folder, end, 3, /only loopback is up/);
});

test('without any way to a Chromium each way is named', async (t) => {
  const folder = await temporaryFolder(t);
  const end = await runClara(['call', '--json'], { folder, env: { CLARA_DISABLE: 'chromium-*' } });
  await refusal(folder, end, 3, /Chromium is missing[\s\S]*chromium-env[\s\S]*chromium-playwright/);
});
