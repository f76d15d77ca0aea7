/**
 * A pipeline whose typed messages are answered by a responder, sentence by sentence, as text. The user's voice, or a
 * newer message, ends the answer that is being given. Speech itself is answered by the voice pipelines.
 * Invariant: at most one answer is being given; what was given of it is in the conversation, also when it was cut off.
 */
import type { Pipeline, PipelineHost } from '../agent/pipeline.ts';
import { DEFAULT_ENDPOINT, UtteranceDetector } from '../agent/utterance.ts';
import type { VoiceDetector } from '../agent/vad.ts';
import type { Dialogue } from './responder.ts';

/** What it is made of; it closes both. */
export interface RespondingParts {
  readonly dialogue: Dialogue;
  readonly detector: VoiceDetector;
}

/** What a user reads who would else wait for ever. */
export const NO_ANSWER = 'Sorry, I cannot answer that now.';

/** Answers typed messages. */
export class RespondingPipeline implements Pipeline {
  readonly #host: PipelineHost;
  readonly #parts: RespondingParts;
  readonly #utterances = new UtteranceDetector(DEFAULT_ENDPOINT);
  #answer: AbortController | undefined;
  #work: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(host: PipelineHost, parts: RespondingParts) {
    this.#host = host;
    this.#parts = parts;
  }

  start(): void {
    // It answers only what it is asked.
  }

  onUserAudio(frame: Int16Array): void {
    if (this.#isStopped) return;
    const isVoiced = this.#parts.detector.isVoiced(frame);
    const event = this.#utterances.push(frame, isVoiced, this.#answer !== undefined);
    if (event?.type === 'started') this.#answer?.abort(new Error('the user speaks'));
  }

  onText(text: string): void {
    if (this.#isStopped) return;
    this.#host.addTurn({ from: 'user', kind: 'text', text, atWallMs: this.#host.clock.wallMs() });
    this.#answer?.abort(new Error('a newer message'));
    const answer = new AbortController();
    this.#answer = answer;
    const before = this.#work;
    this.#work = before.then(() => this.#give(text, answer));
  }

  async stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#answer?.abort(new Error('the session ends'));
    await this.#work;
    await this.#parts.dialogue.close();
    this.#parts.detector.close();
  }

  /** Never rejects. */
  async #give(text: string, answer: AbortController): Promise<void> {
    const { signal } = answer;
    const said: string[] = [];
    const say = (sentence: string): void => {
      said.push(sentence);
      this.#host.sendText(sentence, false);
    };
    if (!signal.aborted) this.#host.setState('thinking');
    try {
      for await (const sentence of this.#parts.dialogue.answer(text, signal)) say(sentence);
    } catch (error) {
      if (!signal.aborted) {
        const message = error instanceof Error ? error.message : 'unknown';
        this.#host.report({ type: 'error', code: 'answerFailed', message });
        say(NO_ANSWER);
      }
    }
    if (said.length > 0)
      this.#host.addTurn({
        from: 'agent',
        kind: 'text',
        text: said.join(' '),
        atWallMs: this.#host.clock.wallMs(),
      });
    if (this.#answer !== answer) return;
    this.#answer = undefined;
    this.#host.setState('listening');
  }
}
