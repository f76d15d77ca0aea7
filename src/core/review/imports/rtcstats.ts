/**
 * Reads a dump of rtcstats, format 3 (../exports/rtcstats.ts says how it looks). Names may be numbers there; those of
 * what we read are listed (https://github.com/rtcstats/rtcstats, packages/rtcstats-shared/compression.js at 406aeae).
 */
import type { Recording, RecordingEvent } from '../../../shared/recording.ts';
import { CLARA_METHOD, RTCSTATS_MAGIC } from '../exports/rtcstats.ts';
import { recordingOfDump } from './dump-recording.ts';
import type { DumpState } from './dump-recording.ts';
import { DumpSampler, isKept } from './dump-samples.ts';
import type { DumpStats } from './dump-samples.ts';
import { readEvent } from './events.ts';
import { numberOf, objectOf, parseGuarded, textOf } from './guarded-json.ts';
import type { JsonObject } from './guarded-json.ts';
import { ImportError } from './import-error.ts';
import type { ImportPlace } from './import-error.ts';
import { MAX_CONNECTIONS, MAX_EVENTS, MAX_STATS_OBJECTS } from './limits.ts';
import { linesOf } from './text.ts';

const METHODS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    g: 'getStats',
    1: 'getStats',
    24: 'oniceconnectionstatechange',
    25: 'onconnectionstatechange',
    36: 'close',
    39: 'create',
  }),
);
const TYPES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    1: 'inbound-rtp',
    2: 'outbound-rtp',
    3: 'remote-inbound-rtp',
    5: 'transport',
    6: 'candidate-pair',
    7: 'local-candidate',
    8: 'remote-candidate',
    12: 'media-source',
    13: 'media-playout',
  }),
);
const PROPERTIES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    11: 'kind',
    14: 'packetsReceived',
    15: 'packetsLost',
    16: 'jitter',
    36: 'packetsDiscarded',
    41: 'bytesReceived',
    47: 'jitterBufferDelay',
    48: 'jitterBufferTargetDelay',
    49: 'jitterBufferEmittedCount',
    51: 'totalSamplesReceived',
    52: 'concealedSamples',
    53: 'silentConcealedSamples',
    54: 'concealmentEvents',
    55: 'insertedSamplesForDeceleration',
    56: 'removedSamplesForAcceleration',
    57: 'audioLevel',
    58: 'totalAudioEnergy',
    75: 'roundTripTime',
    77: 'fractionLost',
    79: 'packetsSent',
    80: 'bytesSent',
    85: 'retransmittedPacketsSent',
    87: 'targetBitrate',
    111: 'totalPlayoutDelay',
    112: 'totalSamplesCount',
    116: 'protocol',
    118: 'state',
    123: 'dtlsState',
    124: 'iceState',
    125: 'selectedCandidatePairId',
    132: 'selectedCandidatePairChanges',
    136: 'candidateType',
    139: 'relayProtocol',
    148: 'localCandidateId',
    149: 'remoteCandidateId',
    150: 'nominated',
    152: 'currentRoundTripTime',
    153: 'availableOutgoingBitrate',
  }),
);
const MAX_WALL_MS = 253_402_300_799_000;

type Report = ReadonlyMap<string, DumpStats>;

