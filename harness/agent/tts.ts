import type { Sound } from './pcm.ts';
import { EspeakVoice } from './espeak-voice.ts';
import { FliteVoice } from './flite-voice.ts';

/** Something that turns text into sound. */
export interface TtsProvider {
  /** As the configuration names it. */
  readonly id: string;
  /** Whether it works here, and which version. Bounded, never throws. */
  probe(): Promise<TtsProbe>;
  /** Speaks; the sound is whole when it comes. Bounded; throws what failed, rethrows `signal.reason` when aborted. */
  speak(text: string, signal: AbortSignal): Promise<Sound>;
}

/** What a probe found. */
export type TtsProbe =
  { readonly found: true; readonly version: string } | { readonly found: false; readonly why: string };

/** The voices in the order in which `auto` tries them: espeak-ng speaks 3 s in 135 ms, flite needs a warm-up of its 21 MB. */
export function knownVoices(): readonly TtsProvider[] {
  return [new EspeakVoice(), new FliteVoice()];
}

/** The voice named `choice` (`auto`: the first that works; `none`: no voice); undefined when there is none. */
export async function chooseVoice(
  choice: string,
  voices: readonly TtsProvider[] = knownVoices(),
): Promise<TtsProvider | undefined> {
  for (const voice of voices) {
    if (choice !== 'auto' && choice !== voice.id) continue;
    if ((await voice.probe()).found) return voice;
  }
  return undefined;
}
