/**
 * The parrot: waits for the end of an utterance and says it back, word for word; answers a typed message with
 * itself, in text, and aloud when there is a voice. Someone who speaks while it does stops it.
 * Invariant: at most one answer is being given; a newer one, or the user's voice, ends the older.
 */
import type { Pipeline, PipelineHost } from './pipeline.ts';
import { atSessionRate, FRAME_MS, framesOf } from './pcm.ts';
import type { TtsProvider } from './tts.ts';
import { DEFAULT_ENDPOINT, UtteranceDetector } from './utterance.ts';
import type { EndpointEvent, EndpointPolicy } from './utterance.ts';
import type { VoiceDetector } from './vad.ts';

/** What the parrot is made of. It closes the detector. */
export interface ParrotParts {
  readonly detector: VoiceDetector;
  /** The voice for typed messages; undefined when there is none. A promise, so that no join waits for a probe. Never rejects. */
  readonly voice: Promise<TtsProvider | undefined>;
  readonly endpoint?: EndpointPolicy;
}

/** Says back what it hears. */
export class ParrotPipeline implements Pipeline {
  readonly #host: PipelineHost;
  readonly #parts: ParrotParts;
  readonly #utterances: UtteranceDetector;
  #answer: AbortController | undefined;
  #work: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(host: PipelineHost, parts: ParrotParts) {
    this.#host = host;
    this.#parts = parts;
    this.#utterances = new UtteranceDetector(parts.endpoint ?? DEFAULT_ENDPOINT);
  }

  start(): void {
    // It speaks only when spoken to.
  }

  onUserAudio(frame: Int16Array): void {
    if (this.#stopped) return;
    const event = this.#utterances.push(
      frame,
      this.#parts.detector.isVoiced(frame),
      this.#answer !== undefined,
    );
    if (event !== undefined) this.#onSpeech(event);
  }

  onText(text: string): void {
    if (this.#stopped) return;
    this.#host.addTurn({ from: 'user', kind: 'text', text, atWallMs: this.#host.clock.wallMs() });
    this.#begin((signal) => this.#answerText(text, signal));
  }

  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#answer?.abort();
    await this.#work;
    this.#parts.detector.close();
  }

  #onSpeech(event: EndpointEvent): void {
    switch (event.type) {
      case 'started':
        this.#answer?.abort();
        return;
      case 'dropped':
        return;
      case 'ended': {
        const { clock } = this.#host;
        const endedMonoMs = clock.monoMs() - event.silentMs;
        const durationMs = event.frames.length * FRAME_MS;
        this.#host.addTurn({ from: 'user', kind: 'speech', durationMs, atWallMs: clock.wallMs() });
        this.#begin((signal) => this.#sayBack(event.frames, endedMonoMs, signal));
      }
    }
  }

  /** Starts an answer in place of the present one. */
  #begin(give: (signal: AbortSignal) => Promise<void>): void {
    this.#answer?.abort();
    const answer = new AbortController();
    this.#answer = answer;
    const before = this.#work;
    this.#work = (async () => {
      await before;
      try {
        if (!answer.signal.aborted) await give(answer.signal);
      } catch (error) {
        if (!answer.signal.aborted)
          this.#host.report({
            type: 'error',
            code: 'answerFailed',
            message: error instanceof Error ? error.message : 'unknown',
          });
      } finally {
        if (this.#answer === answer) {
          this.#answer = undefined;
          this.#host.setState('listening');
        }
      }
    })();
  }

  async #sayBack(frames: readonly Int16Array[], endedMonoMs: number, signal: AbortSignal): Promise<void> {
    const { clock, out } = this.#host;
    const played = await out.play(frames, signal, () => {
      this.#host.setState('speaking');
      this.#host.report({ type: 'processingTime', tookMs: Math.max(0, clock.monoMs() - endedMonoMs) });
    });
    if (played)
      this.#host.addTurn({
        from: 'agent',
        kind: 'speech',
        durationMs: frames.length * FRAME_MS,
        atWallMs: clock.wallMs(),
      });
  }

  async #answerText(text: string, signal: AbortSignal): Promise<void> {
    const { clock, out } = this.#host;
    const voice = await this.#parts.voice;
    this.#host.sendText(text, voice !== undefined);
    this.#host.addTurn({ from: 'agent', kind: 'text', text, atWallMs: clock.wallMs() });
    if (voice === undefined) return;
    this.#host.setState('thinking');
    const sound = await voice.speak(text, signal);
    await out.play(framesOf(atSessionRate(sound)), signal, () => this.#host.setState('speaking'));
  }
}
