/**
 * The recordings of this browser, as the app's pages use them: listed, opened, compared, kept, deleted, exported, imported.
 * Without livekit-client, so that it opens offline and at once. Its methods reject when the storage cannot be used.
 */
import { compareModelOf, type CompareModel } from '../core/review/compare-model.ts';
import type { Alignment } from '../core/review/compare.ts';
import { sessionsToDrop, type RetentionLimits } from '../core/review/retention.ts';
import { reviewModelOf, type ReviewModel } from '../core/review/review-model.ts';
import type { KeptKind, KeptPiece, ListedRecording, Recording } from '../shared/recording.ts';
import { openRecordStore } from '../storage/open-record-store.ts';
import { putAwayAll } from '../storage/put-away.ts';
import type { RecordStore } from '../storage/record-store.ts';
import { whenRecorded } from '../storage/recording-lock.ts';
import { isRunning, setLimits, storedLimits, tidy } from '../storage/tidy.ts';
import { browserClock } from './browser-clock.ts';
import { consoleLog } from './console-log.ts';

/** What a recording can be exported as. */
export const EXPORT_FORMATS = [
  'archive',
  'csvSamples',
  'csvEvents',
  'ndjson',
  'otlpMetrics',
  'otlpTraces',
  'openMetrics',
  'rtcstats',
  'webrtcInternals',
] as const;
/** One of {@link EXPORT_FORMATS}. */
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** A file to hand out. */
export interface RecordingFile {
  readonly name: string;
  readonly blob: Blob;
}

/** What came of an import. */
export interface ImportResult {
  /** Ids of what is new. */
  readonly added: readonly string[];
  /** Ids of what was there before; it stays as it was. */
  readonly known: readonly string[];
}

/** What the browser tells of its storage. */
export interface StorageFacts {
  /** Undefined where the browser does not say. */
  readonly isPersisted?: boolean;
  /** Of this whole origin, bytes; browsers round and pad these figures. */
  readonly usedBytes?: number;
  readonly quotaBytes?: number;
  readonly limits: RetentionLimits;
}

/** See the file's head. */
export interface RecordingLibrary {
  /** False when recordings go with the page (private mode). */
  readonly isPersistent: boolean;
  /** Newest first. */
  list(): Promise<readonly ListedRecording[]>;
  /** Puts away what is over, ends what crashed, drops what goes. True when the list has changed. */
  maintain(signal: AbortSignal): Promise<boolean>;
  /** Undefined for an id that is not there. */
  review(sessionId: string): Promise<ReviewModel | undefined>;
  compare(firstId: string, secondId: string, alignment: Alignment): Promise<CompareModel | undefined>;
  setPinned(sessionId: string, pinned: boolean): Promise<void>;
  /** Whether some page still records it. Its recorder would write it anew if it were deleted. */
  isRunning(sessionId: string): Promise<boolean>;
  /** Resolves when nobody records it any more; rejects when `signal` aborts. False: this browser cannot tell. */
  whenOver(sessionId: string, signal: AbortSignal): Promise<boolean>;
  /** False, and nothing is deleted, while it runs. */
  delete(sessionId: string): Promise<boolean>;
  /** What was kept of its text and sound. */
  kept(sessionId: string): Promise<readonly KeptPiece[]>;
  /** Deletes a session's text or sound for good. False, and nothing is deleted, while it runs. */
  deleteKept(sessionId: string, kind: KeptKind): Promise<boolean>;
  /** @param withKept an archive gets the text and sound as well; no other format ever does. Default false */
  export(sessionId: string, format: ExportFormat, withKept?: boolean): Promise<RecordingFile | undefined>;
  /**
   * All sessions as archives, as few as can each be imported, numbered when there are several.
   * @param withKept with their text and sound; default false
   */
  exportAll(withKept?: boolean): Promise<readonly RecordingFile[]>;
  /** Adds what is in a file, all or nothing. Rejects with ImportError for a file that is wrong. */
  import(file: Blob): Promise<ImportResult>;
  storage(): Promise<StorageFacts>;
  /** Asks the browser to keep the storage; from a user gesture. */
  persist(): Promise<boolean>;
  setLimits(limits: RetentionLimits): Promise<void>;
  /** Ids that would go under `limits`, and when no more room is left in this order. */
  wouldGo(limits: RetentionLimits): Promise<readonly string[]>;
}

