/**
 * Owns: the copy of conversations in the session store, so that they outlive this process where the store does (Redis).
 * Never: holds a session up: what is written is not waited for, what is read is bounded by the store; never throws.
 * Never: logs a word of them. Invariant: one write a conversation at a time, and the last one wins.
 */
import { z } from 'zod';
import type { SessionStore } from '../supervisor/session-store.ts';
import { conversationTurn } from './ipc.ts';
import type { KeptConversation } from './conversation-keeper.ts';

type ContextStore = Pick<SessionStore, 'keepContext' | 'context' | 'dropContext'>;

/** A conversation as an earlier supervisor left it. */
export interface StoredConversation extends KeptConversation {
  /** Its session ended; otherwise it ran when its supervisor was lost. */
  readonly isOver: boolean;
}

const stored = z.object({
  turns: z.array(conversationTurn),
  nextWord: z.number().int().nonnegative(),
  isOver: z.boolean(),
});

/** The oldest turns are left out above this, characters: some 20 of the longest, or a day of usual ones. */
const MAX_CHARACTERS = 256 * 1024;

/** The text that is stored, oldest turns left out when there is too much. Pure. */
export function storedText({ turns, nextWord }: KeptConversation, isOver: boolean): string {
  const kept: unknown[] = [];
  let characters = 0;
  for (const turn of turns.toReversed()) {
    characters += JSON.stringify(turn).length;
    if (characters > MAX_CHARACTERS) break;
    kept.unshift(turn);
  }
  return JSON.stringify({ turns: kept, nextWord, isOver });
}

/** The conversations of one agent in the store. */
export class StoredConversations {
  readonly #store: ContextStore;
  readonly #ttlMs: number;
  readonly #onError: (error: unknown) => void;
  /** Being written now, and what comes after it. */
  readonly #writing = new Map<string, { next: (() => Promise<void>) | undefined }>();

  /** @param onError hears of what could not be written or read; the session goes on */
  constructor(store: ContextStore, ttlMs: number, onError: (error: unknown) => void) {
    this.#store = store;
    this.#ttlMs = ttlMs;
    this.#onError = onError;
  }

  /** Writes how a conversation stands; with a time to live of 0 nothing is kept. */
  keep(voiceSessionId: string, conversation: KeptConversation, isOver: boolean): void {
    if (this.#ttlMs === 0 || conversation.turns.length === 0) return;
    const text = storedText(conversation, isOver);
    this.#write(voiceSessionId, () => this.#store.keepContext(voiceSessionId, text, this.#ttlMs));
  }

  /** Its user has ended it. */
  drop(voiceSessionId: string): void {
    this.#write(voiceSessionId, () => this.#store.dropContext(voiceSessionId));
  }

  /** What is kept; undefined also when the store is away. Bounded by the store, never rejects. */
  async find(voiceSessionId: string): Promise<StoredConversation | undefined> {
    try {
      const text = await this.#store.context(voiceSessionId);
      return text === undefined ? undefined : stored.parse(JSON.parse(text));
    } catch (error) {
      this.#onError(error instanceof z.ZodError ? new Error('a stored conversation is not valid') : error);
      return undefined;
    }
  }

  #write(voiceSessionId: string, work: () => Promise<void>): void {
    const running = this.#writing.get(voiceSessionId);
    if (running !== undefined) {
      running.next = work;
      return;
    }
    const entry: { next: (() => Promise<void>) | undefined } = { next: undefined };
    this.#writing.set(voiceSessionId, entry);
    const step = (now: () => Promise<void>): void => {
      now()
        .catch((error: unknown) => this.#onError(error))
        .finally(() => {
          const { next } = entry;
          entry.next = undefined;
          if (next === undefined) this.#writing.delete(voiceSessionId);
          else step(next);
        })
        .catch(() => {}); // `onError` threw: nothing is left to tell it to
    };
    step(work);
  }
}
