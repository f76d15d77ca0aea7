/**
 * Records sessions without ever standing in the call's way: what happens goes into a bounded buffer, and from there
 * into the store every {@link FLUSH_EVERY_MS} and when the page is about to go. Nothing here throws or is awaited by
 * the call; a store that fails costs its recording and one warning. One writer a session, marked by a Web Lock, so
 * that the next start can tell a session that runs in another tab from one that crashed.
 */
import type { Clock, Log, RecorderPort, SessionRecorder } from '../core/ports.ts';
import type { RecordedEvent, SessionOutcome } from '../shared/records.ts';
import { holdRecordingLock } from './recording-lock.ts';
import type { RecordStore } from './record-store.ts';

/** A crash costs at most this, ms (recording.md). */
export const FLUSH_EVERY_MS = 10_000;
/** Events that wait for the store, count; a session has some hundreds an hour. */
export const MAX_WAITING_EVENTS = 5000;

/** What a recorder needs. */
export interface RecorderOptions {
  /** May resolve late or reject: events wait meanwhile. */
  readonly store: Promise<RecordStore>;
  readonly clock: Clock;
  readonly log: Log;
  readonly newId: () => string;
  /** The page, whose going flushes; undefined in tests. */
  readonly page?: Window | undefined;
}

/** A {@link RecorderPort} over a {@link RecordStore}. */
export function storeRecorder(options: RecorderOptions): RecorderPort {
  return { begin: (startedWallMs) => new StoredSession(options, startedWallMs) };
}

class StoredSession implements SessionRecorder {
  readonly #options: RecorderOptions;
  readonly #id: string;
  /** Ends the flush timer, the page's listeners and the lock. */
  readonly #life = new AbortController();
  /** Writes one after the other; never rejects. */
  #writes: Promise<void>;
  #waiting: RecordedEvent[] = [];
  #nextSeq = 0;
  #isTimed = false;
  #hasWarned = false;
  #hasBegun = false;
  readonly #startedWallMs: number;

  constructor(options: RecorderOptions, startedWallMs: number) {
    this.#options = options;
    this.#id = options.newId();
    this.#startedWallMs = startedWallMs;
    holdRecordingLock(this.#id, this.#life.signal);
    this.#writes = Promise.resolve();
    this.#write(() => Promise.resolve());
    this.#flushWhenPageGoes();
  }

  event(event: RecordedEvent): void {
    if (this.#life.signal.aborted) return;
    if (this.#waiting.length >= MAX_WAITING_EVENTS) {
      this.#warn(`${MAX_WAITING_EVENTS} events wait for the store; later ones are dropped`);
      return;
    }
    this.#waiting.push(event);
    this.#flushLater();
  }

  end(endedWallMs: number, outcome: SessionOutcome): void {
    if (this.#life.signal.aborted) return;
    this.#flush();
    this.#write((store) => store.end(this.#id, endedWallMs, outcome));
    this.#writes.then(
      () => this.#life.abort(),
      () => {}, // never rejects
    );
  }

  #flushLater(): void {
    if (this.#isTimed) return;
    this.#isTimed = true;
    this.#options.clock.sleep(FLUSH_EVERY_MS, this.#life.signal).then(
      () => {
        this.#isTimed = false;
        this.#flush();
      },
      () => {}, // the session has ended and flushed
    );
  }

  #flush(): void {
    if (this.#waiting.length === 0) return;
    const events = this.#waiting;
    const firstSeq = this.#nextSeq;
    this.#waiting = [];
    this.#nextSeq += events.length;
    this.#write((store) => store.append(this.#id, firstSeq, events));
  }

  /** Nothing is written before the session's own row: events without one would be found by nobody, and stay. */
  #write(work: (store: RecordStore) => Promise<void>): void {
    this.#writes = this.#writes
      .then(async () => {
        const store = await this.#options.store;
        if (!this.#hasBegun) await store.begin(this.#id, this.#startedWallMs);
        this.#hasBegun = true;
        await work(store);
      })
      .catch((error: unknown) => {
        this.#warn(`the recording was not written: ${error instanceof Error ? error.name : typeof error}`);
      });
  }

  #flushWhenPageGoes(): void {
    const { page } = this.#options;
    const { signal } = this.#life;
    const flush = (): void => this.#flush();
    page?.addEventListener('pagehide', flush, { signal });
    page?.document.addEventListener('freeze', flush, { signal });
    page?.document.addEventListener(
      'visibilitychange',
      () => page.document.visibilityState === 'hidden' && flush(),
      { signal },
    );
  }

  #warn(text: string): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    this.#options.log.warn('recordingFailed', text);
  }
}
