/** Owns: the child's side of answering: a dialogue whose assistant is in the parent. */
import { TextQueue } from './text-queue.ts';
import type { Dialogue } from './responder.ts';
import { responderReplySchema } from './responder-messages.ts';
import type { ResponderRequest } from './responder-messages.ts';

/** The parent could not answer; the message is its reason's code. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
}

interface Pending {
  readonly queue: TextQueue;
  error: string | undefined;
}

/** A dialogue over messages. */
export class RemoteDialogue implements Dialogue {
  readonly #send: (request: ResponderRequest) => void;
  readonly #idPrefix: string;
  readonly #pending = new Map<string, Pending>();
  #asked = 0;

  /** @param idPrefix differs for each child of a session: a late answer to the one before is not this one's */
  constructor(send: (request: ResponderRequest) => void, idPrefix: string) {
    this.#send = send;
    this.#idPrefix = idPrefix;
  }

  /** Takes a message of the parent's; false for one that is none of these. */
  take(message: unknown): boolean {
    const parsed = responderReplySchema.safeParse(message);
    if (!parsed.success) return false;
    const pending = this.#pending.get(parsed.data.requestId);
    if (pending === undefined) return true; // stopped meanwhile
    if (parsed.data.type === 'sentence') pending.queue.add([parsed.data.text]);
    else {
      pending.error = parsed.data.error;
      pending.queue.close();
    }
    return true;
  }

  async *answer(text: string, signal: AbortSignal): AsyncGenerator<string, void> {
    signal.throwIfAborted();
    this.#asked += 1;
    const requestId = `${this.#idPrefix}-${this.#asked}`;
    const pending: Pending = { queue: new TextQueue(), error: undefined };
    this.#pending.set(requestId, pending);
    const onAbort = (): void => pending.queue.close(true);
    signal.addEventListener('abort', onAbort, { once: true });
    let isWhole = false;
    try {
      this.#send({ type: 'ask', requestId, text });
      for (let next = await pending.queue.next(); next !== undefined; next = await pending.queue.next())
        yield next;
      signal.throwIfAborted();
      isWhole = true;
      if (pending.error !== undefined) throw new NoAnswerError(pending.error);
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#pending.delete(requestId);
      if (!isWhole) this.#send({ type: 'stopAsking', requestId });
    }
  }

  close(): Promise<void> {
    for (const { queue } of this.#pending.values()) queue.close(true);
    return Promise.resolve();
  }
}
