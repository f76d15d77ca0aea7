/** Reads text and sound of an archive of strangers, strictly. Text stays text; sound stays bytes, which a browser decodes or not. */
import { KEPT_KINDS, type KeptPiece } from '../../../shared/recording.ts';
import { anyTextOf, listOf, numberOf, objectOf, textOf, wholeOf, wordIn } from './guarded-json.ts';
import { ImportError, type ImportPlace } from './import-error.ts';

/** Lines and pieces of sound of one session; four hours have some thousands. */
const MAX_PIECES = 100_000;
/** Eight seconds at 32 kbit/s are 32 kB. */
const MAX_PIECE_BYTES = 16 * 1024 * 1024;
const MAX_TEXT_CHARS = 15_000;
const MAX_AT_MS = 30 * 24 * 3_600_000;
const MAX_WALL_MS = 253_402_300_799_000;
/** What our recorder writes; a type of strangers must not make a player take bytes for something else. */
const SOUND_TYPES = ['audio/webm'] as const;

/** The pieces of a manifest; none where it names none. Throws ImportError. @param take gives the next bytes of the file */
export function readKept(
  value: unknown,
  place: { readonly field: string },
  take: (bytes: number) => Uint8Array<ArrayBuffer>,
): KeptPiece[] {
  if (value === undefined) return [];
  const keys = new Set<string>();
  return listOf(value, MAX_PIECES, place).map((entry, index): KeptPiece => {
    const at = (name = ''): ImportPlace => ({
      field: `${place.field}[${index}]${name === '' ? '' : `.${name}`}`,
    });
    const piece = objectOf(entry, at());
    const kind = wordIn(piece['kind'], KEPT_KINDS, at('kind'));
    const seq = wholeOf(piece['seq'], 0, 2 ** 32, at('seq'));
    if (keys.size === keys.add(`${kind}/${seq}`).size)
      throw new ImportError('badValue', 'is there twice', at('seq'));
    const atMs = numberOf(piece['atMs'], 0, MAX_AT_MS, at('atMs'));
    if (kind === 'text')
      return {
        kind,
        seq,
        atMs,
        wallMs: numberOf(piece['wallMs'], 0, MAX_WALL_MS, at('wallMs')),
        from: wordIn(piece['from'], ['user', 'agent'], at('from')),
        by: wordIn(piece['by'], ['speech', 'text'], at('by')),
        id: textOf(piece['id'], 256, at('id')),
        text: anyTextOf(piece['text'], MAX_TEXT_CHARS, at('text')),
      };
    return {
      kind,
      seq,
      take: wholeOf(piece['take'], 0, 10_000, at('take')),
      atMs,
      type: wordIn(piece['type'], SOUND_TYPES, at('type')),
      data: take(wholeOf(piece['bytes'], 0, MAX_PIECE_BYTES, at('bytes'))),
    };
  });
}
