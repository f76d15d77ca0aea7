/**
 * Keeps the text and the sound of one run while the user wants it. Owns what waits for the store and the take of sound
 * that is under way; loaded with the first switch that is turned on. A store that fails ends the keeping of what it did
 * not take and nothing else. Invariant: after `stop` nothing that came later is kept, a take has no hole, after `end`
 * nothing is left open.
 */
import type { KeptKind, KeptPiece } from '../../shared/recording.ts';
import type { Clock } from '../ports.ts';
import type { Readable } from '../readable.ts';
import type { KeepState, TranscriptEntry } from '../session/types.ts';
import type { Keeper, KeptRun } from './keep-switch.ts';

/** Sound of a session, bytes: four hours at 32 kbit/s. */
export const MAX_SOUND_BYTES = 60_000_000;
/** Text of a session, characters. */
export const MAX_TEXT_CHARS = 5_000_000;
/** Until the store has the session's row, which its recorder writes, ms a try; and how often. */
const ROW_WAIT_MS = 2000;
const ROW_TRIES = 10;

/** A stretch of sound as it comes. */
export interface SoundPiece {
  readonly type: string;
  readonly data: Uint8Array<ArrayBuffer>;
}

/** What is told of a take. */
export interface TakeListener {
  piece(piece: SoundPiece): void;
  failed(): void;
}

/** Records what is said and heard as one mix. */
export interface SoundPort {
  /** Begins a take; ended by the function that is given back. Undefined: this browser cannot. Never throws. */
  record(listener: TakeListener): (() => void) | undefined;
}

/** Where pieces go. */
export interface KeepStore {
  /** False when the session's row is not there. */
  keep(sessionId: string, pieces: readonly KeptPiece[]): Promise<boolean>;
}

/** What a keeper needs. */
export interface KeeperParts {
  readonly run: KeptRun;
  readonly clock: Clock;
  readonly store: Promise<KeepStore>;
  readonly sound: SoundPort;
  readonly transcript: Readable<readonly TranscriptEntry[]>;
  readonly tell: (kind: KeptKind, state: KeepState) => void;
}

/** See the file's head. */
export class SessionKeeper implements Keeper {
  readonly #parts: KeeperParts;
  readonly #life = new AbortController();
  /** In order; a piece stays until it is in the store. */
  readonly #waiting: KeptPiece[] = [];
  #isWriting = false;
  readonly #next = { text: 0, sound: 0 };
  #stopText: (() => void) | undefined;
  #textChars = 0;
  #stopSound: (() => void) | undefined;
  #takes = 0;
  /** Takes before this one have lost a piece: what a recorder still gives of them, its last piece too, is not kept. */
  #firstWholeTake = 0;
  #soundBytes = 0;

  constructor(parts: KeeperParts) {
    this.#parts = parts;
  }

  start(kind: KeptKind, known: readonly TranscriptEntry[]): void {
    if (this.#life.signal.aborted) return;
    if (kind === 'text') this.#startText(known);
    else this.#startSound();
  }

  stop(kind: KeptKind): void {
    if (kind === 'text') {
      this.#stopText?.();
      this.#stopText = undefined;
    } else {
      const stop = this.#stopSound;
      this.#stopSound = undefined; // first: the last piece may come at once
      stop?.();
    }
  }

  end(): void {
    this.stop('text');
    this.stop('sound');
    this.#life.abort();
  }

  #startText(known: readonly TranscriptEntry[]): void {
    this.stop('text');
    const { transcript } = this.#parts;
    const kept = new Map<string, string>();
    for (const entry of known) if (isFinished(entry)) kept.set(keyOf(entry), entry.text);
    const look = (entries: readonly TranscriptEntry[]): void => {
      for (const entry of entries) {
        const key = keyOf(entry);
        if (!isFinished(entry) || kept.get(key) === entry.text) continue;
        kept.set(key, entry.text);
        this.#keepLine(entry);
      }
    };
    this.#stopText = transcript.watch(look);
    look(transcript.value); // what was finished while this was loaded
  }

  #keepLine({ id, from, kind, text, wallMs }: TranscriptEntry): void {
    const { clock, run } = this.#parts;
    this.#textChars += this.#textChars + text.length > MAX_TEXT_CHARS ? Infinity : text.length;
    if (this.#textChars === Infinity) return this.#over('text', 'full');
    const atMs = Math.max(0, clock.monoMs() - run.startedMonoMs);
    this.#write({ kind: 'text', seq: this.#next.text++, atMs, wallMs, from, by: kind, id, text });
  }

  #startSound(): void {
    this.stop('sound');
    if (this.#soundBytes === Infinity) return this.#over('sound', 'full');
    const { clock, run, sound } = this.#parts;
    const [take, atMs] = [this.#takes++, Math.max(0, clock.monoMs() - run.startedMonoMs)];
    this.#stopSound = sound.record({
      piece: ({ type, data }) => {
        if (take < this.#firstWholeTake) return;
        // Nothing after it either: a shorter piece that fits would leave a hole.
        this.#soundBytes += this.#soundBytes + data.length > MAX_SOUND_BYTES ? Infinity : data.length;
        if (this.#soundBytes === Infinity) return this.#over('sound', 'full');
        this.#write({ kind: 'sound', seq: this.#next.sound++, take, atMs, type, data });
      },
      failed: () => take === this.#takes - 1 && this.#over('sound', 'failed'),
    });
    if (this.#stopSound === undefined) this.#over('sound', 'unsupported');
  }

  #over(kind: KeptKind, state: KeepState): void {
    this.stop(kind);
    this.#parts.tell(kind, state);
  }

  #write(piece: KeptPiece): void {
    this.#waiting.push(piece);
    if (this.#isWriting) return;
    this.#isWriting = true;
    this.#writeAll().catch(() => {}); // never rejects
  }

  async #writeAll(): Promise<void> {
    const { sessionId } = this.#parts.run;
    try {
      const store = await this.#parts.store;
      for (let tries = 0; this.#waiting.length > 0;) {
        const pieces = [...this.#waiting];
        if (await store.keep(sessionId, pieces)) {
          this.#waiting.splice(0, pieces.length);
          continue;
        }
        // The session's row is written by its recorder, and again when the database was deleted under it.
        if (++tries > ROW_TRIES || this.#life.signal.aborted) throw new Error('the session is not there');
        await this.#parts.clock.sleep(ROW_WAIT_MS, this.#life.signal).catch(() => {});
      }
    } catch (error) {
      this.#lose(error);
    } finally {
      this.#isWriting = false; // in the same step as the last look: what comes next begins a write
    }
  }

  /** What waits is lost, and with it the rest of its kind. */
  #lose(error: unknown): void {
    const kinds = new Set(this.#waiting.splice(0).map(({ kind }) => kind));
    if (kinds.has('sound')) this.#firstWholeTake = this.#takes;
    const isFull = (error as { name?: unknown } | null)?.name === 'QuotaExceededError';
    for (const kind of kinds) this.#over(kind, isFull ? 'full' : 'failed');
  }
}

/** Speech when it is final, the user's own message when it was handed over. */
function isFinished({ final, delivery }: TranscriptEntry): boolean {
  return final && (delivery === undefined || delivery === 'sent');
}

function keyOf({ kind, from, id }: TranscriptEntry): string {
  return `${kind} ${from} ${id}`;
}
