/**
 * A dump as rtcstats writes it, format 3 (https://github.com/rtcstats/rtcstats, packages/rtcstats-shared/dump.js): a magic
 * line, a line of metadata, then `[method, connection, value, ms since the line before]`. Stats are told as what
 * changed; a value that vanishes for a moment stays as it was, because the format cannot take a single one back.
 * Our own events stand among them as `clara.<kind>`, which readers show and otherwise leave alone.
 */
import type { RecordingEvent } from '../../../shared/recording.ts';
import { samplesOf } from '../../metrics/sample-table.ts';
import type { MetricsSample } from '../../metrics/columns.ts';
import type { OpenRecording } from '../open-recording.ts';
import { statsObjects } from './stats-objects.ts';

/** First line of a dump. */
export const RTCSTATS_MAGIC = 'RTCStatsDump\n';
/** Prefix of our own events. */
export const CLARA_METHOD = 'clara.';
const CONNECTION = 'PC_0';

/** A recording as a dump, line by line. */
export function* rtcstatsOf(recording: OpenRecording): Generator<string> {
  const { session, durationMs } = recording;
  yield RTCSTATS_MAGIC;
  yield `${JSON.stringify({ fileFormat: 3, origin: 'clara-voice', claraSession: session.id })}\n`;
  let lastMs = 0;
  const line = (method: string, connection: string | null, value: unknown, atMs: number): string => {
    const wallMs = Math.max(lastMs, Math.round(session.startedWallMs + atMs));
    const sinceMs = wallMs - lastMs;
    lastMs = wallMs;
    return `${JSON.stringify([method, connection, value, sinceMs])}\n`;
  };
  yield line('create', CONNECTION, {}, 0);
  let state = 'new';
  const told = new Told();
  for (const [atMs, what] of inOrder(recording)) {
    if ('kind' in what) {
      const now = connectionState(what) ?? state;
      if (now !== state) yield line('onconnectionstatechange', CONNECTION, (state = now), atMs);
      yield line(`${CLARA_METHOD}${what.kind}`, null, what, atMs);
    } else yield line('getStats', CONNECTION, told.delta(what, session.startedWallMs), atMs);
  }
  yield line('close', CONNECTION, null, durationMs);
}

/** Events and samples by their time; an event comes before a sample of the same time. */
function* inOrder({ events, main }: OpenRecording): Generator<[number, RecordingEvent | MetricsSample]> {
  let next = 0;
  for (const sample of samplesOf(main)) {
    for (; next < events.length; next++) {
      const event = events[next];
      if (event === undefined || event.atMs > sample.atMs) break;
      yield [event.atMs, event];
    }
    yield [sample.atMs, sample];
  }
  for (const event of events.slice(next)) yield [event.atMs, event];
}

/** Our phase as the state of a peer connection. */
export function connectionState(event: RecordingEvent): string | undefined {
  if (event.kind !== 'phase') return undefined;
  switch (event.phase) {
    case 'connecting':
      return 'connecting';
    case 'connected':
      return 'connected';
    case 'unstable':
      return 'disconnected';
    case 'reconnecting':
      return 'failed';
    case 'ended':
    case 'failed':
      return 'closed';
    default:
      return undefined;
  }
}

/** What a reader knows already. */
class Told {
  readonly #objects = new Map<string, Record<string, string | number>>();

  delta(sample: MetricsSample, startedWallMs: number): Record<string, unknown> {
    const delta: Record<string, unknown> = {};
    const present = new Set<string>();
    for (const { id, type, fields } of statsObjects(sample)) {
      present.add(id);
      const known = this.#objects.get(id);
      const all = { type, ...fields };
      const changed = Object.entries(all).filter(([name, value]) => known?.[name] !== value);
      if (changed.length > 0) delta[id] = Object.fromEntries(changed);
      this.#objects.set(id, { ...known, ...all });
    }
    for (const id of this.#objects.keys())
      if (!present.has(id)) {
        delta[id] = null;
        this.#objects.delete(id);
      }
    // The key of the time that all objects share.
    delta['t'] = startedWallMs + sample.atMs;
    return delta;
  }
}
