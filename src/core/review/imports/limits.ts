/**
 * What an imported file may cost. A file is a stranger's: every size is checked before memory is spent on it, and a
 * limit is far above what any real call reaches (an hour is about 100 kB of archive and 5 MB of dump).
 */
import { ImportError } from './import-error.ts';

/** Uncompressed, bytes. */
export const MAX_IMPORT_BYTES = 256 * 1024 * 1024;
/** Uncompressed by compressed, once {@link RATIO_FROM_BYTES} have come: real dumps reach about 40, a bomb 1000. */
export const MAX_RATIO = 250;
const RATIO_FROM_BYTES = 16 * 1024 * 1024;
/** Real dumps nest six deep. */
export const MAX_DEPTH = 32;
/** Values in one JSON text. */
export const MAX_JSON_VALUES = 10_000_000;
export const MAX_SESSIONS = 10_000;
export const MAX_EVENTS = 200_000;
export const MAX_CHUNKS = 100_000;
export const MAX_CHUNK_BYTES = 4 * 1024 * 1024;
export const MAX_STREAMS = 64;
/** Peer connections in a dump, and stats objects in a report. */
export const MAX_CONNECTIONS = 200;
export const MAX_STATS_OBJECTS = 500;
/** Reports in a dump: more than 24 hours once a second over two connections; and their objects together. */
export const MAX_REPORTS = 200_000;
export const MAX_REPORTED_OBJECTS = 10_000_000;
/** Values in all chunks of an archive, unpacked: 3,000 hours. A chunk of a kB can hold millions. */
export const MAX_CELLS = 500_000_000;

/** Counts the bytes that come out of a decompressing stream. */
export class ByteGuard {
  readonly #maxBytes: number;
  readonly #compressedBytes: number | undefined;
  #bytes = 0;

  /** @param compressedBytes size of the file, where it is compressed */
  constructor(compressedBytes?: number, maxBytes: number = MAX_IMPORT_BYTES) {
    this.#compressedBytes = compressedBytes;
    this.#maxBytes = maxBytes;
  }

  /** So far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes the next piece. Throws ImportError `tooLarge`: stop reading and cancel the stream. */
  take(piece: Uint8Array): void {
    this.#bytes += piece.length;
    if (this.#bytes > this.#maxBytes)
      throw new ImportError('tooLarge', `more than ${this.#maxBytes} bytes uncompressed`, {
        byte: this.#maxBytes,
      });
    if (this.#compressedBytes === undefined || this.#bytes < RATIO_FROM_BYTES) return;
    if (this.#bytes > this.#compressedBytes * MAX_RATIO)
      throw new ImportError('tooLarge', `grows more than ${MAX_RATIO} times when uncompressed`, {
        byte: this.#bytes,
      });
  }
}

/** What is read of a ReadableStreamDefaultReader. */
export interface PieceReader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
  cancel(reason?: unknown): Promise<void>;
}

/**
 * All that a reader gives, in one piece. When the guard or the stream fails, the reader is cancelled and nothing is
 * given; a stream that ends in the middle (cut gzip) is ImportError `cut`. Bounded by `signal`, whose reason it throws.
 */
export async function gatherBytes(
  reader: PieceReader,
  guard: ByteGuard,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  const stop = (): void => {
    reader.cancel(signal.reason).catch(() => {}); // only to wake the read below
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    for (;;) {
      signal.throwIfAborted();
      const { done, value } = await reader.read();
      signal.throwIfAborted();
      if (done) break;
      if (value === undefined) continue;
      guard.take(value);
      pieces.push(value);
    }
  } catch (error) {
    // Not awaited: a stream that hangs must not hold the error back.
    reader.cancel(error).catch(() => {});
    if (signal.aborted || error instanceof ImportError) throw error;
    throw new ImportError(
      'cut',
      'the file is cut or its compression is broken',
      { byte: guard.bytes },
      { cause: error },
    );
  } finally {
    signal.removeEventListener('abort', stop);
  }
  const whole = new Uint8Array(guard.bytes);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
