/**
 * Reads a dump of chrome://webrtc-internals (../exports/webrtc-internals.ts says how it looks). Only dumps with a
 * `timestamp` series for each object are read: Chrome has written them since version 117, 2023.
 */
import type { Recording, RecordingEvent } from '../../../shared/recording.ts';
import { CLARA_METHOD } from '../exports/rtcstats.ts';
import { recordingOfDump } from './dump-recording.ts';
import type { DumpState } from './dump-recording.ts';
import { DumpSampler, isKept } from './dump-samples.ts';
import type { DumpReport } from './dump-samples.ts';
import { readEvent } from './events.ts';
import { listOf, numberOf, objectOf, parseGuarded, textOf } from './guarded-json.ts';
import type { JsonObject } from './guarded-json.ts';
import { ImportError } from './import-error.ts';
import { MAX_CONNECTIONS, MAX_EVENTS, MAX_REPORTS } from './limits.ts';

const MAX_WALL_MS = 253_402_300_799_000;
/** Series of one connection; Chrome keeps every candidate pair there ever was. */
const MAX_SERIES = 200_000;

type Report = Map<string, Map<string, string | number>>;

/** The recording in a dump. `id` is given to it. Throws ImportError that names the field. */
export function readWebrtcInternals(text: string, id: string): Recording {
  const dump = objectOf(parseGuarded(text), {});
  const connections = Object.entries(objectOf(dump['PeerConnections'], { field: 'PeerConnections' }));
  if (connections.length > MAX_CONNECTIONS)
    throw new ImportError('tooLarge', `more than ${MAX_CONNECTIONS} connections`, {
      field: 'PeerConnections',
    });
  const reports: DumpReport[] = [];
  const states: DumpState[] = [];
  const events: RecordingEvent[] = [];
  connections.forEach(([connection, value], index) => {
    const field = `PeerConnections[${index}]`;
    const of = objectOf(value, { field });
    readLog(of, connection, field, states, events);
    reports.push(
      ...readStats(objectOf(of['stats'], { field: `${field}.stats` }), connection, `${field}.stats`),
    );
  });
  let startedWallMs = Infinity;
  for (const { wallMs } of [...reports, ...states]) startedWallMs = Math.min(startedWallMs, wallMs);
  // A dump of ours tells the session's start; one of Chrome the time when it was taken.
  if (dump['claraSession'] !== undefined)
    startedWallMs = numberOf(dump['timestamp'], 0, MAX_WALL_MS, { field: 'timestamp' });
  if (!Number.isFinite(startedWallMs))
    throw new ImportError('empty', 'nothing was recorded in it', { field: 'PeerConnections' });
  const sampler = new DumpSampler(startedWallMs);
  for (const report of reports.sort((a, b) => a.wallMs - b.wallMs))
    sampler.add(report, { field: 'PeerConnections' });
  return recordingOfDump({
    source: 'webrtcInternals',
    id,
    startedWallMs,
    streams: sampler.end(),
    states,
    events,
  });
}

function readLog(
  of: JsonObject,
  connection: string,
  field: string,
  states: DumpState[],
  events: RecordingEvent[],
): void {
  if (of['updateLog'] === undefined) return;
  listOf(of['updateLog'], MAX_EVENTS, { field: `${field}.updateLog` }).forEach((entry, index) => {
    const place = { field: `${field}.updateLog[${index}]` };
    const log = objectOf(entry, place);
    const type = textOf(log['type'], 128, { field: `${place.field}.type` });
    if (type.startsWith(CLARA_METHOD)) {
      const text = log['value'];
      if (typeof text !== 'string')
        throw new ImportError('wrongType', 'is not a text', { field: `${place.field}.value` });
      events.push(readEvent(parseGuarded(text, place), place));
      return;
    }
    // Older Chrome tells times only as local text, from which no moment can be told.
    if (type !== 'connectionstatechange' || log['timestamp'] === undefined) return;
    const wallMs = numberOf(log['timestamp'], 0, MAX_WALL_MS, { field: `${place.field}.timestamp` });
    const state = textOf(log['value'], 64, { field: `${place.field}.value` }).replaceAll('"', '');
    states.push({ connection, wallMs, state });
  });
}

