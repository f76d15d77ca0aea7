/** Gathers samples into live chunks, and live chunks into those of a session that is over. Owns chunk numbers. */
import type { SampleChunk } from '../../shared/recording.ts';
import { CHUNK_SAMPLES, CODEC, LIVE_SAMPLES, packTable, unpackTable } from './chunk-codec.ts';
import type { MetricsSample } from './columns.ts';
import { joinTables, sliceTable, tableOf } from './sample-table.ts';
import type { SampleTable } from './sample-table.ts';

/** The samples of one stream that are not yet in a chunk. */
export class SampleBuffer {
  readonly #stream: string;
  #samples: MetricsSample[] = [];
  #seq: number;

  /** @param firstSeq number of the first chunk */
  constructor(stream: string, firstSeq = 0) {
    this.#stream = stream;
    this.#seq = firstSeq;
  }

  /** Takes a sample; gives a chunk when {@link LIVE_SAMPLES} are together. */
  add(sample: MetricsSample): SampleChunk | undefined {
    this.#samples.push(sample);
    return this.#samples.length >= LIVE_SAMPLES ? this.take() : undefined;
  }

  /** What is waiting, as a chunk of its own; undefined when nothing waits. For the page's going. */
  take(): SampleChunk | undefined {
    if (this.#samples.length === 0) return undefined;
    const chunk = chunkOf(this.#stream, this.#seq++, tableOf(this.#samples));
    this.#samples = [];
    return chunk;
  }
}

/** A chunk out of a table. */
export function chunkOf(stream: string, seq: number, table: SampleTable): SampleChunk {
  return { stream, seq, codec: CODEC, data: packTable(table) };
}

/** The table of one stream's chunks, in their order. Throws ChunkError for a chunk that is broken. */
export function tableOfChunks(chunks: Iterable<SampleChunk>): SampleTable {
  return joinTables(
    [...chunks].sort((a, b) => a.seq - b.seq).map((chunk) => unpackTable(chunk.codec, chunk.data)),
  );
}

/**
 * Chunks of {@link CHUNK_SAMPLES} out of those of one stream, numbered from 0; no value changes. Columns of a later
 * version are kept. Throws ChunkError for a chunk that is broken: leave those out before.
 */
export function compactChunks(stream: string, chunks: Iterable<SampleChunk>): SampleChunk[] {
  const whole = tableOfChunks(chunks);
  const compact: SampleChunk[] = [];
  for (let from = 0; from < whole.rows; from += CHUNK_SAMPLES)
    compact.push(chunkOf(stream, compact.length, sliceTable(whole, from, from + CHUNK_SAMPLES)));
  return compact;
}

/** Chunks by stream, each stream's in order; `main` first. */
export function chunksByStream(chunks: Iterable<SampleChunk>): Map<string, SampleChunk[]> {
  const streams = new Map<string, SampleChunk[]>();
  for (const chunk of chunks) {
    const of = streams.get(chunk.stream);
    if (of === undefined) streams.set(chunk.stream, [chunk]);
    else of.push(chunk);
  }
  for (const of of streams.values()) of.sort((a, b) => a.seq - b.seq);
  return new Map(
    [...streams].sort(([a], [b]) => (a === b ? 0 : a === 'main' ? -1 : b === 'main' ? 1 : a < b ? -1 : 1)),
  );
}
