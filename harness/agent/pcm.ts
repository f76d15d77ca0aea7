/** The one sample rate inside a session child, Hz: Opus's own, so that nothing is resampled on the way. */
export const SAMPLE_RATE_HZ = 48_000;
/** Audio moves in frames of 20 ms, an Opus packet. */
export const FRAME_MS = 20;
/** Samples in a frame. */
export const FRAME_SAMPLES = (SAMPLE_RATE_HZ * FRAME_MS) / 1000;

/** Mono 16-bit sound at a rate of its own. */
export interface Sound {
  readonly samples: Int16Array;
  readonly sampleRateHz: number;
}

/** Cuts samples at {@link SAMPLE_RATE_HZ} into whole frames; the last is filled with silence. */
export function* framesOf(samples: Int16Array): Generator<Int16Array> {
  for (let at = 0; at < samples.length; at += FRAME_SAMPLES) {
    const part = samples.subarray(at, at + FRAME_SAMPLES);
    if (part.length === FRAME_SAMPLES) yield part;
    else {
      const last = new Int16Array(FRAME_SAMPLES);
      last.set(part);
      yield last;
    }
  }
}

/** -1..1 to 16 bit, clipped. */
export function toInt16(samples: Float32Array): Int16Array {
  return Int16Array.from(samples, (sample) => Math.round(Math.max(-1, Math.min(1, sample)) * 32767));
}

/** 16 bit to -1..1. */
export function toFloat32(samples: Int16Array): Float32Array {
  return Float32Array.from(samples, (sample) => sample / 32768);
}

/** Loudness of a frame, root mean square, 0 to 1. */
export function rmsOf(samples: Int16Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return samples.length === 0 ? 0 : Math.sqrt(sum / samples.length) / 32768;
}

/** Brings sound to {@link SAMPLE_RATE_HZ} by cubic interpolation: good for speech going up, not for music going down. */
export function atSessionRate(sound: Sound): Int16Array {
  if (sound.sampleRateHz === SAMPLE_RATE_HZ) return sound.samples;
  const { samples, sampleRateHz } = sound;
  const step = sampleRateHz / SAMPLE_RATE_HZ;
  const result = new Int16Array(Math.floor(samples.length / step));
  const sampleAt = (at: number): number => samples[Math.max(0, Math.min(samples.length - 1, at))] ?? 0;
  for (let at = 0; at < result.length; at++) {
    const left = Math.floor(at * step);
    const t = at * step - left;
    const [a, b, c, d] = [sampleAt(left - 1), sampleAt(left), sampleAt(left + 1), sampleAt(left + 2)];
    const value = b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
    result[at] = Math.max(-32768, Math.min(32767, Math.round(value)));
  }
  return result;
}

/**
 * Reads a mono 16-bit PCM WAV. A writer to a pipe cannot know its length, so a length beyond the end means "to the
 * end". Throws RangeError naming what is not supported.
 */
export function parseWav(data: Uint8Array): Sound {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const tag = (at: number): string => String.fromCharCode(...data.subarray(at, at + 4));
  if (data.byteLength < 44 || tag(0) !== 'RIFF' || tag(8) !== 'WAVE') throw new RangeError('not a WAV');
  let sampleRateHz = 0;
  for (let at = 12; at + 8 <= data.byteLength;) {
    const lengthBytes = Math.min(view.getUint32(at + 4, true), data.byteLength - at - 8);
    if (tag(at) === 'fmt ') {
      const [format, channels, bits] = [
        view.getUint16(at + 8, true),
        view.getUint16(at + 10, true),
        view.getUint16(at + 22, true),
      ];
      if (format !== 1 || channels !== 1 || bits !== 16)
        throw new RangeError(
          `WAV format ${format}, ${channels} channels, ${bits} bits; only PCM, mono, 16 is read`,
        );
      sampleRateHz = view.getUint32(at + 12, true);
    } else if (tag(at) === 'data') {
      if (sampleRateHz === 0) throw new RangeError('WAV data before its format');
      // Copied byte by byte: an Int16Array needs an even offset, and a Buffer's slice would share the whole.
      const samples = new Uint8Array(lengthBytes & ~1);
      samples.set(data.subarray(at + 8, at + 8 + samples.length));
      return { sampleRateHz, samples: new Int16Array(samples.buffer) };
    }
    at += 8 + lengthBytes + (lengthBytes & 1);
  }
  throw new RangeError('WAV without data');
}