function readStats(stats: JsonObject, connection: string, field: string): DumpReport[] {
  const names = Object.keys(stats);
  if (names.length > MAX_SERIES)
    throw new ImportError('tooLarge', `more than ${MAX_SERIES} series`, { field });
  const times = new Map<string, readonly number[]>();
  const byTime = new Map<number, Report>();
  const late: (() => void)[] = [];
  let ticks: readonly number[] = [];
  names.forEach((name, index) => {
    // Chrome's own calculations stand in brackets, and have dashes in them.
    if (name.includes('[')) return;
    const dash = name.lastIndexOf('-');
    const id = name.slice(0, dash);
    const property = name.slice(dash + 1);
    const place = { field: `${field}[${index}]` };
    const series = objectOf(stats[name], place);
    const type = series['statsType'];
    if (
      dash < 0 ||
      !isKept(property) ||
      property === 'type' ||
      typeof type !== 'string' ||
      !CALL_TYPES.has(type)
    )
      return;
    const values = valuesOf(series, place.field);
    const at = times.get(id) ?? timesOf(stats, id, place.field);
    times.set(id, at);
    // Values are laid against the end: a property may come late.
    const offset = at.length - values.length;
    const read = (): void =>
      values.forEach((value, row) => {
        const toldMs = at[row + offset];
        if (toldMs === undefined || (typeof value !== 'number' && typeof value !== 'string')) return;
        const wallMs = type === REMOTE_TYPE ? tickAfter(ticks, toldMs) : toldMs;
        let report = byTime.get(wallMs);
        if (report === undefined)
          byTime.set(wallMs, (report = new Map<string, Map<string, string | number>>()));
        let object = report.get(id);
        if (object === undefined)
          report.set(id, (object = new Map<string, string | number>([['type', type]])));
        object.set(property, typeof value === 'string' ? value.slice(0, 256) : value);
      });
    if (type === REMOTE_TYPE) late.push(read);
    else read();
  });
  ticks = [...byTime.keys()].sort((a, b) => a - b);
  for (const read of late) read();
  return [...byTime].map(([wallMs, report]) => ({ connection, wallMs, stats: report }));
}

/** Has the times of RTCP reports, which lie before the report of getStats that they stand in. */
const REMOTE_TYPE = 'remote-inbound-rtp';

/** The first tick that is not before `wallMs`; `wallMs` itself after the last. */
function tickAfter(ticks: readonly number[], wallMs: number): number {
  let low = 0;
  let high = ticks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ticks[middle] ?? 0) < wallMs) low = middle + 1;
    else high = middle;
  }
  return ticks[low] ?? wallMs;
}

function timesOf(stats: JsonObject, id: string, field: string): readonly number[] {
  const series = stats[`${id}-timestamp`];
  if (series === undefined)
    throw new ImportError('missing', 'its object has no timestamp series (written before Chrome 117)', {
      field,
    });
  return valuesOf(objectOf(series, { field }), field).map((value) =>
    numberOf(value, 0, MAX_WALL_MS, { field: `${field} (timestamp)` }),
  );
}

function valuesOf(series: JsonObject, field: string): readonly unknown[] {
  const place = { field: `${field}.values` };
  const { values } = series;
  if (typeof values !== 'string') throw new ImportError('wrongType', 'is not a text', place);
  return listOf(parseGuarded(values, place), MAX_REPORTS, place);
}

const CALL_TYPES: ReadonlySet<string> = new Set([
  'inbound-rtp',
  'outbound-rtp',
  'remote-inbound-rtp',
  'transport',
  'candidate-pair',
  'local-candidate',
  'remote-candidate',
  'media-source',
  'media-playout',
]);
