/**
 * Makes the file that is a call's microphone: the given WAV, tone words for pipelines that count, speech with pauses
 * for those that listen. Always one fixed name inside the run folder: Chromium reads a `%` in a path as an option.
 */
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GAP_MS, WORD_MS } from '../../src/shared/tone-words.ts';
import type { Pipeline } from '../contracts.ts';
import { speechBlocks } from './speech-wav.ts';
import { CALL_WAV_HZ, toneWordBlocks } from './tone-word-wav.ts';
import { inspectWav, MAX_WAV_MS, writeWav } from './wav-file.ts';

/** The user's first word; the agent counts from 0, so that one is never taken for the other. */
export const FIRST_USER_WORD = 2048;
/** The microphone opens before the call is connected and closes after it: so much more of it is made, ms. */
const BEFORE_AND_AFTER_MS = 40_000;

/** Silence that the browser plays again and again, s. */
const SILENCE_S = 10;

/** Writes the file and gives its path. Throws UsageError for a WAV that cannot be one, PartMissingError without a voice. */
export async function makeMicrophone(
  call: {
    readonly wavFile?: string;
    /** Nothing but silence. @default false */
    readonly silentMicrophone?: boolean;
    readonly pipeline: Pipeline;
    readonly seconds: number;
  },
  folder: string,
  signal: AbortSignal,
): Promise<string> {
  const path = join(folder, 'microphone.wav');
  if (call.wavFile !== undefined) {
    await inspectWav(call.wavFile);
    await copyFile(call.wavFile, path);
    return path;
  }
  if (call.silentMicrophone === true) {
    await writeWav(path, CALL_WAV_HZ, [new Float32Array(CALL_WAV_HZ * SILENCE_S)]);
    return path;
  }
  const durationMs = Math.min(MAX_WAV_MS - WORD_MS - GAP_MS, call.seconds * 1000 + BEFORE_AND_AFTER_MS);
  const blocks =
    call.pipeline === 'count' ? toneWordBlocks(FIRST_USER_WORD, durationMs) : await speechBlocks(signal);
  await writeWav(path, CALL_WAV_HZ, blocks);
  return path;
}
