import { SAMPLE_RATE_HZ } from '../../../harness/agent/pcm.ts';

/** A sound that voice detectors take for speech: a 120 Hz voice with formants that move, syllable by syllable. 48 kHz mono. */
export function speechLike(durationMs: number): Int16Array {
  const samples = new Int16Array((SAMPLE_RATE_HZ * durationMs) / 1000);
  for (let at = 0; at < samples.length; at++) {
    const s = at / SAMPLE_RATE_HZ;
    const syllable = 0.55 + 0.45 * Math.sin(2 * Math.PI * 4 * s);
    const formantHz = 600 + 300 * Math.sin(2 * Math.PI * 2 * s);
    let value = 0;
    for (let harmonic = 1; harmonic <= 30; harmonic++) {
      const hz = 120 * harmonic;
      const gain = 1 / (1 + ((hz - formantHz) / 250) ** 2) + 0.5 / (1 + ((hz - 1800) / 300) ** 2);
      value += gain * Math.sin(2 * Math.PI * hz * s);
    }
    samples[at] = Math.round(2500 * syllable * value);
  }
  return samples;
}
