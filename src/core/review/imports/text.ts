/** Bytes of strangers as text, and texts by lines. */
import { ImportError } from './import-error.ts';
import type { ImportPlace } from './import-error.ts';

/** Strict UTF-8. Throws ImportError `badText`. */
export function textOfBytes(bytes: Uint8Array, place: ImportPlace): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    // TypeError for what is no UTF-8; RangeError for more than a string can hold.
    throw new ImportError('badText', 'is not UTF-8 text', place, { cause: error });
  }
}

/** The lines of a text with their numbers from 1, one at a time; a CR before the LF is taken off. */
export function* linesOf(text: string): Generator<{ readonly line: number; readonly text: string }> {
  let from = 0;
  for (let line = 1; from < text.length; line++) {
    const end = text.indexOf('\n', from);
    const until = end < 0 ? text.length : end;
    const cut = text[until - 1] === '\r' ? until - 1 : until;
    yield { line, text: text.slice(from, Math.max(from, cut)) };
    from = until + 1;
  }
}
