import type { Sound } from './pcm.ts';
import { parseWav } from './pcm.ts';
import { runVoice } from './run-voice.ts';
import type { TtsProbe, TtsProvider } from './tts.ts';

/** Longest wait for its sound, ms; 135 ms for 3 s of speech, the longest message has some 20 min. */
const SPEAK_LIMIT_MS = 20_000;
const PROBE_LIMIT_MS = 2_000;

/** espeak-ng as a process of the system. */
export class EspeakVoice implements TtsProvider {
  readonly id = 'espeak-ng';
  readonly #command: string;

  constructor(command = 'espeak-ng') {
    this.#command = command;
  }

  async probe(): Promise<TtsProbe> {
    try {
      const output = await runVoice(
        this.#command,
        ['--version'],
        '',
        PROBE_LIMIT_MS,
        new AbortController().signal,
      );
      return { found: true, version: /[\d.]+/.exec(Buffer.from(output).toString('utf8'))?.[0] ?? 'unknown' };
    } catch (error) {
      return { found: false, why: error instanceof Error ? error.message : 'unknown' };
    }
  }

  async speak(text: string, signal: AbortSignal): Promise<Sound> {
    return parseWav(
      await runVoice(this.#command, ['-v', 'en', '--stdin', '--stdout'], text, SPEAK_LIMIT_MS, signal),
    );
  }
}
