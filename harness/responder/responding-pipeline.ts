/**
 * A pipeline whose typed messages are answered by a responder, sentence by sentence, as text. The user's voice, or a
 * newer message, ends the answer that is being given. Speech itself is answered by the voice pipelines.
 * Invariant: at most one answer is being given; what was given of it is in the conversation, also when it was cut off.
 */
import type { Pipeline, PipelineHost } from '../agent/pipeline.ts';
import { DEFAULT_ENDPOINT, UtteranceDetector } from '../agent/utterance.ts';
import type { VoiceDetector } from '../agent/vad.ts';
import type { Dialogue, EarlierTurn } from './responder.ts';

/** What it is made of; it closes both. */
export interface RespondingParts {
  readonly dialogue: Dialogue;
  readonly detector: VoiceDetector;
  /** The conversation so far, of an earlier child. */
  readonly earlier?: readonly EarlierTurn[];
}

/** What a user reads who would else wait for ever. */
export const NO_ANSWER = 'Sorry, I cannot answer that now.';
/** What a user reads whose question the agent before has taken along; asking again by itself might do things twice. */
export const LOST_ANSWER = 'Sorry, I was interrupted. Please ask that again.';

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
    const last = this.#parts.earlier?.at(-1);
    const isLost = last?.from === 'user' && last.text !== undefined && this.#answer === undefined;
    if (isLost) this.#host.sendText(LOST_ANSWER, false);
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
    let failure: string | undefined;
    if (!signal.aborted) this.#host.setState('thinking');
    try {
      for await (const sentence of this.#parts.dialogue.answer(text, signal)) {
        said.push(sentence);
        this.#host.sendText(sentence, false);
      }
    } catch (error) {
      if (!signal.aborted) failure = error instanceof Error ? error.message : 'unknown';
    }
    if (said.length > 0)
      this.#host.addTurn({
        from: 'agent',
        kind: 'text',
        text: said.join(' '),
        atWallMs: this.#host.clock.wallMs(),
      });
    // No turn of the conversation: a turn is a good one, and errors in a row end a session.
    if (failure !== undefined) {
      this.#host.report({ type: 'error', code: 'answerFailed', message: failure });
      this.#host.sendText(NO_ANSWER, false);
    }
    if (this.#answer !== answer) return;
    this.#answer = undefined;
    this.#host.setState('listening');
  }
}
