/**
 * Samples out of the getStats reports of a foreign dump. Owns which objects are the call: the first audio that comes in
 * is `main`, further ones are streams of their own; one that comes after it has gone takes its place with
 * a new epoch, as after a rejoin. Reports of several connections taken at about the same time make one sample.
 * Keeps only what columns know: no address, no label, no SDP.
 */
import { MAIN_STREAM } from '../../../shared/recording.ts';
import { codeOf } from '../../metrics/codes.ts';
import { COLUMN_NAMES, columnFacts } from '../../metrics/columns.ts';
import type { ColumnName, MetricsSample, StatsSource } from '../../metrics/columns.ts';
import { ImportError } from './import-error.ts';
import type { ImportPlace } from './import-error.ts';
import { MAX_REPORTED_OBJECTS, MAX_REPORTS } from './limits.ts';

/** A stats object of a dump: only properties that are {@link isKept}, only texts and numbers. */
export type DumpStats = ReadonlyMap<string, string | number>;

/** One report of one connection. */
export interface DumpReport {
  readonly connection: string;
  readonly wallMs: number;
  /** By stats id. */
  readonly stats: ReadonlyMap<string, DumpStats>;
}

/** Links and states that say which objects belong to the call. */
const LINK_PROPERTIES = [
  'type',
  'kind',
  'state',
  'nominated',
  'selectedCandidatePairId',
  'localCandidateId',
  'remoteCandidateId',
  'candidateType',
  'protocol',
  'relayProtocol',
  'iceState',
  'dtlsState',
] as const;

const KEPT_PROPERTIES: ReadonlySet<string> = new Set([
  ...LINK_PROPERTIES,
  ...COLUMN_NAMES.flatMap((name) => columnFacts(name).stats?.[1] ?? []),
]);

/** Reports so close to each other, ms, are of the same second. */
const SAME_SECOND_MS = 600;
const MAX_TRACKS = 8;

const COLUMNS_OF = new Map<StatsSource, [ColumnName, string][]>();
for (const name of COLUMN_NAMES) {
  const stats = columnFacts(name).stats;
  if (stats === undefined) continue;
  const of = COLUMNS_OF.get(stats[0]);
  if (of === undefined) COLUMNS_OF.set(stats[0], [[name, stats[1]]]);
  else of.push([name, stats[1]]);
}

/** Makes samples out of reports, which come in the order of time. Holds no more than a second of them. */
export class DumpSampler {
  readonly #startedWallMs: number;
  readonly #streams = new Map<string, MetricsSample[]>();
  readonly #inbound = Array.from({ length: MAX_TRACKS }, () => new Slot());
  readonly #outbound = new Slot();
  readonly #path = new Slot();
  #second: DumpReport[] = [];
  #reports = 0;
  #objects = 0;

  /** @param startedWallMs is taken off the reports' times; reports before it are left out */
  constructor(startedWallMs: number) {
    this.#startedWallMs = startedWallMs;
  }

  /** Takes a report, whose maps must not change afterwards. Throws ImportError `tooLarge` for what no call reaches. */
  add(report: DumpReport, place: ImportPlace): void {
    this.#objects += report.stats.size;
    if (++this.#reports > MAX_REPORTS)
      throw new ImportError('tooLarge', `more than ${MAX_REPORTS} reports`, place);
    if (this.#objects > MAX_REPORTED_OBJECTS)
      throw new ImportError('tooLarge', `more than ${MAX_REPORTED_OBJECTS} stats objects`, place);
    const isNew =
      report.wallMs - (this.#second[0]?.wallMs ?? report.wallMs) > SAME_SECOND_MS ||
      this.#second.some(({ connection }) => connection === report.connection);
    if (isNew) this.#sample();
    this.#second.push(report);
  }

  /** Samples by stream, of all reports; to be called once. */
  end(): ReadonlyMap<string, readonly MetricsSample[]> {
    this.#sample();
    return this.#streams;
  }

  #sample(): void {
    const second = this.#second;
    this.#second = [];
    const atMs = (second[0]?.wallMs ?? -Infinity) - this.#startedWallMs;
    if (atMs < 0) return;
    const all = second.flatMap(({ connection, stats }) =>
      [...stats].map(([id, object]) => ({ id: `${connection}/${id}`, connection, object })),
    );
    const ofType = (type: string): Found[] => all.filter(({ object }) => object.get('type') === type);
    const audio = (type: string): Found[] =>
      ofType(type).filter(({ object }) => object.get('kind') === 'audio');
    const main: Writable = { atMs };
    this.#sampleInbound(audio('inbound-rtp'), main);
    const sent = this.#outbound.stay(audio('outbound-rtp'));
    if (sent !== undefined) {
      copy('outbound', sent.object, main);
      main.upEpoch = this.#outbound.epoch;
    }
    copy('remoteInbound', audio('remote-inbound-rtp')[0]?.object, main);
    copy('source', audio('media-source')[0]?.object, main);
    copy('playout', ofType('media-playout')[0]?.object, main);
    readPath(all, ofType, this.#inbound[0]?.id, this.#path, main);
    this.#keep(MAIN_STREAM, main);
  }

  #sampleInbound(incoming: readonly Found[], main: Writable): void {
    for (const slot of this.#inbound) slot.leave(incoming);
    this.#inbound.forEach((slot, index) => {
      const others = this.#inbound.filter((other) => other !== slot);
      const found = slot.take(incoming.filter(({ id }) => !others.some((other) => other.id === id)));
      if (found === undefined) return;
      const sample: Writable = index === 0 ? main : { atMs: main.atMs };
      copy('inbound', found.object, sample);
      sample.downEpoch = slot.epoch;
      if (index > 0) this.#keep(`track${index + 1}`, sample);
    });
  }

  #keep(stream: string, sample: MetricsSample): void {
    // Nothing but a time is no sample.
    if (Object.keys(sample).length <= 1) return;
    const of = this.#streams.get(stream);
    if (of === undefined) this.#streams.set(stream, [sample]);
    else of.push(sample);
  }
}

