/**
 * The database's schema and its migrations. Version 1 of docs recording.md: one row a session, its events, its
 * samples in chunks of columns, and settings. Version 2: what the user has had kept of text and sound, by itself. A version is never changed once it
 * has shipped; the next one gets its own step in {@link upgradeSchema}.
 */
import type { DBSchema, IDBPDatabase } from 'idb';
import type {
  KeptBytes,
  KeptPiece,
  RecordingDigest,
  RecordingEvent,
  RecordingSource,
} from '../shared/recording.ts';
import type { SessionOutcome } from '../shared/records.ts';

export const DATABASE_NAME = 'clara-voice';
export const DATABASE_VERSION = 2;

/** A session's row. Wall times, ms since 1970. */
export interface SessionRow {
  readonly id: string;
  readonly startedAt: number;
  /** Absent while it runs, and after a crash until the next start. */
  readonly endedAt?: number;
  readonly pinned: boolean;
  readonly summary: SessionSummary;
}

/** What lists show without reading events. */
export interface SessionSummary {
  readonly outcome?: SessionOutcome;
  /** The page went away without an end; `endedAt` is the time of the last thing that was kept. */
  readonly interrupted?: true;
  /** Absent: recorded here. */
  readonly source?: RecordingSource;
  readonly roomHash?: string;
  readonly identityHash?: string;
  /** What its events and samples take, bytes. */
  readonly bytes?: number;
  /** What was kept of its text and sound; absent where nothing was. */
  readonly keptBytes?: KeptBytes;
  /** Absent until the session has been put away: its chunks compacted, its digest made. */
  readonly digest?: RecordingDigest;
}

/** One event; `seq` counts from 0 within its session. */
export interface EventRow {
  readonly sessionId: string;
  readonly seq: number;
  readonly event: RecordingEvent;
}

/** Samples of one stream of a session, packed as `codec` says, which names their columns too. */
export interface ChunkRow {
  readonly sessionId: string;
  readonly stream: string;
  readonly seq: number;
  readonly codec: number;
  /** Time of its last sample, monotonic ms since the session's start, where known: a crash ends a session there. */
  readonly toMs?: number;
  readonly data: Uint8Array<ArrayBuffer>;
}

/** Text or sound that the user has had kept; from version 2 on. */
export type KeptRow = KeptPiece & { readonly sessionId: string };

/** The stores as idb types them. */
export interface ClaraSchema extends DBSchema {
  sessions: { key: string; value: SessionRow; indexes: { startedAt: number } };
  events: { key: [string, number]; value: EventRow };
  chunks: { key: [string, string, number]; value: ChunkRow };
  settings: { key: string; value: unknown };
  kept: { key: [string, string, number]; value: KeptRow };
}

/** Brings a database from `oldVersion` (0: new) to {@link DATABASE_VERSION}. */
export function upgradeSchema(database: IDBPDatabase<ClaraSchema>, oldVersion: number): void {
  if (oldVersion < 1) {
    database.createObjectStore('sessions', { keyPath: 'id' }).createIndex('startedAt', 'startedAt');
    database.createObjectStore('events', { keyPath: ['sessionId', 'seq'] });
    database.createObjectStore('chunks', { keyPath: ['sessionId', 'stream', 'seq'] });
    database.createObjectStore('settings');
  }
  if (oldVersion < 2) database.createObjectStore('kept', { keyPath: ['sessionId', 'kind', 'seq'] });
}
