/**
 * The header of WAV files, read and written. Owns the format and nothing of files. Reads what a header says, in any
 * order of chunks, and never believes a length without comparing it.
 */

/** What can be said of a WAV of 16-bit PCM. */
export interface WavFormat {
  readonly channels: number;
  readonly sampleRateHz: number;
  /** Where the samples begin in the file, bytes. */
  readonly dataOffset: number;
  /** How many bytes of samples there are. */
  readonly dataBytes: number;
  readonly durationMs: number;
}

/** Bytes of the header that {@link wavHeader} writes. */
export const WAV_HEADER_BYTES = 44;

const PCM = 1;
const EXTENSIBLE = 0xfffe;
const FORMAT_NAMES: Readonly<Record<number, string>> = {
  2: 'ADPCM',
  3: 'float',
  6: 'A-law',
  7: 'mu-law',
  85: 'MP3',
};

/** A header for 16-bit mono PCM. */
export function wavHeader(sampleRateHz: number, sampleCount: number): Buffer {
  const header = Buffer.alloc(WAV_HEADER_BYTES);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(WAV_HEADER_BYTES - 8 + 2 * sampleCount, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(PCM, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(sampleRateHz, 24);
  header.writeUInt32LE(2 * sampleRateHz, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(2 * sampleCount, 40);
  return header;
}

/**
 * Reads a header from the first bytes of a file of `fileBytes`. Throws TypeError that says what is wrong and with
 * which value; the caller adds the name of the file.
 */
export function parseWavHeader(start: Buffer, fileBytes: number): WavFormat {
  if (fileBytes === 0) throw new TypeError('the file is empty');
  if (
    start.length < 12 ||
    start.toString('latin1', 0, 4) !== 'RIFF' ||
    start.toString('latin1', 8, 12) !== 'WAVE'
  )
    throw new TypeError(
      `it is no RIFF/WAVE file, it begins with ${JSON.stringify(start.toString('latin1', 0, 4))}`,
    );
  let format: { channels: number; sampleRateHz: number } | undefined;
  for (let at = 12; at + 8 <= start.length;) {
    const id = start.toString('latin1', at, at + 4);
    const bytes = start.readUInt32LE(at + 4);
    if (id === 'fmt ') format = parseFormat(start.subarray(at + 8, at + 8 + bytes));
    if (id === 'data') {
      if (format === undefined) throw new TypeError('its data comes before its format');
      // A recorder that was cut off leaves 0 or 0xffffffff here: what is in the file counts.
      const dataBytes = Math.min(bytes === 0 ? Infinity : bytes, fileBytes - at - 8);
      if (dataBytes < 2 * format.channels) throw new TypeError('it holds no samples');
      return {
        ...format,
        dataOffset: at + 8,
        dataBytes,
        durationMs: (dataBytes / (2 * format.channels * format.sampleRateHz)) * 1000,
      };
    }
    at += 8 + bytes + (bytes % 2);
  }
  throw new TypeError(
    format === undefined
      ? 'it has no format chunk'
      : `it has no data chunk in its first ${start.length} bytes`,
  );
}

function parseFormat(chunk: Buffer): { channels: number; sampleRateHz: number } {
  if (chunk.length < 16) throw new TypeError(`its format chunk has ${chunk.length} bytes instead of 16`);
  const tag = chunk.readUInt16LE(0);
  const code = tag === EXTENSIBLE && chunk.length >= 26 ? chunk.readUInt16LE(24) : tag;
  if (code !== PCM)
    throw new TypeError(`its samples are ${FORMAT_NAMES[code] ?? 'compressed'} (format ${code}), not PCM`);
  const bits = chunk.readUInt16LE(14);
  if (bits !== 16) throw new TypeError(`its samples have ${bits} bits, not 16`);
  const channels = chunk.readUInt16LE(2);
  if (channels < 1 || channels > 2) throw new TypeError(`it has ${channels} channels, not 1 or 2`);
  const sampleRateHz = chunk.readUInt32LE(4);
  if (sampleRateHz < 8_000 || sampleRateHz > 96_000)
    throw new TypeError(`its rate is ${sampleRateHz} Hz, not 8000 to 96000`);
  return { channels, sampleRateHz };
}