type Writable = { atMs: number } & { -readonly [name in ColumnName]?: number };

interface Found {
  readonly id: string;
  readonly connection: string;
  readonly object: DumpStats;
}

/** A place that one object holds as long as it is there. */
class Slot {
  id: string | undefined;
  epoch = 0;
  #wasTaken = false;

  /** Gives the place up when its object is not among those found. */
  leave(found: readonly Found[]): void {
    if (!found.some(({ id }) => id === this.id)) this.id = undefined;
  }

  /** The object that holds the place, or the first found, which takes it. */
  take(found: readonly Found[]): Found | undefined {
    const kept = found.find(({ id }) => id === this.id);
    const holder = kept ?? found[0];
    if (holder === undefined || kept !== undefined) return holder;
    if (this.#wasTaken) this.epoch++;
    this.#wasTaken = true;
    this.id = holder.id;
    return holder;
  }

  stay(found: readonly Found[]): Found | undefined {
    this.leave(found);
    return this.take(found);
  }
}

function readPath(
  all: readonly Found[],
  ofType: (type: string) => Found[],
  inboundId: string | undefined,
  slot: Slot,
  sample: Writable,
): void {
  const pairs = ofType('candidate-pair');
  const transports = ofType('transport');
  // Of several connections the one that carries the agent's sound.
  const connection = all.find(({ id }) => id === inboundId)?.connection;
  const transport = transports.find((found) => found.connection === connection) ?? transports[0];
  const selectedId = transport?.object.get('selectedCandidatePairId');
  const selected =
    transport !== undefined && typeof selectedId === 'string'
      ? pairs.filter(({ id }) => id === `${transport.connection}/${selectedId}`)
      : pairs.filter(({ object }) => object.get('state') === 'succeeded');
  const pair = slot.stay(selected);
  copy('transport', transport?.object, sample);
  setCode(sample, 'pathIceStateCode', transport?.object.get('iceState'));
  setCode(sample, 'pathDtlsStateCode', transport?.object.get('dtlsState'));
  if (pair === undefined) return;
  copy('pair', pair.object, sample);
  sample.pathEpoch = slot.epoch;
  const candidate = (link: string): DumpStats | undefined =>
    all.find(({ id }) => id === `${pair.connection}/${String(pair.object.get(link))}`)?.object;
  const local = candidate('localCandidateId');
  setCode(sample, 'pathLocalCandidateCode', local?.get('candidateType'));
  setCode(sample, 'pathRemoteCandidateCode', candidate('remoteCandidateId')?.get('candidateType'));
  setCode(sample, 'pathProtocolCode', local?.get('relayProtocol') ?? local?.get('protocol'));
}

function copy(source: StatsSource, object: DumpStats | undefined, sample: Writable): void {
  if (object === undefined) return;
  for (const [column, name] of COLUMNS_OF.get(source) ?? []) {
    const value = object.get(name);
    if (typeof value === 'number' && Number.isFinite(value) && Math.abs(value) < 2 ** 53)
      sample[column] = value;
  }
}

function setCode(
  sample: Writable,
  column:
    | 'pathIceStateCode'
    | 'pathDtlsStateCode'
    | 'pathLocalCandidateCode'
    | 'pathRemoteCandidateCode'
    | 'pathProtocolCode',
  word: string | number | undefined,
): void {
  const code = codeOf(column, typeof word === 'string' ? word : undefined);
  if (!Number.isNaN(code)) sample[column] = code;
}

/** Whether a property is read at all. */
export function isKept(property: string): boolean {
  return KEPT_PROPERTIES.has(property);
}
