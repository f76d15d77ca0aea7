/**
 * Reads our own archive (layout: ../exports/archive.ts), strictly: every length is checked before it is used, every
 * chunk is unpacked once to see that it can be, and the number of sessions at the end must be right. All or nothing.
 */
import type { Recording, SampleChunk } from '../../../shared/recording.ts';
import { ChunkError, CODEC, unpackTable } from '../../metrics/chunk-codec.ts';
import { ARCHIVE_FORMAT, ARCHIVE_MAGIC } from '../exports/archive.ts';
import { readEvent, readSession } from './events.ts';
import { readKept } from './kept.ts';
import { listOf, nameOf, objectOf, parseGuarded, wholeOf } from './guarded-json.ts';
import { ImportError } from './import-error.ts';
import { MAX_CELLS, MAX_CHUNK_BYTES, MAX_CHUNKS, MAX_EVENTS, MAX_SESSIONS, MAX_STREAMS } from './limits.ts';
import { textOfBytes } from './text.ts';

/** A manifest of more is none of ours. */
const MAX_MANIFEST_BYTES = 64 * 1024 * 1024;

/** The recordings of an uncompressed archive. Throws ImportError. */
export function readArchive(bytes: Uint8Array): Recording[] {
  const input = new Cursor(bytes);
  if (textOfBytes(input.take(ARCHIVE_MAGIC.length), {}) !== ARCHIVE_MAGIC)
    throw new ImportError('notRecognized', 'is no archive', { byte: 0 });
  const format = input.u32();
  if (format > ARCHIVE_FORMAT)
    throw new ImportError('laterVersion', `format ${format}, only up to ${ARCHIVE_FORMAT} is known`, {
      byte: 8,
    });
  if (format < 1) throw new ImportError('badValue', `format ${format} never was`, { byte: 8 });
  const recordings: Recording[] = [];
  for (let length = input.u32(); length > 0; length = input.u32()) {
    if (length > MAX_MANIFEST_BYTES)
      throw new ImportError('tooLarge', `manifest of ${length} bytes, limit ${MAX_MANIFEST_BYTES}`, {
        byte: input.at,
      });
    if (recordings.length >= MAX_SESSIONS)
      throw new ImportError('tooLarge', `more than ${MAX_SESSIONS} sessions`, { byte: input.at });
    recordings.push(readRecording(input, length, recordings.length));
  }
  const count = input.u32();
  if (count !== recordings.length)
    throw new ImportError('cut', `has ${recordings.length} sessions, should have ${count}`, {
      byte: input.at - 4,
    });
  if (!input.isAtEnd) throw new ImportError('badValue', 'goes on after its end', { byte: input.at });
  return recordings;
}

function readRecording(input: Cursor, length: number, index: number): Recording {
  const field = (name: string): { field: string } => ({ field: `sessions[${index}].${name}` });
  const place = { field: `sessions[${index}]` };
  const manifest = objectOf(parseGuarded(textOfBytes(input.take(length), place), place), place);
  const session = readSession(manifest['session'], field('session'));
  const events = listOf(manifest['events'], MAX_EVENTS, field('events')).map((event, at) =>
    readEvent(event, field(`events[${at}]`)),
  );
  const streams = new Set<string>();
  const keys = new Set<string>();
  const chunks = listOf(manifest['chunks'], MAX_CHUNKS, field('chunks')).map((value, at): SampleChunk => {
    const chunk = objectOf(value, field(`chunks[${at}]`));
    const stream = nameOf(chunk['stream'], field(`chunks[${at}].stream`));
    const seq = wholeOf(chunk['seq'], 0, 2 ** 32, field(`chunks[${at}].seq`));
    const codec = wholeOf(chunk['codec'], 1, 255, field(`chunks[${at}].codec`));
    const size = wholeOf(chunk['bytes'], 0, MAX_CHUNK_BYTES, field(`chunks[${at}].bytes`));
    if (keys.size === keys.add(`${stream}/${seq}`).size)
      throw new ImportError('badValue', 'is there twice', field(`chunks[${at}].seq`));
    if (streams.add(stream).size > MAX_STREAMS)
      throw new ImportError('tooLarge', `more than ${MAX_STREAMS} streams`, field(`chunks[${at}].stream`));
    // A copy: a view would keep the whole file in memory, and in the database.
    const data = input.take(size).slice();
    input.cells += cellsOf(codec, data, field(`chunks[${at}]`));
    if (input.cells > MAX_CELLS)
      throw new ImportError('tooLarge', `more than ${MAX_CELLS} values`, field(`chunks[${at}]`));
    return { stream, seq, codec, data };
  });
  const kept = readKept(manifest['kept'], field('kept'), (size) => input.take(size).slice());
  return { session, events, chunks, ...(kept.length > 0 && { kept }) };
}

/** How many values a chunk holds. A codec of a later version is kept unread, until the program knows it. */
function cellsOf(codec: number, data: Uint8Array, place: { field: string }): number {
  if (codec !== CODEC) return 0;
  try {
    const { rows, columns } = unpackTable(codec, data);
    return rows * columns.size;
  } catch (error) {
    if (error instanceof ChunkError)
      throw new ImportError('badChunk', error.message, place, { cause: error });
    throw error;
  }
}

class Cursor {
  readonly #bytes: Uint8Array;
  at = 0;
  /** Values unpacked so far. */
  cells = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.at >= this.#bytes.length;
  }

  take(length: number): Uint8Array<ArrayBufferLike> {
    if (this.at + length > this.#bytes.length)
      throw new ImportError('cut', `ends ${this.at + length - this.#bytes.length} bytes early`, {
        byte: this.#bytes.length,
      });
    const part = this.#bytes.subarray(this.at, this.at + length);
    this.at += length;
    return part;
  }

  u32(): number {
    const part = this.take(4);
    return new DataView(part.buffer, part.byteOffset, 4).getUint32(0, true);
  }
}
