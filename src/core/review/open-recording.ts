/**
 * A recording made ready for review: samples in columns, outages with their causes and what they did to sound, and
 * the summary. Owns when a recording ends. A chunk that is broken is left out and counted, never an error:
 * what remains is shown.
 */
import { MAIN_STREAM } from '../../shared/recording.ts';
import type { Recording, RecordingEvent, RecordingSession, SampleChunk } from '../../shared/recording.ts';
import { audioOut } from '../metrics/audio-out.ts';
import type { AudioOut } from '../metrics/audio-out.ts';
import { ChunkError, unpackTable } from '../metrics/chunk-codec.ts';
import { chunksByStream } from '../metrics/sample-buffer.ts';
import { growthOf } from '../metrics/growth-table.ts';
import type { GrowthTable } from '../metrics/growth-table.ts';
import { cellOf, columnOf, joinTables } from '../metrics/sample-table.ts';
import type { SampleTable } from '../metrics/sample-table.ts';
import { summaryOf } from '../metrics/summary.ts';
import type { MetricsSummary } from '../metrics/summary.ts';
import { windowsOfTable } from '../metrics/windows.ts';
import { causeOf } from './causes.ts';
import type { LikelyCause } from './causes.ts';
import { outagesOf } from './outages.ts';
import type { Outage } from './outages.ts';

/** An outage with all that is known of it. */
export interface ReviewedOutage extends Outage {
  readonly cause: LikelyCause;
  /** Absent where no samples were taken. */
  readonly audio?: AudioOut;
}

/** A recording, ready to be shown. */
export interface OpenRecording {
  readonly session: RecordingSession;
  readonly events: readonly RecordingEvent[];
  /** From start to end; to the last thing recorded where there is no end. */
  readonly durationMs: number;
  /** Proven connected, ms. */
  readonly connectedMs: number;
  /** The call. No rows where no samples were taken. */
  readonly main: SampleTable;
  /** What its counters grew by. */
  readonly growth: GrowthTable;
  /** Further remote tracks by stream. */
  readonly tracks: ReadonlyMap<string, SampleTable>;
  /** Records that could not be read: chunks, and rows that the store has left out. */
  readonly brokenRecords: number;
  readonly outages: readonly ReviewedOutage[];
  readonly summary?: MetricsSummary;
  /** Every answer that was timed, ms, in order. */
  readonly heardLatenciesMs: readonly number[];
}

/** Windows of the summary, ms. */
const SUMMARY_WINDOW_MS = 10_000;

/** Makes a recording ready. Never throws for what is in it. @param leftOut records that the store could not read */
export function openRecording(recording: Recording, leftOut = 0): OpenRecording {
  const events = [...recording.events].sort((a, b) => a.atMs - b.atMs);
  let brokenRecords = leftOut;
  const tables = new Map<string, SampleTable>();
  for (const [stream, chunks] of chunksByStream(recording.chunks)) {
    const whole = chunks.map(readable).filter((table) => table !== undefined);
    brokenRecords += chunks.length - whole.length;
    tables.set(stream, joinTables(whole));
  }
  const main = tables.get(MAIN_STREAM) ?? { rows: 0, columns: new Map<number, Float64Array<ArrayBuffer>>() };
  tables.delete(MAIN_STREAM);
  const durationMs = durationOf(recording.session, events, main);
  const found = outagesOf(events, durationMs);
  const growth = growthOf(main);
  const audio = audioOut(growth, found);
  const summary = summaryOf(windowsOfTable(main, growth, SUMMARY_WINDOW_MS));
  return {
    session: recording.session,
    events,
    durationMs,
    connectedMs: connectedMs(events, durationMs),
    main,
    growth,
    tracks: tables,
    brokenRecords,
    outages: found.map((outage, index) => {
      const out = audio[index];
      return { ...outage, cause: causeOf(outage, events), ...(out !== undefined && { audio: out }) };
    }),
    ...(summary !== undefined && { summary }),
    heardLatenciesMs: [...(columnOf(main, 'agentHeardLatencyMs') ?? [])].filter(
      (value) => !Number.isNaN(value),
    ),
  };
}

function readable(chunk: SampleChunk): SampleTable | undefined {
  try {
    return unpackTable(chunk.codec, chunk.data);
  } catch (error) {
    if (error instanceof ChunkError) return undefined; // counted by the caller
    throw error;
  }
}

function durationOf(session: RecordingSession, events: readonly RecordingEvent[], main: SampleTable): number {
  const over = events.findLast(
    (event) => event.kind === 'phase' && (event.phase === 'ended' || event.phase === 'failed'),
  );
  if (over !== undefined) return over.atMs;
  const last = main.rows === 0 ? 0 : cellOf(main, 'atMs', main.rows - 1);
  const seen = Math.max(0, events.at(-1)?.atMs ?? 0, Number.isNaN(last) ? 0 : last);
  // The wall clock is of use only where nothing else tells: it may have been set meanwhile.
  if (seen > 0 || session.endedWallMs === undefined) return seen;
  return Math.max(0, session.endedWallMs - session.startedWallMs);
}

function connectedMs(events: readonly RecordingEvent[], endMs: number): number {
  let sum = 0;
  let sinceMs: number | undefined;
  for (const event of events) {
    if (event.kind !== 'phase') continue;
    if (sinceMs !== undefined) sum += event.atMs - sinceMs;
    sinceMs = event.phase === 'connected' ? event.atMs : undefined;
  }
  return sum + (sinceMs === undefined ? 0 : Math.max(0, endMs - sinceMs));
}
