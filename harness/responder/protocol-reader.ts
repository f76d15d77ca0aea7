/**
 * Owns: what one process has said so far: its conversation, its words, its result, and what could not be understood.
 * Never: keeps more than the last words; the lines themselves are the ring's.
 */
import { AnswerText } from './answer-text.ts';
import { causeInWords } from './failure.ts';
import { parseStreamLine } from './stream-json.ts';
import type { CliMessage } from './stream-json.ts';

/** What was understood. */
export interface ReaderFacts {
  readonly conversationId: string | undefined;
  readonly result:
    { readonly subtype: string; readonly isError: boolean; readonly words: string } | undefined;
  readonly costUsd: number | undefined;
  readonly tools: readonly string[];
  readonly lastWords: string;
  readonly errorCause: 'auth' | 'budget' | undefined;
  readonly badLines: number;
  readonly unknownLines: number;
}

const MAX_TOOLS = 50;
const MAX_WORDS = 4000;

/** Reads the lines of one stream-json process. */
export class ProtocolReader implements ReaderFacts {
  conversationId: string | undefined;
  result: ReaderFacts['result'];
  costUsd: number | undefined;
  readonly tools: string[] = [];
  lastWords = '';
  errorCause: 'auth' | 'budget' | undefined;
  badLines = 0;
  unknownLines = 0;
  #answer = new AnswerText();

  /** Takes a line. Undefined for an empty one and one that is no JSON; `words` is what it adds to the answer. */
  take(line: string, isCut = false): { readonly message: CliMessage; readonly words: string } | undefined {
    if (line.trim() === '') return undefined;
    const parsed = isCut ? { ok: false as const } : parseStreamLine(line);
    if (!parsed.ok) {
      this.badLines += 1;
      return undefined;
    }
    const { message } = parsed;
    const words = this.#answer.take(message);
    if (words !== '') this.lastWords = (this.lastWords + words).slice(-MAX_WORDS);
    this.#note(message);
    return { message, words };
  }

  /** Forgets the result and the words: a long-lived process begins a new turn. */
  beginTurn(): void {
    this.result = undefined;
    this.errorCause = undefined;
    this.lastWords = '';
    this.tools.length = 0;
    this.#answer = new AnswerText();
  }

  #note(message: CliMessage): void {
    switch (message.type) {
      case 'init':
        this.conversationId = message.conversationId;
        return;
      case 'assistant':
        if (!message.isInner) this.tools.push(...message.tools);
        if (this.tools.length > MAX_TOOLS) this.tools.splice(0, this.tools.length - MAX_TOOLS);
        if (message.error !== undefined) this.errorCause = causeInWords(message.error);
        return;
      case 'result':
        this.result = { subtype: message.subtype, isError: message.isError, words: message.text };
        if (message.costUsd !== undefined) this.costUsd = message.costUsd;
        if (message.conversationId !== undefined) this.conversationId = message.conversationId;
        return;
      case 'unknown':
        this.unknownLines += 1;
        return;
      default:
        return;
    }
  }
}
