import type { TranscriptEntry } from '../core/session/types.ts';
import type { Words } from './messages/words.ts';

/** The transcript as plain text, one line an entry. */
export function transcriptText(entries: readonly TranscriptEntry[], words: Words): string {
  return entries
    .map((entry) =>
      words.text('transcript.line', { who: words.text(`transcript.${entry.from}`), text: entry.text }),
    )
    .join('\n');
}
