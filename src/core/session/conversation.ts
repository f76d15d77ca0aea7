/**
 * The conversation of one session: its lines and the user's messages that still have to be handed over. It owns the
 * transcript and the outbox; it knows no phases and no room, its owner says when and through what it may send.
 */
import type { Clock, Random, RoomConnection, RoomEvent } from '../ports.ts';
import { Writable } from '../readable.ts';
import { SessionError } from '../errors.ts';
import { MAX_TEXT_LENGTH } from '../../shared/wire.ts';
import { within } from './bounded.ts';
import { Outbox } from './outbox.ts';
import { withDelivery, withLine } from './transcript.ts';
import type { TranscriptEntry } from './types.ts';

/** One message, ms. */
const SEND_LIMIT_MS = 5000;

/** What a room tells of the conversation. */
export type SpokenOrWritten = Extract<RoomEvent, { type: 'transcription' | 'chat' }>;

/** Lines and outgoing messages. */
export class Conversation {
  readonly lines: Writable<readonly TranscriptEntry[]>;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #maxLines: number;
  readonly #outbox: Outbox;
  #restored: readonly TranscriptEntry[] = [];

  constructor(clock: Clock, random: Random, maxLines: number, onWatcherError: (error: unknown) => void) {
    this.#clock = clock;
    this.#random = random;
    this.#maxLines = maxLines;
    this.lines = new Writable<readonly TranscriptEntry[]>([], onWatcherError);
    this.#outbox = new Outbox((id, delivery) => this.lines.set(withDelivery(this.lines.value, id, delivery)));
  }

  /** Begins with `lines` of an earlier page. Whether its last messages got there went with it: nobody sends them now. */
  restore(lines: readonly TranscriptEntry[]): void {
    this.#restored = lines.map((line) =>
      line.delivery === 'sending' ? { ...line, delivery: 'failed' } : line,
    );
    this.lines.set(this.#restored);
  }

  /** What an earlier page left belongs to another session; with `isShown` false its lines go as well. */
  forgetRestored(isShown: boolean): void {
    const gone = this.#restored;
    this.#restored = [];
    if (!isShown && gone.length > 0) this.lines.set(this.lines.value.filter((line) => !gone.includes(line)));
  }

  /** A new conversation. */
  clear(): void {
    this.lines.set([]);
  }

  /** A room told something that was said or written. */
  told(event: SpokenOrWritten): void {
    const isSpeech = event.type === 'transcription';
    this.#add({
      id: isSpeech ? event.segmentId : event.messageId,
      from: event.from,
      kind: isSpeech ? 'speech' : 'text',
      text: event.text,
      final: event.final,
      wallMs: this.#clock.wallMs(),
    });
  }

  /**
   * Shows the user's message and keeps it for {@link flush}; with `canBeSent` false it has failed at once. An empty
   * one is nothing. Throws RangeError for more than 15,000 characters.
   */
  write(text: string, canBeSent: boolean): void {
    if (text.length > MAX_TEXT_LENGTH)
      throw new RangeError(`text has ${text.length} characters; allowed: up to ${MAX_TEXT_LENGTH}`);
    if (text.trim() === '') return;
    const id = this.#newId();
    this.#add({
      id,
      from: 'user',
      kind: 'text',
      text,
      final: true,
      wallMs: this.#clock.wallMs(),
      delivery: canBeSent ? 'sending' : 'failed',
    });
    if (canBeSent) this.#outbox.add({ id, text });
  }

  /** Sends what waits, until `signal` says that the room went or `isUp` that it should wait. Never rejects. */
  flush(connection: RoomConnection, signal: AbortSignal, isUp: () => boolean): Promise<void> {
    const late = (): Error => new SessionError('sendFailed', `not sent in ${SEND_LIMIT_MS} ms`);
    return this.#outbox.flush(
      ({ id, text }) =>
        within(this.#clock, SEND_LIMIT_MS, signal, (limited) => connection.sendText(id, text, limited), late),
      isUp,
    );
  }

  /** What was not handed over will not be any more. */
  giveUp(): void {
    this.#outbox.giveUp();
  }

  #add(line: TranscriptEntry): void {
    this.lines.set(withLine(this.lines.value, line, this.#maxLines));
  }

  #newId(): string {
    const lot = Math.floor(this.#random() * 0x1_0000_0000).toString(16);
    return `${Math.floor(this.#clock.wallMs()).toString(36)}-${lot.padStart(8, '0')}`;
  }
}
