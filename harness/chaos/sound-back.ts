/**
 * Decides when the sound of one direction was back for good after a fault. Pure. Sound that comes, goes and comes again
 * is back when it has come for the last time: whoever tears it once more has not yet repaired it.
 * - The fault's own silence lasts over its end, or begins shortly after it.
 * - A later one counts when it is a break: over 1 s without a word. One lone word that is missing is none.
 * - A short one in which the speaker's own side captured nothing is the machine's.
 * - A short one at the very end is none yet: the last word may still be on its way.
 */
import { GAP_MS, WORD_MS } from '../../src/shared/tone-words.ts';
import type { TimedWord } from '../call/call-facts.ts';
import { silentSpans } from '../call/word-flow.ts';
import type { Span } from './false-connected.ts';

/** A silence that begins this much after the heal still belongs to the fault: buffers play out, a kill takes its time, ms. */
const LATE_SILENCE_MS = 1_500;
/** From the end of a word to the next: more is a break, ms. One missing word makes 750, two make 1,250. */
const BREAK_MS = 1_000;
/** A word is told so long after its start at the latest, by a machine that has other things to do, ms. */
const TOLD_LATE_MS = 1_500;
/** The capture of a machine at its limit is back within this; a longer gap is the client's own doing, ms. */
const HICCUP_MS = 4_000;

/** What is known of one direction; all wall ms. */
export interface HeardDirection {
  readonly heard: readonly TimedWord[];
  readonly atWallMs: number;
  readonly healedWallMs: number;
  readonly untilWallMs: number;
  /** What the speaking side captured itself, where a machine's file is read there; a hiccup in it is no break. */
  readonly captured?: readonly TimedWord[];
}

/** Wall ms; `healedWallMs` when nothing was broken, undefined when it was not back at `untilWallMs`. */
export function soundBackWallMs(direction: HeardDirection): number | undefined {
  const { atWallMs, healedWallMs, untilWallMs } = direction;
  const heard = direction.heard
    .filter((word) => word.atWallMs < untilWallMs)
    .sort((one, other) => one.atWallMs - other.atWallMs);
  const first = heard[0];
  if (first === undefined) return undefined;
  // Nothing was heard before: a fault of the way in.
  const comesFirst = first.atWallMs >= healedWallMs ? first.atWallMs : healedWallMs;
  const breaks = silentSpans(heard, untilWallMs).filter(
    (span) =>
      span.toMs > Math.max(atWallMs, healedWallMs) &&
      !(span.toMs >= untilWallMs && span.toMs - span.fromMs < TOLD_LATE_MS) &&
      (span.fromMs <= healedWallMs + LATE_SILENCE_MS ||
        (isBreak(span) && !isHiccup(span, direction.captured))),
  );
  const backMs = Math.max(comesFirst, ...breaks.map(({ toMs }) => toMs));
  return backMs >= untilWallMs ? undefined : backMs;
}

/** A span begins where the next word was due, a gap after the last one. */
function isBreak({ fromMs, toMs }: Span): boolean {
  return toMs - fromMs + GAP_MS > BREAK_MS;
}

function isHiccup({ fromMs, toMs }: Span, captured: readonly TimedWord[] | undefined): boolean {
  if (captured === undefined || toMs - fromMs > HICCUP_MS) return false;
  return !captured.some(({ atWallMs }) => atWallMs >= fromMs && atWallMs + WORD_MS < toMs);
}
