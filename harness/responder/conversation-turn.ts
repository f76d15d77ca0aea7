/** Owns: one question and its answer: what was asked, what was said of it so far, how it ended. */
import type { ClaudeSessionError } from './failure.ts';
import { SentenceSplitter } from './sentences.ts';
import { TextQueue } from './text-queue.ts';

/** A turn of a conversation. */
export class ConversationTurn {
  /** Sentences for who has asked. */
  readonly queue = new TextQueue();
  /** Nobody waits for its answer any more. */
  isInterrupted = false;
  isOver = false;
  error: ClaudeSessionError | undefined;
  readonly #question: string;
  #sentences = new SentenceSplitter();
  #said = '';
  #result = newSignal();

  constructor(question: string) {
    this.#question = question;
  }

  /** Fulfils when the process has told the result of the present try. */
  get result(): Promise<'result'> {
    return this.#result.promise;
  }

  /** What the process is asked now; after a failure in the middle of the answer, to go on with it. */
  prompt(): string {
    if (this.#said === '') return this.#question;
    return `${this.#question}\n\n(You were cut off while answering. This was heard already: "${this.#said.slice(-1000)}" Go on from there, without repeating it.)`;
  }

  say(words: string): void {
    if (this.isInterrupted || this.isOver) return;
    this.#give(this.#sentences.push(words));
  }

  /** @param words the whole answer, for an assistant that says it only here */
  onResult(words: string): void {
    if (this.#said === '' && this.#sentences.isEmpty) this.say(words);
    this.#result.fulfil('result');
  }

  /** Another try: half a sentence of the last one is not to be finished by it. */
  beginAgain(): void {
    this.#sentences = new SentenceSplitter();
    this.#result = newSignal();
  }

  interrupt(): void {
    this.isInterrupted = true;
    this.queue.close(true);
  }

  /** It is over: what is left of the answer is handed on. */
  finish(): void {
    if (!this.isInterrupted && this.error === undefined) this.#give(this.#sentences.end());
    this.isOver = true;
    this.queue.close();
  }

  #give(sentences: readonly string[]): void {
    this.#said += sentences.map((sentence) => `${sentence} `).join('');
    this.queue.add(sentences);
  }
}

function newSignal(): { readonly promise: Promise<'result'>; readonly fulfil: (value: 'result') => void } {
  let fulfil: (value: 'result') => void = () => undefined;
  const promise = new Promise<'result'>((resolve) => (fulfil = resolve));
  return { promise, fulfil };
}
