/**
 * Records sessions without ever standing in the call's way: what happens goes into a bounded buffer, and from there
 * into the store every {@link FLUSH_EVERY_MS} and when the page is about to go. Nothing here throws or is awaited by
 * the call; a store that fails keeps its data waiting and costs one warning. One write at a time; one writer a
 * session, marked by a Web Lock, so that the next start can tell a session that runs in another tab from one that
 * crashed.
 */
import { chunkOf } from '../core/metrics/sample-buffer.ts';
import type { MetricsSample } from '../core/metrics/columns.ts';
import { keptEvent } from '../core/metrics/kept-event.ts';
import type { SampleRecorder, SampleRecorderPort } from '../core/metrics/sample-recorder.ts';
import { tableOf } from '../core/metrics/sample-table.ts';
import type { Clock, Log } from '../core/ports.ts';
import type { RecordingEvent, RecordingSession } from '../shared/recording.ts';
import type { SessionOutcome } from '../shared/records.ts';
import { holdRecordingLock } from './recording-lock.ts';
import type { RecordPart, RecordWriter, TimedChunk } from './record-store.ts';
import { saltedHash } from './salted-hash.ts';

/**
 * From the first thing that waits to the write, ms. A crash may cost 10 s (recording.md): this, the second that lies
 * between what was written last and what waits first, and the write itself.
 */
export const FLUSH_EVERY_MS = 8500;
/** Events that wait for the store, count; a session has some hundreds an hour. */
export const MAX_WAITING_EVENTS = 5000;
/** Samples that wait for it, count: half an hour of one stream. */
export const MAX_WAITING_SAMPLES = 1800;

/** Packed parts that wait while the store fails, count: half an hour of them. */
const MAX_WAITING_PARTS = 180;

/** Why a session is not, or not wholly, recorded. `memoryOnly`: it goes with the page. */
export type RecordingProblem = 'memoryOnly' | 'full' | 'failed';

/** What a recorder needs. */
export interface RecorderOptions {
  /** May resolve late or reject: what is recorded waits meanwhile. */
  readonly store: Promise<RecordWriter>;
  readonly clock: Clock;
  readonly log: Log;
  readonly newId: () => string;
  /** The page, whose going flushes; undefined in tests. */
  readonly page?: Window | undefined;
  /** Told once a session, for the user. */
  readonly onProblem?: (problem: RecordingProblem) => void;
}

/** A recorder over a {@link RecordWriter}. */
export function storeRecorder(options: RecorderOptions): SampleRecorderPort {
  return { begin: (startedWallMs) => new StoredSession(options, startedWallMs) };
}

class StoredSession implements SampleRecorder {
  readonly #options: RecorderOptions;
  readonly #session: RecordingSession;
  /** Ends the flush timer, the page's listeners and the lock. */
  readonly #life = new AbortController();
  #events: RecordingEvent[] = [];
  readonly #samples = new Map<string, MetricsSample[]>();
  /** Packed and numbered, and not yet in the store. */
  #parts: RecordPart[] = [];
  #nextEventSeq = 0;
  readonly #nextChunkSeq = new Map<string, number>();
  #bytes = 0;
  #isTimed = false;
  #isWriting = false;
  /** Wanted while a write was under way. */
  #isWanted = false;
  #hasProblem = false;
  #hasBegun = false;
  #hasSurroundings = false;
  /** What comes after the last part. */
  #end: { readonly wallMs: number; readonly outcome: SessionOutcome } | undefined;
  /** A write that knew of the end has been tried. */
  #hasTriedEnd = false;