/** Opens the store that calls and library share. Never rejects: without a database it lives as long as the page. */
export function openSharedStore(): Promise<RecordStore> {
  return openRecordStore(browserClock, consoleLog);
}

/** A library over a store, which stays the caller's. */
export function libraryOver(store: RecordStore): RecordingLibrary {
  const reviewOf = async (id: string): Promise<ReviewModel | undefined> => {
    const stored = await store.read(id);
    return stored === undefined ? undefined : reviewModelOf(stored.recording, stored.leftOut);
  };
  const runs = async (id: string): Promise<boolean> => {
    const session = (await store.list()).find((one) => one.id === id);
    return session !== undefined && isRunning(session, browserClock.wallMs());
  };
  return {
    isPersistent: store.isPersistent,
    list: () => store.list(),
    async maintain(signal) {
      const before = JSON.stringify(await store.list());
      await tidy(store, browserClock.wallMs());
      await putAwayAll(store, signal);
      return JSON.stringify(await store.list()) !== before;
    },
    review: reviewOf,
    async compare(firstId, secondId, alignment) {
      const [first, second] = [await reviewOf(firstId), await reviewOf(secondId)];
      return first === undefined || second === undefined
        ? undefined
        : compareModelOf(first, second, alignment);
    },
    setPinned: (id, pinned) => store.setPinned(id, pinned),
    isRunning: runs,
    whenOver: whenRecorded,
    async delete(id) {
      if (await runs(id)) return false;
      await store.delete(id);
      return true;
    },
    kept: (id) => store.kept(id),
    async deleteKept(id, kind) {
      if (await runs(id)) return false;
      await store.deleteKept(id, kind);
      return true;
    },
    async export(id, format, withKept = false) {
      const recording = await recordingOf(store, id, withKept);
      if (recording === undefined) return undefined;
      const { exportRecording } = await import('./export-recording.ts');
      return exportRecording(recording, format, withKept);
    },
    async exportAll(withKept = false) {
      const { archiveBlobs, stampOf } = await import('./export-recording.ts');
      const blobs = await archiveBlobs(everyRecording(store, withKept), withKept);
      const stem = `clara-all-${stampOf(browserClock.wallMs())}`;
      return blobs.map((blob, at) => ({
        name: `${stem}${blobs.length === 1 ? '' : `-${at + 1}-of-${blobs.length}`}.clararec`,
        blob,
      }));
    },
    async import(file) {
      const { readRecordingFile } = await import('./read-recording-file.ts');
      return addNew(store, await readRecordingFile(file));
    },
    async storage() {
      const { storage } = navigator as { storage?: StorageManager };
      const [isPersisted, estimate] = await Promise.all([storage?.persisted(), storage?.estimate()]).catch(
        () => [],
      ); // a browser that keeps it to itself
      return {
        ...(isPersisted !== undefined && { isPersisted }),
        ...(estimate?.usage !== undefined && { usedBytes: estimate.usage }),
        ...(estimate?.quota !== undefined && { quotaBytes: estimate.quota }),
        limits: await storedLimits(store),
      };
    },
    async persist() {
      const { storage } = navigator as { storage?: StorageManager };
      return (await storage?.persist()) ?? false;
    },
    async setLimits(limits) {
      await setLimits(store, limits);
      await tidy(store, browserClock.wallMs());
    },
    async wouldGo(limits) {
      return sessionsToDrop(await store.list(), limits, browserClock.wallMs());
    },
  };
}

async function recordingOf(
  store: RecordStore,
  id: string,
  withKept: boolean,
): Promise<Recording | undefined> {
  const stored = await store.read(id);
  if (stored === undefined || !withKept) return stored?.recording;
  return { ...stored.recording, kept: await store.kept(id) };
}

async function* everyRecording(store: RecordStore, withKept: boolean): AsyncGenerator<Recording> {
  for (const { id } of await store.list()) {
    const recording = await recordingOf(store, id, withKept);
    if (recording !== undefined) yield recording;
  }
}

async function addNew(store: RecordStore, recordings: readonly Recording[]): Promise<ImportResult> {
  const here = new Set((await store.list()).map(({ id }) => id));
  const fresh = recordings.filter(({ session }) => !here.has(session.id));
  await store.add(fresh);
  await putAwayAll(store, new AbortController().signal);
  return {
    added: fresh.map(({ session }) => session.id),
    known: recordings.map(({ session }) => session.id).filter((id) => here.has(id)),
  };
}
