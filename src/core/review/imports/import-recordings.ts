/**
 * A stranger's file in, whole recordings out, or one ImportError. Owns how a format is told from its first bytes. Gzip
 * is taken off at the edge, with a ByteGuard; nothing is written here, so nothing half is ever kept.
 */
import type { Recording } from '../../../shared/recording.ts';
import { ARCHIVE_MAGIC } from '../exports/archive.ts';
import { RTCSTATS_MAGIC } from '../exports/rtcstats.ts';
import { readArchive } from './archive.ts';
import { ImportError } from './import-error.ts';
import { MAX_IMPORT_BYTES } from './limits.ts';
import { readRtcstats } from './rtcstats.ts';
import { textOfBytes } from './text.ts';
import { readWebrtcInternals } from './webrtc-internals.ts';

/** What a file may be. */
export type ImportFormat = 'gzip' | 'archive' | 'rtcstats' | 'webrtcInternals';

/** The format by the first bytes (16 are enough); undefined for none that can be imported. */
export function formatOf(bytes: Uint8Array): ImportFormat | undefined {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return 'gzip';
  const head = String.fromCharCode(...bytes.subarray(0, 16));
  if (head.startsWith(ARCHIVE_MAGIC)) return 'archive';
  if (head.startsWith(RTCSTATS_MAGIC)) return 'rtcstats';
  return /^(\u00ef\u00bb\u00bf)?\s*\{/.test(head) ? 'webrtcInternals' : undefined;
}

/**
 * The recordings of an uncompressed file. `newId` makes ids for dumps, which have none; those of an archive are kept,
 * so compare them with what is in the store. Throws ImportError.
 */
export function importRecordings(bytes: Uint8Array, newId: () => string): Recording[] {
  if (bytes.length === 0) throw new ImportError('empty', 'is empty', { byte: 0 });
  if (bytes.length > MAX_IMPORT_BYTES)
    throw new ImportError('tooLarge', `${bytes.length} bytes, limit ${MAX_IMPORT_BYTES}`, {
      byte: MAX_IMPORT_BYTES,
    });
  switch (formatOf(bytes)) {
    case 'archive':
      return readArchive(bytes);
    case 'rtcstats':
      return [readRtcstats(textOfBytes(bytes, {}), newId())];
    case 'webrtcInternals':
      return [readWebrtcInternals(textOfBytes(bytes, {}), newId())];
    case 'gzip':
      throw new ImportError('notRecognized', 'is compressed twice', { byte: 0 });
    case undefined:
      throw new ImportError('notRecognized', 'is no archive, rtcstats dump or webrtc-internals dump', {
        byte: 0,
      });
  }
}
