/**
 * The user's own text messages until they are handed over. It owns their order: one is sent at a time, what could
 * not be sent because the room went is sent in the next one. It never shows anything; the owner is told.
 */

/** A message that waits. */
export interface OutgoingMessage {
  readonly id: string;
  readonly text: string;
}

/** Messages in order. */
export class Outbox {
  readonly #waiting: OutgoingMessage[] = [];
  readonly #onDelivery: (id: string, delivery: 'sent' | 'failed') => void;
  #isSending = false;

  constructor(onDelivery: (id: string, delivery: 'sent' | 'failed') => void) {
    this.#onDelivery = onDelivery;
  }

  add(message: OutgoingMessage): void {
    this.#waiting.push(message);
  }

  /**
   * Sends what waits through `send`. A message whose sending fails while `isUp()` has failed; otherwise the room
   * went, and it waits for the next flush. Never rejects; a second flush while one runs does nothing.
   */
  async flush(send: (message: OutgoingMessage) => Promise<void>, isUp: () => boolean): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    try {
      for (let message = this.#waiting[0]; message !== undefined && isUp(); message = this.#waiting[0]) {
        let delivery: 'sent' | 'failed' = 'sent';
        try {
          await send(message);
        } catch {
          if (!isUp()) return;
          delivery = 'failed';
        }
        // The list may have been given up meanwhile.
        if (this.#waiting[0] !== message) return;
        this.#waiting.shift();
        this.#onDelivery(message.id, delivery);
      }
    } finally {
      this.#isSending = false;
    }
  }

  /** Nothing will be sent any more. */
  giveUp(): void {
    for (const message of this.#waiting.splice(0)) this.#onDelivery(message.id, 'failed');
  }
}
