/**
 * The port behind which something answers a user's words: a command-line assistant here, others may follow. What it
 * says comes sentence by sentence, so that the first can be shown or spoken while the last is being thought of.
 */

/** One thing said before this dialogue began. */
export interface EarlierTurn {
  readonly from: 'user' | 'agent';
  /** Missing for speech that nobody transcribed. */
  readonly text?: string;
}

/** A conversation of one voice session. Whoever opens it closes it. */
export interface Dialogue {
  /**
   * The answer, sentence by sentence. Throws when there is none, the signal's reason when aborted; leaving the loop or
   * aborting stops the thinking. A newer question ends the answer to an older one.
   */
  answer(text: string, signal: AbortSignal): AsyncGenerator<string, void>;
  /** Bounded, idempotent, never rejects. */
  close(): Promise<void>;
}

/** Whether a responder can be used. */
export type ResponderProbe =
  { readonly ready: true; readonly version: string } | { readonly ready: false; readonly reason: string };

/** Makes dialogues. */
export interface Responder {
  /** What `clara doctor` and a session's start ask. Bounded; rejects only when aborted. */
  probe(signal: AbortSignal): Promise<ResponderProbe>;
  /** @param earlier the conversation so far, for one that goes on elsewhere */
  open(sessionId: string, earlier: readonly EarlierTurn[]): Dialogue;
}
