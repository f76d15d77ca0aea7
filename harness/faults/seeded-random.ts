/** Chance that can be played again: the next number in [0, 1). */
export type Random = () => number;

/**
 * A generator that gives the same row for the same seed (mulberry32: 32 bits of state, period 2^32; good enough for
 * losing packets, not for secrets). @param seed any number; its lower 32 bits count.
 */
export function seededRandom(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A seed for one part of a run, so that parts do not share a row: FNV-1a of the words, mixed with `seed`. */
export function seedFor(seed: number, ...words: readonly (string | number)[]): number {
  let hash = 0x811c9dc5 ^ seed;
  for (const character of words.join('\u0000')) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  }
  return hash >>> 0;
}
