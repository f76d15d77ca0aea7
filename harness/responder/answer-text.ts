/**
 * Owns: the assistant's words as they come, each once, blocks apart by an end of line. Pure.
 * With partial messages the same words come twice: as deltas, then whole in an `assistant` line for the block.
 */
import type { CliMessage } from './stream-json.ts';

/** Follows one turn. */
export class AnswerText {
  #streamed = '';
  #hasBlock = false;

  /** The words that this message adds; empty for most. */
  take(message: CliMessage): string {
    if (message.type === 'delta' && !message.isInner && message.text !== '') {
      const lead = this.#lead();
      this.#streamed += message.text;
      return lead + message.text;
    }
    if (message.type !== 'assistant' || message.isInner || message.text === '') return '';
    const streamed = this.#streamed;
    this.#streamed = '';
    const rest = message.text.startsWith(streamed) ? message.text.slice(streamed.length) : message.text;
    const lead = rest === '' || streamed !== '' ? '' : this.#lead();
    this.#hasBlock = true;
    return lead + rest;
  }

  #lead(): string {
    const isNext = this.#hasBlock && this.#streamed === '';
    this.#hasBlock = false;
    return isNext ? '\n' : '';
  }
}
