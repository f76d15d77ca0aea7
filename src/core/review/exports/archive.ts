/**
 * Our own archive: the one export that loses nothing. Chunks go in as they lie in the store, bit by bit, also those of
 * a later version. Bytes here; gzip is put round it at the edge. Read by ../imports/archive.ts.
 *
 * Layout: magic, format (u32); for every session: length of the manifest (u32, above 0), manifest as JSON, the chunks'
 * bytes one after the other, as long as the manifest says, then in format 2 those of the kept sound likewise; then 0 (u32) and the number of sessions (u32). u32 are little-endian.
 */
import type { KeptPiece, Recording } from '../../../shared/recording.ts';
import { CODE_LISTS, isCodedColumn } from '../../metrics/codes.ts';
import { COLUMN_NAMES, COLUMNS } from '../../metrics/columns.ts';

/** First bytes of an archive, ASCII. */
export const ARCHIVE_MAGIC = 'CLARAREC';
/** The newest format. 2 adds text and sound that were kept, to the recordings that are given with them. */
export const ARCHIVE_FORMAT = 2;

/** What columns mean, for readers that do not have our code. */
const COLUMN_LIST = COLUMN_NAMES.map((name) => ({
  code: COLUMNS[name].code,
  name,
  unit: COLUMNS[name].unit,
  kind: COLUMNS[name].kind,
  ...(isCodedColumn(name) && { words: CODE_LISTS[name] }),
}));

/**
 * Recordings as one archive, some bytes at a time; each recording may come late.
 * @param withKept with the text and the sound that they hold; without, the archive is of format 1 and has none
 */
export async function* archiveOf(
  recordings: Iterable<Recording> | AsyncIterable<Recording>,
  withKept = false,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  yield new TextEncoder().encode(ARCHIVE_MAGIC);
  yield u32(withKept ? ARCHIVE_FORMAT : 1);
  let count = 0;
  for await (const recording of recordings) {
    yield* sessionPieces(recording, withKept);
    count++;
  }
  yield u32(0);
  yield u32(count);
}

/** What a recording adds to an archive before it is packed, bytes. @param withKept as for {@link archiveOf} */
export function archivedBytes(recording: Recording, withKept: boolean): number {
  let bytes = 0;
  for (const piece of sessionPieces(recording, withKept)) bytes += piece.length;
  return bytes;
}

function* sessionPieces(
  { session, events, chunks, kept = [] }: Recording,
  withKept: boolean,
): Generator<Uint8Array<ArrayBuffer>> {
  const pieces = withKept ? kept : [];
  const manifest = new TextEncoder().encode(
    JSON.stringify({
      session,
      columns: COLUMN_LIST,
      events,
      chunks: chunks.map(({ stream, seq, codec, data }) => ({ stream, seq, codec, bytes: data.length })),
      ...(pieces.length > 0 && { kept: pieces.map(describedPiece) }),
    }),
  );
  yield u32(manifest.length);
  yield manifest;
  for (const { data } of chunks) yield data;
  for (const piece of pieces) if (piece.kind === 'sound') yield piece.data;
}

function describedPiece(piece: KeptPiece): object {
  if (piece.kind === 'text') return piece;
  const { data, ...facts } = piece;
  return { ...facts, bytes: data.length };
}

function u32(value: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}
