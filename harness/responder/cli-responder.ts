/**
 * Owns: `responder: 'cli'`: each voice session has a long-lived assistant of its own, run by a ClaudeCliManager.
 * Never: starts one before something is asked of it, unless it is to be kept warm; hands audio to it.
 * An assistant that failed for good is replaced with the next question, in the same conversation where it can be resumed.
 */
import { askVersion, findOnPath, isExecutable } from '../parts/executable.ts';
import type { ClaudeCliManager } from './claude-cli-manager.ts';
import type { Conversation, ConversationOptions } from './conversation.ts';
import type { Dialogue, EarlierTurn, Responder, ResponderProbe } from './responder.ts';

/** How an assistant is told to answer someone who listens, rather than reads. */
const SPOKEN_STYLE =
  'You are talking with someone. Answer in a few short sentences of plain text, without lists, tables, headings, code or links.';
/** Of the conversation so far, the last so many characters are told. */
const MAX_EARLIER_CHARACTERS = 8000;

export interface CliResponderOptions {
  /** @default the manager's defaults; what is said to the assistant about speaking is added to `args` */
  readonly options?: ConversationOptions;
  /** Starts each assistant with its session, so that the first answer does not wait for it. @default true */
  readonly warm?: boolean;
}

/** What a new assistant is told of what others have said before; empty when nothing is known. Pure. */
export function earlierWords(earlier: readonly EarlierTurn[]): string {
  const lines = earlier.flatMap(({ from, text }) =>
    text === undefined || text === '' ? [] : [`${from === 'user' ? 'They' : 'You'}: ${text}`],
  );
  if (lines.length === 0) return '';
  return `This conversation has begun already:\n${lines.join('\n').slice(-MAX_EARLIER_CHARACTERS)}\n\nThey say now:\n`;
}

class CliDialogue implements Dialogue {
  readonly #open: (resume: string | undefined) => Conversation;
  #earlier: string;
  #conversation: Conversation;

  constructor(open: (resume: string | undefined) => Conversation, earlier: readonly EarlierTurn[]) {
    this.#open = open;
    this.#earlier = earlierWords(earlier);
    this.#conversation = open(undefined);
  }

  warm(): void {
    this.#conversation.warm().catch(() => undefined); // the first question will tell
  }

  async *answer(text: string, signal: AbortSignal): AsyncGenerator<string, void> {
    if (!this.#conversation.isOpen) {
      const { ended, session } = this.#conversation;
      await ended;
      this.#conversation = this.#open(session.conversationId);
    }
    const question = `${this.#earlier}${text}`;
    for await (const sentence of this.#conversation.ask(question, signal)) {
      this.#earlier = ''; // who answers has heard it
      yield sentence;
    }
    this.#earlier = '';
  }

  async close(): Promise<void> {
    await this.#conversation.close();
  }
}

/** Assistants for voice sessions. The manager is its maker's. */
export class CliResponder implements Responder {
  readonly #manager: ClaudeCliManager;
  readonly #options: CliResponderOptions;

  constructor(manager: ClaudeCliManager, options: CliResponderOptions = {}) {
    this.#manager = manager;
    this.#options = options;
  }

  async probe(signal: AbortSignal): Promise<ResponderProbe> {
    const command = this.#options.options?.command ?? this.#manager.config.claudeCommand;
    const path = command.includes('/')
      ? (await isExecutable(command))
        ? command
        : undefined
      : await findOnPath([command], process.env['PATH']);
    if (path === undefined) return { ready: false, reason: `the command ${command} was not found` };
    const answer = await askVersion(path, /\d/, signal);
    return 'version' in answer ? { ready: true, ...answer } : { ready: false, ...answer };
  }

  /** Throws ClaudeSessionError for wrong options. */
  open(sessionId: string, earlier: readonly EarlierTurn[] = []): Dialogue {
    const { options = {}, warm = true } = this.#options;
    const { args = [] } = options;
    const dialogue = new CliDialogue(
      (resume) =>
        this.#manager.openConversation(sessionId, {
          protocol: 'streamJson',
          ...options,
          args: ['--append-system-prompt', SPOKEN_STYLE, ...args],
          ...(resume !== undefined && { resume }),
        }),
      earlier,
    );
    if (warm) dialogue.warm();
    return dialogue;
  }
}
