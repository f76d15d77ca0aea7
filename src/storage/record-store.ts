import type {
  KeptKind,
  KeptPiece,
  ListedRecording,
  Recording,
  RecordingDigest,
  RecordingEvent,
  RecordingSession,
  SampleChunk,
} from '../shared/recording.ts';
import type { SessionOutcome } from '../shared/records.ts';

/** A chunk as it is appended, with the time of its last sample, ms since the session's start. */
export interface TimedChunk extends SampleChunk {
  readonly toMs: number;
}

/** Some of a session, written together or not at all. */
export interface RecordPart {
  /** Number of the first event within its session. */
  readonly firstSeq: number;
  readonly events: readonly RecordingEvent[];
  readonly chunks: readonly TimedChunk[];
}

/** A recording as it was found. */
export interface StoredRecording {
  readonly recording: Recording;
  /** Rows that could not be read and were left out, count. */
  readonly leftOut: number;
}

/** A session that is put away. */
export interface PutAway {
  /** Take the place of all chunks before. */
  readonly chunks: readonly SampleChunk[];
  readonly digest: RecordingDigest;
  readonly bytes: number;
}

/** Where recordings are written. Every method may reject; who records lets none of it reach the call. */
export interface RecordWriter {
  /** False when all is gone with the page (private mode, no IndexedDB). */
  readonly isPersistent: boolean;
  begin(session: RecordingSession): Promise<void>;
  /** Adds a part. False, and nothing written, when the session is not there (any more): begin it again. */
  append(id: string, part: RecordPart): Promise<boolean>;
  /** Adds text and sound that the user wants kept. False, and nothing written, when the session is not there. */
  keep(id: string, pieces: readonly KeptPiece[]): Promise<boolean>;
  /** Adds what became known later. Unknown ids are ignored. */
  describe(id: string, facts: Pick<RecordingSession, 'roomHash' | 'identityHash'>): Promise<void>;
  /** `outcome` undefined: nobody saw the end, the page went away. Unknown ids are ignored. */
  end(id: string, endedWallMs: number, outcome: SessionOutcome | undefined, bytes?: number): Promise<void>;
  /** Newest first; rows that are no sessions are left out. */
  list(): Promise<ListedRecording[]>;
  /** Time of the last thing kept of a session, ms since its start; 0 when there is none. */
  lastAtMs(id: string): Promise<number>;
  /** Deletes a session with all that belongs to it. */
  delete(id: string): Promise<void>;
  /** What was set under `key`; undefined when nothing was. */
  setting(key: string): Promise<unknown>;
  setSetting(key: string, value: unknown): Promise<void>;
}

/** Where they are read and kept in order as well; loaded with the review and not with a call. */
export interface RecordStore extends RecordWriter {
  /** In the order in which they happened; rows that are not events are left out. */
  events(id: string): Promise<RecordingEvent[]>;
  /** A whole recording without what was kept of text and sound; undefined when there is none. */
  read(id: string): Promise<StoredRecording | undefined>;
  /** Puts compacted chunks and a digest in place of live ones, in one step. Unknown ids are ignored. */
  putAway(id: string, put: PutAway): Promise<void>;
  /** What was kept of text and sound, text first; rows that are neither are left out. */
  kept(id: string): Promise<KeptPiece[]>;
  /** Deletes the text or the sound of a session for good, and nothing else of it. */
  deleteKept(id: string, kind: KeptKind): Promise<void>;
  /** Adds whole recordings, all or none. A session with the same id is replaced. */
  add(recordings: readonly Recording[]): Promise<void>;
  setPinned(id: string, pinned: boolean): Promise<void>;
}
