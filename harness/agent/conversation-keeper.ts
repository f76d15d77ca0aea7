/**
 * What of a voice session outlives its child: the turns, where the count stood, how often the child was replaced. In
 * memory, bounded in number and in time. It never looks at a turn, and it logs nothing.
 * Invariant: a conversation whose session is over is forgotten `ttlMs` later, one that its user ended at once.
 */
import { CODEBOOK_SIZE } from '../../src/shared/tone-words.ts';
import { MAX_CONTEXT_TURNS } from './agent-session.ts';
import type { ConversationTurn } from './agent-session.ts';

/** A conversation as the next child gets it. */
export interface KeptConversation {
  /** Oldest first, at most {@link MAX_CONTEXT_TURNS}. */
  readonly turns: readonly ConversationTurn[];
  /** The word that comes next in a count. */
  readonly nextWord: number;
}

interface Entry {
  turns: ConversationTurn[];
  nextWord: number;
  replacements: number;
  lastReplacedMonoMs: number;
  /** Undefined while a child serves it. */
  untilMonoMs: number | undefined;
}

/** So long after its last replacement a conversation counts as healthy, and its replacements from none again, ms. */
const HEALTHY_AFTER_MS = 5 * 60_000;
/** Conversations of sessions that are over, at most; the oldest go. */
const MAX_WAITING = 500;

/** Keeps the conversations of all voice sessions. */
export class ConversationKeeper {
  readonly #ttlMs: number;
  readonly #entries = new Map<string, Entry>();

  constructor(ttlMs: number) {
    this.#ttlMs = ttlMs;
  }

  /** The conversation of a voice session, undefined when there was none or it is forgotten. */
  find(voiceSessionId: string, nowMs: number): KeptConversation | undefined {
    this.#forgetOld(nowMs);
    return this.#entries.get(voiceSessionId);
  }

  /** Takes in what an earlier supervisor left; what is known here already stays. */
  restore(voiceSessionId: string, { turns, nextWord }: KeptConversation): void {
    if (this.#entries.has(voiceSessionId)) return;
    const entry = this.#entry(voiceSessionId);
    entry.turns = turns.slice(-MAX_CONTEXT_TURNS);
    entry.nextWord = nextWord;
  }

  /** A child serves it from now on. */
  begin(voiceSessionId: string): void {
    this.#entry(voiceSessionId).untilMonoMs = undefined;
  }

  /** Something was said; nothing of a conversation that is forgotten, whose child may still speak. */
  addTurn(voiceSessionId: string, turn: ConversationTurn): void {
    const entry = this.#entries.get(voiceSessionId);
    if (entry === undefined) return;
    entry.turns.push(turn);
    if (entry.turns.length > MAX_CONTEXT_TURNS) entry.turns.shift();
  }

  /** The count stands after `word`; nothing of a conversation that is forgotten. */
  spoke(voiceSessionId: string, word: number): void {
    const entry = this.#entries.get(voiceSessionId);
    if (entry !== undefined) entry.nextWord = (word + 1) % CODEBOOK_SIZE;
  }

  /** Counts a replacement of its child; how many there were with this one, since it was last healthy for 5 minutes. */
  replaced(voiceSessionId: string, nowMs: number): number {
    const entry = this.#entry(voiceSessionId);
    if (nowMs - entry.lastReplacedMonoMs >= HEALTHY_AFTER_MS) entry.replacements = 0;
    entry.lastReplacedMonoMs = nowMs;
    return ++entry.replacements;
  }

  /** Its last child is gone, and its user may come back. */
  over(voiceSessionId: string, nowMs: number): void {
    const entry = this.#entries.get(voiceSessionId);
    if (entry === undefined) return;
    this.#entries.delete(voiceSessionId); // to the end: what waits longest stands first
    this.#entries.set(voiceSessionId, entry);
    entry.untilMonoMs = nowMs + this.#ttlMs;
    this.#forgetOld(nowMs);
  }

  /** Its user has ended it. */
  forget(voiceSessionId: string): void {
    this.#entries.delete(voiceSessionId);
  }

  #entry(voiceSessionId: string): Entry {
    let entry = this.#entries.get(voiceSessionId);
    if (entry === undefined) {
      entry = {
        turns: [],
        nextWord: 0,
        replacements: 0,
        lastReplacedMonoMs: -Infinity,
        untilMonoMs: undefined,
      };
      this.#entries.set(voiceSessionId, entry);
    }
    return entry;
  }

  #forgetOld(nowMs: number): void {
    const waiting = [...this.#entries].filter(([, { untilMonoMs }]) => untilMonoMs !== undefined);
    const surplus = waiting.length - MAX_WAITING;
    for (const [at, [id, { untilMonoMs = 0 }]] of waiting.entries())
      if (at < surplus || untilMonoMs <= nowMs) this.#entries.delete(id);
  }
}
