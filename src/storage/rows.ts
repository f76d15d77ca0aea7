/**
 * Between rows of the database and recordings. Whatever stands in a database may have been written by anything: what
 * is no row of ours is told apart here, and left out by the store.
 */
import type {
  KeptBytes,
  KeptKind,
  KeptPiece,
  ListedRecording,
  RecordingEvent,
  RecordingSession,
  SampleChunk,
} from '../shared/recording.ts';
import type { ChunkRow, EventRow, SessionRow } from './schema.ts';

/** The row of a session that begins or is imported. */
export function rowOfSession(session: RecordingSession): SessionRow {
  const { id, startedWallMs, endedWallMs, pinned, outcome, interrupted, source, roomHash, identityHash } =
    session;
  return {
    id,
    startedAt: startedWallMs,
    ...(endedWallMs !== undefined && { endedAt: endedWallMs }),
    pinned,
    summary: {
      ...(outcome !== undefined && { outcome }),
      ...(interrupted === true && { interrupted }),
      ...(source !== 'recorded' && { source }),
      ...(roomHash !== undefined && { roomHash }),
      ...(identityHash !== undefined && { identityHash }),
    },
  };
}

/** What is exported and reviewed of a session's row: all but what can be worked out again. */
export function sessionOfRow({ id, startedAt, endedAt, pinned, summary }: SessionRow): RecordingSession {
  const { outcome, interrupted, source, roomHash, identityHash } = summary;
  return {
    id,
    startedWallMs: startedAt,
    ...(endedAt !== undefined && { endedWallMs: endedAt }),
    ...(outcome !== undefined && { outcome }),
    pinned,
    source: source ?? 'recorded',
    ...(interrupted === true && { interrupted }),
    ...(roomHash !== undefined && { roomHash }),
    ...(identityHash !== undefined && { identityHash }),
  };
}

/** A session's row as lists show it. */
export function listedOfRow(row: SessionRow): ListedRecording {
  const { digest, bytes, keptBytes } = row.summary;
  return {
    ...sessionOfRow(row),
    ...(digest !== undefined && { digest }),
    ...(bytes !== undefined && { bytes }),
    ...(keptBytes && { keptBytes, bytes: (bytes ?? 0) + keptBytes.text + keptBytes.sound }),
  };
}

/** `before` without a kind; undefined when nothing is left. */
export function withoutKept(before: KeptBytes | undefined, kind: KeptKind): KeptBytes | undefined {
  const left = before && { ...before, [kind]: 0 };
  return left && left.text + left.sound > 0 ? left : undefined;
}

/** The pieces among rows; others are left out. */
export function keptOfRows(rows: readonly unknown[]): KeptPiece[] {
  return rows.filter(isKeptRow).map(({ sessionId: _sessionId, ...piece }) => piece);
}

function isKeptRow(row: unknown): row is KeptPiece & { sessionId: string } {
  const { kind, seq, atMs, ...rest } = (row ?? {}) as Partial<Record<string, unknown>>;
  if (typeof seq !== 'number' || typeof atMs !== 'number') return false;
  return kind === 'text'
    ? typeof rest['text'] === 'string' && typeof rest['id'] === 'string'
    : kind === 'sound' &&
        typeof rest['take'] === 'number' &&
        typeof rest['type'] === 'string' &&
        rest['data'] instanceof Uint8Array;
}

/** A chunk's row. */
export function chunkOfRow({ stream, seq, codec, data }: ChunkRow): SampleChunk {
  return { stream, seq, codec, data };
}

/** Whether a row is a session's. */
export function isSessionRow(row: unknown): row is SessionRow {
  const { id, startedAt, summary } = (row ?? {}) as Partial<SessionRow>;
  return (
    typeof id === 'string' && typeof startedAt === 'number' && typeof summary === 'object' && summary !== null
  );
}

/** Whether a row holds an event. */
export function isEventRow(row: unknown): row is EventRow {
  const { event } = (row ?? {}) as Partial<EventRow>;
  if (typeof event !== 'object' || event === null) return false;
  const { kind, atMs } = event as Partial<RecordingEvent>;
  return typeof kind === 'string' && typeof atMs === 'number';
}

/** Whether a row holds a chunk; whether its data can be unpacked is found when it is opened. */
export function isChunkRow(row: unknown): row is ChunkRow {
  const { stream, seq, codec, data } = (row ?? {}) as Partial<ChunkRow>;
  return (
    typeof stream === 'string' &&
    typeof seq === 'number' &&
    typeof codec === 'number' &&
    data instanceof Uint8Array
  );
}