/** The recording in a dump. `id` is given to it. Throws ImportError that names the line. */
export function readRtcstats(text: string, id: string): Recording {
  if (!text.startsWith(RTCSTATS_MAGIC))
    throw new ImportError('notRecognized', 'is no rtcstats dump', { line: 1 });
  const states: DumpState[] = [];
  const events: RecordingEvent[] = [];
  const known = new Map<string, Report>();
  let wallMs = 0;
  let startedWallMs: number | undefined;
  let sampler: DumpSampler | undefined;
  for (const { line, text: json } of linesOf(text)) {
    const place = { line };
    if (line === 2) checkHead(json, place);
    if (line <= 2 || json === '') continue;
    const entry = parseGuarded(json, place);
    if (!Array.isArray(entry)) throw new ImportError('wrongType', 'is not a list', place);
    const list = entry as unknown[];
    if (list.length < 4) throw new ImportError('missing', `has ${list.length} entries, needs 4`, place);
    const [method, connection] = [methodOf(list[0], place), connectionOf(list[1], place)];
    const value = list[2];
    wallMs += numberOf(list.at(-1), -MAX_WALL_MS, MAX_WALL_MS, { line, field: 'time' });
    numberOf(wallMs, 0, MAX_WALL_MS, { line, field: 'time' });
    startedWallMs ??= wallMs;
    sampler ??= new DumpSampler(startedWallMs);
    if (method === 'getStats') {
      const delta = objectOf(value, { line, field: 'stats' });
      const stats = updated(reportOf(known, connection, place), delta, place);
      known.set(connection, stats);
      sampler.add({ connection, wallMs, stats }, place);
    } else if (method.startsWith(CLARA_METHOD)) {
      events.push(readEvent(value, { line, field: method }));
    } else if (method === 'onconnectionstatechange' || method === 'close') {
      // Chrome writes the state as JSON in the JSON.
      const state =
        method === 'close' ? 'closed' : textOf(value, 32, { line, field: 'state' }).replaceAll('"', '');
      states.push({ connection, wallMs, state });
    }
    if (events.length + states.length > MAX_EVENTS)
      throw new ImportError('tooLarge', `more than ${MAX_EVENTS} events`, place);
  }
  if (startedWallMs === undefined || sampler === undefined)
    throw new ImportError('empty', 'nothing was recorded in it', { line: 3 });
  return recordingOfDump({ source: 'rtcstats', id, startedWallMs, streams: sampler.end(), states, events });
}

function checkHead(json: string, place: ImportPlace): void {
  const head = objectOf(parseGuarded(json, place), place);
  const format = numberOf(head['fileFormat'], 0, 1000, { ...place, field: 'fileFormat' });
  if (format > 3)
    throw new ImportError('laterVersion', `format ${format}, only 3 is known`, {
      ...place,
      field: 'fileFormat',
    });
  if (format !== 3)
    throw new ImportError('badValue', `format ${format} is not read, only 3`, {
      ...place,
      field: 'fileFormat',
    });
}

function methodOf(value: unknown, place: ImportPlace): string {
  const at = { ...place, field: 'method' };
  if (typeof value === 'number') return METHODS.get(String(value)) ?? '';
  const name = textOf(value, 128, at);
  return METHODS.get(name) ?? name;
}

function connectionOf(value: unknown, place: ImportPlace): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'number' ? String(value) : textOf(value, 256, { ...place, field: 'connection' });
}

function reportOf(known: ReadonlyMap<string, Report>, connection: string, place: ImportPlace): Report {
  const report = known.get(connection);
  if (report !== undefined) return report;
  if (known.size >= MAX_CONNECTIONS)
    throw new ImportError('tooLarge', `more than ${MAX_CONNECTIONS} connections`, place);
  return new Map();
}

/** A report brought up to date; the one before stays as it was. */
function updated(before: Report, delta: JsonObject, place: ImportPlace): Report {
  const report = new Map(before);
  for (const [id, value] of Object.entries(delta)) {
    if (id === 't' || id === 'timestamp') continue;
    if (value === null) {
      report.delete(id);
      continue;
    }
    const object = new Map(report.get(id));
    for (const [code, of] of Object.entries(objectOf(value, { ...place, field: 'stats object' }))) {
      const property = PROPERTIES.get(code) ?? code;
      if (!isKept(property)) continue;
      if (property === 'type' && typeof of === 'number') object.set(property, TYPES.get(String(of)) ?? '');
      else if (typeof of === 'number') object.set(property, of);
      else if (typeof of === 'string') object.set(property, of.slice(0, 256));
    }
    if (CALL_TYPES.has(String(object.get('type')))) report.set(id, object);
  }
  if (report.size > MAX_STATS_OBJECTS)
    throw new ImportError('tooLarge', `more than ${MAX_STATS_OBJECTS} stats objects in a report`, place);
  return report;
}

/** Objects of other types (codecs, certificates, data channels) are not kept. */
const CALL_TYPES: ReadonlySet<string> = new Set(TYPES.values());
