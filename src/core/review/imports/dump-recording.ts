/** A recording out of what a foreign dump told: samples, states of connections, and our own events where it was ours. */
import type { Recording, RecordingEvent, RecordingSource } from '../../../shared/recording.ts';
import { CHUNK_SAMPLES } from '../../metrics/chunk-codec.ts';
import type { MetricsSample } from '../../metrics/columns.ts';
import { chunkOf } from '../../metrics/sample-buffer.ts';
import { tableOf } from '../../metrics/sample-table.ts';

/** A connection's state changed. */
export interface DumpState {
  readonly connection: string;
  readonly wallMs: number;
  /** RTCPeerConnectionState, or what the dump has instead. */
  readonly state: string;
}

/** What a dump told. */
export interface Dump {
  readonly source: Exclude<RecordingSource, 'recorded'>;
  /** Chosen by who imports: a dump has no id of its own. */
  readonly id: string;
  readonly startedWallMs: number;
  /** By stream, in the order of time. */
  readonly streams: ReadonlyMap<string, readonly MetricsSample[]>;
  readonly states: readonly DumpState[];
  /** Our own events, where the dump was written by us; they count before the states. */
  readonly events: readonly RecordingEvent[];
}

/** The recording of a dump. */
export function recordingOfDump(dump: Dump): Recording {
  const { source, id, startedWallMs, streams } = dump;
  const chunks = [...streams].flatMap(([stream, samples]) => {
    const pieces = [];
    for (let from = 0; from < samples.length; from += CHUNK_SAMPLES)
      pieces.push(chunkOf(stream, pieces.length, tableOf(samples.slice(from, from + CHUNK_SAMPLES))));
    return pieces;
  });
  const events = dump.events.length > 0 ? dump.events : phasesOf(dump);
  const lastMs = [...streams.values(), events].reduce((last, of) => Math.max(last, of.at(-1)?.atMs ?? 0), 0);
  return {
    session: { id, startedWallMs, endedWallMs: startedWallMs + lastMs, pinned: false, source },
    events,
    chunks,
  };
}

/** Worst state of all open connections as a phase of ours. */
function phasesOf({ states, startedWallMs }: Dump): RecordingEvent[] {
  const open = new Map<string, string>();
  const events: RecordingEvent[] = [];
  let phase = '';
  const tell = (next: string, wallMs: number): void => {
    if (next === phase) return;
    phase = next;
    events.push({ kind: 'phase', atMs: Math.max(0, wallMs - startedWallMs), phase });
  };
  let last: DumpState | undefined;
  for (const change of [...states].sort((a, b) => a.wallMs - b.wallMs)) {
    last = change;
    if (change.state === 'closed') open.delete(change.connection);
    else open.set(change.connection, change.state);
    const all = [...open.values()];
    if (all.includes('failed')) tell('reconnecting', change.wallMs);
    else if (all.includes('disconnected')) tell('unstable', change.wallMs);
    else if (all.includes('connected') || all.includes('completed')) tell('connected', change.wallMs);
    else if (phase === '' && all.length > 0) tell('connecting', change.wallMs);
  }
  if (last !== undefined && open.size === 0) tell('ended', last.wallMs);
  return events;
}