  constructor(options: RecorderOptions, startedWallMs: number) {
    this.#options = options;
    this.#session = { id: options.newId(), startedWallMs, pinned: false, source: 'recorded' };
    holdRecordingLock(this.#session.id, this.#life.signal);
    this.#flush();
    this.#flushWhenPageGoes();
  }

  get sessionId(): string {
    return this.#session.id;
  }

  event(event: RecordingEvent): void {
    if (this.#isOver) return;
    if (this.#events.length >= MAX_WAITING_EVENTS) {
      this.#problem('failed', `${MAX_WAITING_EVENTS} events wait for the store; later ones are dropped`);
      return;
    }
    this.#events.push(keptEvent(event));
    this.#flushLater();
  }

  sample(stream: string, sample: MetricsSample): void {
    if (this.#isOver) return;
    const waiting = this.#samples.get(stream);
    if (waiting === undefined) this.#samples.set(stream, [sample]);
    else if (waiting.length < MAX_WAITING_SAMPLES) waiting.push(sample);
    else this.#problem('failed', `${MAX_WAITING_SAMPLES} samples wait for the store; later ones are dropped`);
    this.#flushLater();
  }

  surroundings({ room, identity }: { readonly room: string; readonly identity: string }): void {
    if (this.#hasSurroundings || this.#isOver) return;
    this.#hasSurroundings = true;
    const describe = async (): Promise<void> => {
      const store = await this.#options.store;
      const [roomHash, identityHash] = [await saltedHash(store, room), await saltedHash(store, identity)];
      if (roomHash === undefined || identityHash === undefined) return;
      await store.describe(this.#session.id, { roomHash, identityHash });
    };
    describe().catch((error: unknown) => this.#failed(error));
  }

  end(endedWallMs: number, outcome: SessionOutcome): void {
    if (this.#isOver) return;
    this.#end = { wallMs: endedWallMs, outcome };
    this.#flush();
  }

  get #isOver(): boolean {
    return this.#end !== undefined || this.#life.signal.aborted;
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

  /** Begins to write what waits; after the write that is under way, if there is one. */
  #flush(): void {
    if (this.#isWriting) {
      this.#isWanted = true;
      return;
    }
    this.#isWriting = true;
    this.#isWanted = false;
    this.#hasTriedEnd = this.#end !== undefined;
    this.#pack();
    this.#writeAll()
      .catch((error: unknown) => this.#failed(error))
      .then(
        () => {
          this.#isWriting = false;
          if (this.#isWanted) this.#flush();
          else if (this.#hasTriedEnd) this.#life.abort();
          else if (this.#parts.length > 0) this.#flushLater();
        },
        () => {}, // never rejects
      );
  }

  async #writeAll(): Promise<void> {
    const { id } = this.#session;
    const store = await this.#options.store;
    if (!store.isPersistent) this.#problem('memoryOnly', undefined);
    // Nothing is written before the session's own row: events without one would be found by nobody, and stay.
    if (!this.#hasBegun) await store.begin(this.#session);
    this.#hasBegun = true;
    for (let part = this.#parts[0]; part !== undefined; part = this.#parts[0]) {
      if (!(await store.append(id, part))) {
        // The database was deleted under us: what was is gone, what comes is kept.
        await store.begin(this.#session);
        await store.append(id, part);
      }
      this.#parts.shift();
    }
    if (this.#end !== undefined && this.#hasTriedEnd)
      await store.end(id, this.#end.wallMs, this.#end.outcome, this.#bytes);
  }

  /** What waits, as one part behind those that could not be written yet. */
  #pack(): void {
    const events = this.#events;
    const chunks = [...this.#samples].map(([stream, samples]): TimedChunk => {
      const seq = this.#nextChunkSeq.get(stream) ?? 0;
      this.#nextChunkSeq.set(stream, seq + 1);
      return { ...chunkOf(stream, seq, tableOf(samples)), toMs: samples.at(-1)?.atMs ?? 0 };
    });
    if (events.length === 0 && chunks.length === 0) return;
    this.#events = [];
    this.#samples.clear();
    if (this.#parts.length >= MAX_WAITING_PARTS) {
      this.#problem('failed', `${MAX_WAITING_PARTS} parts wait for the store; later ones are dropped`);
      return;
    }
    this.#parts.push({ firstSeq: this.#nextEventSeq, events, chunks });
    this.#nextEventSeq += events.length;
    for (const { data } of chunks) this.#bytes += data.length;
    this.#bytes += JSON.stringify(events).length;
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

  #failed(error: unknown): void {
    const name = (error as { name?: unknown } | null)?.name;
    const isFull = name === 'QuotaExceededError';
    this.#problem(
      isFull ? 'full' : 'failed',
      `the recording was not written: ${typeof name === 'string' ? name : typeof error}`,
    );
  }

  #problem(problem: RecordingProblem, warning: string | undefined): void {
    if (this.#hasProblem) return;
    this.#hasProblem = true;
    if (warning !== undefined) this.#options.log.warn('recordingFailed', warning);
    this.#options.onProblem?.(problem);
  }
}
