/**
 * The counter, for measuring: speaks its own numbered tone words all the time, from word 0 when the first user can
 * hear it, and decodes the user's without waiting for a pause. Numbering goes on across rejoins; words that are
 * spoken during an outage are lost.
 */
import {
  CODEBOOK_SIZE,
  GAP_MS,
  KNOWN_FROM_MS,
  ToneWordDecoder,
  WORD_MS,
  wordSamples,
} from '../../src/shared/tone-words.ts';
import type { Pipeline, PipelineHost } from './pipeline.ts';
import { FRAME_MS, framesOf, SAMPLE_RATE_HZ, toFloat32, toInt16 } from './pcm.ts';

/** Silence before word 0, ms: the listener's jitter buffer and decoder start on it, and not on a word. */
const LEAD_IN_MS = 200;

/** Counts aloud and listens for the user's count. */
export class CountPipeline implements Pipeline {
  readonly #host: PipelineHost;
  readonly #firstWord: number;
  readonly #decoder = new ToneWordDecoder(SAMPLE_RATE_HZ);
  readonly #life = new AbortController();
  #speaking: Promise<unknown> | undefined;
  #heardSamples = 0;

  /** @param firstWord where an earlier agent of the session stopped counting */
  constructor(host: PipelineHost, firstWord = 0) {
    this.#host = host;
    this.#firstWord = firstWord;
  }

  start(): void {
    if (this.#life.signal.aborted || this.#speaking !== undefined) return;
    this.#host.setState('speaking');
    this.#speaking = this.#host.out.play(this.#words(), this.#life.signal).catch((error: unknown) => {
      this.#host.report({
        type: 'error',
        code: 'speakFailed',
        message: error instanceof Error ? error.message : 'unknown',
      });
    });
  }

  onUserAudio(frame: Int16Array): void {
    if (this.#life.signal.aborted) return;
    const words = this.#decoder.push(toFloat32(frame));
    this.#heardSamples += frame.length;
    if (words.length === 0) return;
    const nowMs = this.#host.clock.wallMs();
    const timed = words.map(({ index, atSample }) => ({
      index,
      atWallMs: nowMs - ((this.#heardSamples - atSample) * 1000) / SAMPLE_RATE_HZ,
    }));
    this.#host.report({ type: 'heardWords', words: timed });
  }

  onText(text: string): void {
    const atWallMs = this.#host.clock.wallMs();
    this.#host.addTurn({ from: 'user', kind: 'text', text, atWallMs });
    this.#host.sendText(text, false);
    this.#host.addTurn({ from: 'agent', kind: 'text', text, atWallMs });
  }

  async stop(): Promise<void> {
    this.#life.abort();
    await this.#speaking;
  }

  *#words(): Generator<Int16Array> {
    yield* framesOf(new Int16Array((SAMPLE_RATE_HZ * LEAD_IN_MS) / 1000));
    for (let count = this.#firstWord; ; count++) {
      const index = count % CODEBOOK_SIZE;
      const samples = new Int16Array((SAMPLE_RATE_HZ * (WORD_MS + GAP_MS)) / 1000);
      samples.set(toInt16(wordSamples(index, SAMPLE_RATE_HZ)));
      let handedMs = 0;
      for (const frame of framesOf(samples)) {
        // Before the frame by which it may be known: a process that dies later leaves no word to be said twice.
        if (handedMs < KNOWN_FROM_MS && handedMs + FRAME_MS >= KNOWN_FROM_MS) {
          const atWallMs = this.#host.clock.wallMs() + WORD_MS - handedMs;
          this.#host.report({ type: 'spokenWords', words: [{ index, atWallMs }] });
        }
        yield frame;
        handedMs += FRAME_MS;
      }
    }
  }
}
