/**
 * A file of a stranger in, recordings out: takes gzip off under a guard, then hands the bytes to the readers of core.
 * Writes nothing. Throws ImportError for whatever is wrong with the file.
 */
import { formatOf, importRecordings } from '../core/review/imports/import-recordings.ts';
import { ByteGuard, gatherBytes, MAX_IMPORT_BYTES } from '../core/review/imports/limits.ts';
import { ImportError } from '../core/review/imports/import-error.ts';
import type { Recording } from '../shared/recording.ts';

/** Longest read of a file, ms: 256 MB from a slow disk. */
const READ_LIMIT_MS = 60_000;

/** The recordings of a file: own archive, rtcstats dump or webrtc-internals dump, plain or gzip. */
export async function readRecordingFile(file: Blob): Promise<Recording[]> {
  if (file.size > MAX_IMPORT_BYTES)
    throw new ImportError('tooLarge', `${file.size} bytes, limit ${MAX_IMPORT_BYTES}`);
  const signal = AbortSignal.timeout(READ_LIMIT_MS);
  const head = new Uint8Array(await file.slice(0, 16).arrayBuffer());
  const isPacked = formatOf(head) === 'gzip';
  const stream: ReadableStream<Uint8Array> = isPacked
    ? file.stream().pipeThrough(new DecompressionStream('gzip'))
    : file.stream();
  const guard = isPacked ? new ByteGuard(file.size) : new ByteGuard();
  const bytes = await gatherBytes(stream.getReader(), guard, signal);
  return importRecordings(bytes, () => crypto.randomUUID());
}
