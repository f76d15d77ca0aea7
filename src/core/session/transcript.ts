/**
 * The conversation as lines, from segments that stream in. Pure: a line in, the next list out; the same list when
 * nothing changed. It trusts nobody: texts are cut, ids too, repeated and late ones cannot undo what is final, and
 * the number of lines is capped. It never interprets text.
 */
import type { TranscriptEntry } from './types.ts';

/** Lines that are kept; older ones go. */
export const DEFAULT_MAX_LINES = 2000;
/** Longest text of one line, characters; the rest is cut and marked with an ellipsis. */
export const MAX_LINE_CHARS = 15_000;
/** Longest id; a longer one is cut. */
const MAX_ID_CHARS = 200;
/** How far from the end an id is looked for: a segment that old is not spoken any more. */
const LOOK_BACK_LINES = 200;

/**
 * Adds `line`, or puts it in the place of the line with the same id and speaker. A final line is only replaced by
 * a final one: the two streams of one user segment may come out of order. The first time stamp stays.
 */
export function withLine(
  lines: readonly TranscriptEntry[],
  line: TranscriptEntry,
  maxLines = DEFAULT_MAX_LINES,
): readonly TranscriptEntry[] {
  const entry: TranscriptEntry = {
    ...line,
    id: line.id.slice(0, MAX_ID_CHARS),
    text: cut(line.text),
  };
  const index = findLine(lines, entry);
  const before = lines[index];
  if (before === undefined) {
    // An empty stream that never said anything is no line.
    if (entry.text === '') return lines;
    const next = [...lines, entry];
    return next.length > maxLines ? next.slice(next.length - maxLines) : next;
  }
  if (before.final && !entry.final) return lines;
  // The end of a stream may come as a final without text: it confirms what was said.
  const text = entry.text === '' && entry.final ? before.text : entry.text;
  // An echo of the user's own message does not know whether it was delivered.
  const delivery = entry.delivery ?? before.delivery;
  if (before.text === text && before.final === entry.final && before.delivery === delivery) return lines;
  const replaced: TranscriptEntry = {
    ...entry,
    text,
    wallMs: before.wallMs,
    ...(delivery !== undefined && { delivery }),
  };
  return lines.map((candidate, at) => (at === index ? replaced : candidate));
}

/** Sets the delivery of the user's own message `id`; the same list when there is none. */
export function withDelivery(
  lines: readonly TranscriptEntry[],
  id: string,
  delivery: NonNullable<TranscriptEntry['delivery']>,
): readonly TranscriptEntry[] {
  const line = lines.findLast(
    (candidate) => candidate.id === id && candidate.from === 'user' && candidate.kind === 'text',
  );
  if (line === undefined || line.delivery === delivery) return lines;
  return lines.map((candidate) => (candidate === line ? { ...line, delivery } : candidate));
}

function findLine(lines: readonly TranscriptEntry[], entry: TranscriptEntry): number {
  const oldest = Math.max(0, lines.length - LOOK_BACK_LINES);
  for (let index = lines.length - 1; index >= oldest; index -= 1) {
    const line = lines[index];
    // Speaker and kind belong to the identity: an agent must not overwrite what the user said.
    if (line?.id === entry.id && line.from === entry.from && line.kind === entry.kind) return index;
  }
  return -1;
}

function cut(text: string): string {
  if (text.length <= MAX_LINE_CHARS) return text;
  let end = MAX_LINE_CHARS - 1;
  // Not through the middle of a surrogate pair.
  if (/[\uD800-\uDBFF]/.test(text[end - 1] ?? '')) end -= 1;
  return `${text.slice(0, end)}…`;
}
