import { CODEBOOK_SIZE, GAP_MS, WORD_MS, wordSamples } from '../../src/shared/tone-words.ts';

/** Rate of the harness's own WAVs, Hz: Opus's own, so nothing is resampled on the way. */
export const CALL_WAV_HZ = 48_000;

/**
 * The blocks of a WAV of tone words: word, gap, word, gap, from `firstIndex` on, for at least `durationMs`. The length
 * is whole words, so the file can loop without a torn one; after the last of the codebook comes the first.
 */
export function* toneWordBlocks(firstIndex: number, durationMs: number): Generator<Float32Array> {
  const gap = new Float32Array((CALL_WAV_HZ * GAP_MS) / 1000);
  const words = Math.min(CODEBOOK_SIZE, Math.ceil(durationMs / (WORD_MS + GAP_MS)));
  for (let number = 0; number < words; number++) {
    yield wordSamples((firstIndex + number) % CODEBOOK_SIZE, CALL_WAV_HZ);
    yield gap;
  }
}
