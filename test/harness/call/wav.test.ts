import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { parseWavHeader, wavHeader } from '../../../harness/call/wav-header.ts';
import { inspectWav, MAX_WAV_MS, readWav, writeWav } from '../../../harness/call/wav-file.ts';
import { UsageError } from '../../../harness/config/usage-error.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clara-wav-test-'));
});
after(() => rm(folder, { recursive: true, force: true }));

/** A WAV file of the given bytes; gives its path. */
async function file(name: string, ...parts: readonly Buffer[]): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, Buffer.concat(parts));
  return path;
}

/** The header that is written, with some bytes replaced. */
function header(change: (bytes: Buffer) => void, samples = 4800): Buffer {
  const bytes = wavHeader(48_000, samples);
  change(bytes);
  return bytes;
}

const refused = (path: string, what: RegExp) =>
  assert.rejects(inspectWav(path), (error) => {
    assert.ok(error instanceof UsageError);
    assert.ok(error.message.includes(path), `the message names the file: ${error.message}`);
    assert.match(error.message, what);
    return true;
  });

test('what is written is read again, sample by sample', async () => {
  const path = join(folder, 'round-trip.wav');
  await writeWav(path, 16_000, [Float32Array.of(0, 0.5, -0.5), Float32Array.of(1, -1)]);
  const { samples, sampleRateHz } = await readWav(path);
  assert.equal(sampleRateHz, 16_000);
  assert.deepEqual(
    [...samples].map((sample) => Math.round(sample * 100)),
    [0, 50, -50, 100, -100],
  );
  assert.equal((await inspectWav(path)).durationMs, 5 / 16);
});

test('samples beyond full scale are clipped and not wrapped', async () => {
  const path = join(folder, 'clipped.wav');
  await writeWav(path, 48_000, [Float32Array.of(1.5, -1.5)]);
  assert.deepEqual([...(await readWav(path)).samples].map(Math.round), [1, -1]);
});

test('an existing file is never overwritten', async () => {
  const path = await file('there.wav', Buffer.from('mine'));
  await assert.rejects(writeWav(path, 48_000, []), { code: 'EEXIST' });
});

test('a file that is no RIFF is refused by name', async () =>
  refused(
    await file('song.wav', Buffer.from('ID3\x04 this is an MP3')),
    /no RIFF\/WAVE file, it begins with "ID3/,
  ));

test('an empty file is refused by name', async () => refused(await file('empty.wav'), /empty/));

test('a file that is not there is refused by name', () =>
  refused(join(folder, 'nowhere.wav'), /cannot read .*ENOENT/));

test('a folder is refused by name', () => refused(folder, /EISDIR|not a file/));

test('compressed samples are refused with the name of their format', async () => {
  await refused(
    await file(
      'mp3.wav',
      header((bytes) => bytes.writeUInt16LE(85, 20)),
      Buffer.alloc(9600),
    ),
    /MP3 \(format 85\), not PCM/,
  );
  await refused(
    await file(
      'alaw.wav',
      header((bytes) => bytes.writeUInt16LE(6, 20)),
      Buffer.alloc(9600),
    ),
    /A-law/,
  );
});

test('24 bits, 6 channels and 4 kHz are refused with their value', async () => {
  await refused(
    await file(
      '24.wav',
      header((bytes) => bytes.writeUInt16LE(24, 34)),
      Buffer.alloc(9600),
    ),
    /24 bits/,
  );
  await refused(
    await file(
      'six.wav',
      header((bytes) => bytes.writeUInt16LE(6, 22)),
      Buffer.alloc(9600),
    ),
    /6 channels/,
  );
  await refused(
    await file(
      'slow.wav',
      header((bytes) => bytes.writeUInt32LE(4000, 24)),
      Buffer.alloc(9600),
    ),
    /4000 Hz/,
  );
});

test('a header without samples behind it is refused', async () =>
  refused(await file('hollow.wav', wavHeader(48_000, 4800)), /no samples/));

test('a header that is cut off is refused', async () =>
  refused(await file('cut.wav', wavHeader(48_000, 10).subarray(0, 30)), /format chunk has/));

test('a WAV that is too long is refused with its length and the limit', () => {
  const bytes = wavHeader(8_000, 8_000 * 60 * 40);
  const format = parseWavHeader(bytes, bytes.length + 2 * 8_000 * 60 * 40);
  assert.equal(format.durationMs, 40 * 60_000);
  assert.ok(format.durationMs > MAX_WAV_MS);
});

test('a length of zero in the header means all that is in the file', () => {
  const bytes = wavHeader(48_000, 0);
  assert.equal(parseWavHeader(bytes, bytes.length + 960).dataBytes, 960);
});

test('chunks before the format are passed over', () => {
  const plain = wavHeader(44_100, 100);
  const list = Buffer.from('LIST\x05\0\0\0hello\0', 'latin1');
  const bytes = Buffer.concat([plain.subarray(0, 12), list, plain.subarray(12)]);
  assert.deepEqual(parseWavHeader(bytes, bytes.length + 200), {
    channels: 1,
    sampleRateHz: 44_100,
    dataOffset: 58,
    dataBytes: 200,
    durationMs: (100 / 44_100) * 1000,
  });
});
