/**
 * Tells words apart that have the same number because somebody began to count again: a replaced agent, a reloaded page,
 * a microphone file that was played to its end. Pure.
 */
import type { TimedWord } from '../call/call-facts.ts';
import { CODEBOOK_SIZE } from '../../src/shared/tone-words.ts';

/** A word may be told by its listener a little earlier than by its speaker, ms: clocks of two processes and their blocks. */
const EARLY_MS = 400;

/** Both lists with numbers that grow: `number + 4096 * how often the count had begun again`. */
export function withEpochs(
  spoken: readonly TimedWord[],
  heard: readonly TimedWord[],
): { readonly spoken: readonly TimedWord[]; readonly heard: readonly TimedWord[] } {
  const epochs: { readonly fromWallMs: number; readonly numbers: Set<number> }[] = [];
  let last = Infinity;
  const unique = spoken.map((word) => {
    if (word.index < last) epochs.push({ fromWallMs: word.atWallMs, numbers: new Set() });
    last = word.index;
    epochs.at(-1)?.numbers.add(word.index);
    return { ...word, index: word.index + CODEBOOK_SIZE * (epochs.length - 1) };
  });
  const heardIn = (word: TimedWord): number => {
    const began = epochs.filter(({ fromWallMs }) => fromWallMs <= word.atWallMs + EARLY_MS).length;
    // The newest count that has this number; a word that nobody said belongs to the newest.
    for (let at = began - 1; at >= 0; at -= 1) if (epochs[at]?.numbers.has(word.index) === true) return at;
    return Math.max(0, began - 1);
  };
  return {
    spoken: unique,
    heard: heard.map((word) => ({ ...word, index: word.index + CODEBOOK_SIZE * heardIn(word) })),
  };
}
