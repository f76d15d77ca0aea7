/**
 * Owns: the parent's side of answering: one dialogue for each voice session, kept while its child is replaced.
 * Never: trusts a message's shape; answers after the session has ended.
 */
import type { Logger } from '../contracts.ts';
import { ClaudeSessionError } from './failure.ts';
import type { Dialogue, EarlierTurn, Responder } from './responder.ts';
import { responderRequestSchema } from './responder-messages.ts';
import type { ResponderReply } from './responder-messages.ts';

interface Hosted {
  readonly dialogue: Dialogue;
  readonly asking: Map<string, AbortController>;
}

/** What children ask of a responder. */
export class ResponderHost {
  readonly #responder: Responder;
  readonly #log: Logger;
  readonly #hosted = new Map<string, Hosted>();

  constructor(responder: Responder, log: Logger) {
    this.#responder = responder;
    this.#log = log;
  }

  /** Sessions that have a dialogue. */
  get size(): number {
    return this.#hosted.size;
  }

  /** Opens a session's dialogue; one that is there stays. Never throws. @param earlier of the conversation so far */
  begin(sessionId: string, earlier: readonly EarlierTurn[] = []): void {
    if (this.#hosted.has(sessionId)) return;
    try {
      this.#hosted.set(sessionId, { dialogue: this.#responder.open(sessionId, earlier), asking: new Map() });
    } catch (error) {
      this.#failed(sessionId, error);
    }
  }

  /** Takes a child's message; `send` is the way back to that child. Others' messages are left alone (false). */
  take(sessionId: string, message: unknown, send: (reply: ResponderReply) => void): boolean {
    const parsed = responderRequestSchema.safeParse(message);
    if (!parsed.success) return false;
    const request = parsed.data;
    const hosted = this.#hosted.get(sessionId);
    if (request.type === 'stopAsking') hosted?.asking.get(request.requestId)?.abort(new Error('stopped'));
    else if (hosted === undefined) send({ type: 'answered', requestId: request.requestId, error: 'ended' });
    else
      this.#answer(sessionId, hosted, request, send).catch((error: unknown) =>
        this.#failed(sessionId, error),
      );
    return true;
  }

  /** The child is gone: what it asked needs no answer; the dialogue stays for the next child. */
  abandon(sessionId: string): void {
    for (const asking of this.#hosted.get(sessionId)?.asking.values() ?? [])
      asking.abort(new Error('abandoned'));
  }

  /** The session is over. Bounded, never rejects. */
  async end(sessionId: string): Promise<void> {
    const hosted = this.#hosted.get(sessionId);
    this.abandon(sessionId);
    this.#hosted.delete(sessionId);
    await hosted?.dialogue.close().catch((error: unknown) => this.#failed(sessionId, error));
  }

  /** All sessions are over. */
  async stop(): Promise<void> {
    await Promise.all([...this.#hosted.keys()].map((sessionId) => this.end(sessionId)));
  }

  async #answer(
    sessionId: string,
    { dialogue, asking }: Hosted,
    { requestId, text }: { readonly requestId: string; readonly text: string },
    send: (reply: ResponderReply) => void,
  ): Promise<void> {
    const stop = new AbortController();
    asking.set(requestId, stop);
    try {
      for await (const sentence of dialogue.answer(text, stop.signal))
        send({ type: 'sentence', requestId, text: sentence });
      send({ type: 'answered', requestId });
    } catch (error) {
      if (!stop.signal.aborted) this.#failed(sessionId, error);
      const category = error instanceof ClaudeSessionError ? error.category : 'failed';
      send({ type: 'answered', requestId, error: stop.signal.aborted ? 'stopped' : category });
    } finally {
      asking.delete(requestId);
    }
  }

  #failed(sessionId: string, error: unknown): void {
    const why = error instanceof ClaudeSessionError ? error.category : 'failed';
    this.#log.warn({ event: 'responderFailed', session: sessionId, why }, 'The assistant gave no answer');
  }
}
