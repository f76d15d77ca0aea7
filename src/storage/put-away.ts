/**
 * Puts sessions away that are over: live chunks of nine samples become chunks of 300, and the list gets its digest.
 * Loaded with the review and never with a call. A chunk that cannot be read stays as it is: what is broken is shown,
 * not thrown away.
 */
import { ChunkError, unpackTable } from '../core/metrics/chunk-codec.ts';
import { chunksByStream, compactChunks } from '../core/metrics/sample-buffer.ts';
import { digestOf } from '../core/review/digest.ts';
import { openRecording } from '../core/review/open-recording.ts';
import type { SampleChunk } from '../shared/recording.ts';
import type { RecordStore, StoredRecording } from './record-store.ts';

/** Puts every session away that has ended and has no digest yet. Rejects when the store does. */
export async function putAwayAll(store: RecordStore, signal: AbortSignal): Promise<void> {
  for (const { id, endedWallMs, digest } of await store.list()) {
    if (signal.aborted) return;
    if (endedWallMs === undefined || digest !== undefined) continue;
    await putAway(store, id);
  }
}

/** Puts one session away. An unknown id is ignored. */
export async function putAway(store: RecordStore, id: string): Promise<void> {
  const stored = await store.read(id);
  if (stored === undefined) return;
  const chunks = compacted(stored);
  const { recording, leftOut } = stored;
  await store.putAway(id, {
    chunks,
    digest: digestOf(openRecording({ ...recording, chunks }, leftOut)),
    bytes: bytesOf(recording.events, chunks),
  });
}

function compacted({ recording }: StoredRecording): SampleChunk[] {
  return [...chunksByStream(recording.chunks)].flatMap(([stream, chunks]) => {
    const whole = chunks.filter(isReadable);
    const broken = chunks.filter((chunk) => !whole.includes(chunk));
    const compact = compactChunks(stream, whole);
    // Behind the others, with numbers that none of them has.
    return [...compact, ...broken.map((chunk, at) => ({ ...chunk, seq: compact.length + at }))];
  });
}

function isReadable(chunk: SampleChunk): boolean {
  try {
    unpackTable(chunk.codec, chunk.data);
    return true;
  } catch (error) {
    if (error instanceof ChunkError) return false;
    throw error;
  }
}

/** About what it takes on disk: data as it is, events as JSON. */
export function bytesOf(events: readonly object[], chunks: readonly SampleChunk[]): number {
  const eventBytes = events.length === 0 ? 0 : JSON.stringify(events).length;
  return chunks.reduce((sum, { data }) => sum + data.length, eventBytes);
}
