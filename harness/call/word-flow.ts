/**
 * Decides which words of one direction count, and compares. Pure.
 *
 * A word counts as spoken when the listener could have heard all of its 500 ms (word and gap): it began when the
 * listener's ear was open or later, and it was over when counting ended. A word that began earlier counts when it was
 * heard nevertheless, so hearing more than could be asked is never an error, and hearing it twice still is.
 * Words that were not over at the mark count on neither side. Their sound goes on for a while after the mark, so the
 * last counted word has time to arrive.
 */
import { GAP_MS, WORD_MS } from '../../src/shared/tone-words.ts';
import type { TimedWord } from './call-facts.ts';

/** What became of the words of one direction. */
export interface WordFlow {
  readonly spoken: readonly number[];
  readonly heard: readonly number[];
  /** Spoken and never heard. */
  readonly lost: readonly number[];
  /** Heard more than once. */
  readonly twice: readonly number[];
  /** Heard and never spoken. */
  readonly invented: readonly number[];
  /** Every word once and in order. */
  readonly whole: boolean;
}

/** @param audibleFromWallMs when the listener's ear opened; undefined: it never did, and all words are lost. */
export function wordFlow(
  allSpoken: readonly TimedWord[],
  allHeard: readonly TimedWord[],
  audibleFromWallMs: number | undefined,
  markWallMs: number,
): WordFlow {
  const heardIndices = new Set(allHeard.map((word) => word.index));
  const inTime = (word: TimedWord) => word.atWallMs + WORD_MS + GAP_MS <= markWallMs;
  const audible = (word: TimedWord) =>
    audibleFromWallMs === undefined || word.atWallMs >= audibleFromWallMs || heardIndices.has(word.index);
  const spoken = allSpoken.filter((word) => inTime(word) && audible(word)).map((word) => word.index);
  const counted = new Set(spoken);
  const afterMark = new Set(
    allSpoken.filter((word) => !inTime(word) && !counted.has(word.index)).map((word) => word.index),
  );
  const heard = allHeard.map((word) => word.index).filter((index) => !afterMark.has(index));
  return {
    spoken,
    heard,
    lost: spoken.filter((index) => !heardIndices.has(index)),
    twice: [...new Set(heard.filter((index, at) => heard.indexOf(index) !== at))],
    invented: heard.filter((index) => !counted.has(index)),
    whole:
      spoken.length > 0 && spoken.length === heard.length && spoken.every((index, at) => index === heard[at]),
  };
}

/**
 * The spans in which words of a direction should have come and did not, wall ms: from the end of the last heard word
 * to the start of the next one, where more than one word is missing between, and to the mark at the end.
 */
export function silentSpans(
  heard: readonly TimedWord[],
  markWallMs: number,
): { readonly fromMs: number; readonly toMs: number }[] {
  const stepMs = WORD_MS + GAP_MS;
  const starts = heard.map((word) => word.atWallMs).filter((atMs) => atMs < markWallMs);
  return starts.flatMap((atMs, number) => {
    const nextMs = starts[number + 1] ?? markWallMs;
    // One step to the next word is regular, a second one allows for jitter.
    return nextMs - atMs > 2 * stepMs ? [{ fromMs: atMs + stepMs, toMs: nextMs }] : [];
  });
}
