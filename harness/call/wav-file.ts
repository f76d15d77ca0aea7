/** WAV files for the fake microphone: written sample by sample block, and checked before a browser gets them. */
import { open } from 'node:fs/promises';
import { UsageError } from '../config/usage-error.ts';
import { parseWavHeader, wavHeader, WAV_HEADER_BYTES, type WavFormat } from './wav-header.ts';

/** Longest WAV that is taken, ms: Chromium reads the whole file into memory, and half an hour is 173 MB. */
export const MAX_WAV_MS = 35 * 60_000;
/** Where a `data` chunk has to begin, bytes; picture and text chunks before it are small. */
const MAX_HEADER_BYTES = 64 * 1024;

/** Checks that `path` is a WAV that can be a microphone. Throws UsageError that names the file and what is wrong. */
export async function inspectWav(path: string): Promise<WavFormat> {
  let start: Buffer;
  let fileBytes: number;
  try {
    const file = await open(path, 'r');
    try {
      const stat = await file.stat();
      if (!stat.isFile()) throw new TypeError('it is not a file');
      fileBytes = stat.size;
      start = Buffer.alloc(Math.min(fileBytes, MAX_HEADER_BYTES));
      await file.read(start, 0, start.length, 0);
    } finally {
      await file.close();
    }
  } catch (cause) {
    const why =
      cause instanceof TypeError ? cause.message : ((cause as NodeJS.ErrnoException).code ?? String(cause));
    throw new UsageError(`cannot read the WAV ${path}: ${why}`, { cause });
  }
  let format: WavFormat;
  try {
    format = parseWavHeader(start, fileBytes);
  } catch (cause) {
    throw new UsageError(`${path} cannot be the microphone: ${(cause as Error).message}`, { cause });
  }
  if (format.durationMs > MAX_WAV_MS)
    throw new UsageError(
      `${path} cannot be the microphone: it lasts ${Math.round(format.durationMs / 1000)} s, the limit is ${MAX_WAV_MS / 1000} s`,
    );
  return format;
}

/** Reads a checked WAV's samples as mono floats (the first channel). Throws as {@link inspectWav}. */
export async function readWav(path: string): Promise<{ samples: Float32Array; sampleRateHz: number }> {
  const format = await inspectWav(path);
  const file = await open(path, 'r');
  try {
    const data = Buffer.alloc(format.dataBytes);
    await file.read(data, 0, data.length, format.dataOffset);
    const frames = Math.floor(format.dataBytes / (2 * format.channels));
    const samples = Float32Array.from(
      { length: frames },
      (_, at) => data.readInt16LE(at * 2 * format.channels) / 32768,
    );
    return { samples, sampleRateHz: format.sampleRateHz };
  } finally {
    await file.close();
  }
}

/** Writes blocks of mono floats as 16-bit PCM; values outside -1 to 1 are clipped. The file exists only when whole. */
export async function writeWav(
  path: string,
  sampleRateHz: number,
  blocks: Iterable<Float32Array>,
): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    let sampleCount = 0;
    await file.write(wavHeader(sampleRateHz, 0));
    for (const block of blocks) {
      const pcm = Int16Array.from(block, (sample) => Math.round(Math.max(-1, Math.min(1, sample)) * 32767));
      await file.write(Buffer.from(pcm.buffer), 0, pcm.byteLength, WAV_HEADER_BYTES + 2 * sampleCount);
      sampleCount += pcm.length;
    }
    await file.write(wavHeader(sampleRateHz, sampleCount), 0, WAV_HEADER_BYTES, 0);
  } finally {
    await file.close();
  }
}
