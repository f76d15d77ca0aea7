import fvad from '@echogarden/fvad-wasm';
import { FRAME_SAMPLES, rmsOf, SAMPLE_RATE_HZ } from './pcm.ts';

/** Says of each 20 ms frame whether somebody speaks. Owns native memory: `close` it. */
export interface VoiceDetector {
  isVoiced(frame: Int16Array): boolean;
  close(): void;
}

/** Quieter than this is nobody, whatever its shape; -54 dBFS lies under any microphone that is in use. */
const QUIET_RMS = 0.002;
/** 0 lets most through, 3 least; 2 keeps room noise out and soft endings in. */
const MODE = 2;

/** Opens WebRTC's detector. Rejects when the wasm cannot be loaded. */
export async function openVoiceDetector(): Promise<VoiceDetector> {
  const module = await fvad();
  const vad = module._fvad_new();
  const pointer = module._malloc(FRAME_SAMPLES * 2);
  if (vad === 0 || pointer === 0) throw new Error('the voice detector got no memory');
  if (module._fvad_set_mode(vad, MODE) !== 0 || module._fvad_set_sample_rate(vad, SAMPLE_RATE_HZ) !== 0) {
    throw new Error(`the voice detector refused mode ${MODE} at ${SAMPLE_RATE_HZ} Hz`);
  }
  return {
    isVoiced(frame) {
      if (frame.length !== FRAME_SAMPLES)
        throw new RangeError(`a frame of ${frame.length} samples is not ${FRAME_SAMPLES}`);
      // Always told, so that its own model of the noise goes on while it is quiet.
      module.HEAP16.set(frame, pointer >> 1);
      const judged = module._fvad_process(vad, pointer, frame.length);
      return judged === 1 && rmsOf(frame) > QUIET_RMS;
    },
    close() {
      module._fvad_free(vad);
      module._free(pointer);
    },
  };
}
