/**
 * Samples as the stats objects that getStats would have given (https://www.w3.org/TR/webrtc-stats/), for tools that
 * read dumps. Owns the made-up ids: one object a kind, another id after the counters began anew. Columns that are
 * not of webrtc-stats (signal, agent) have no place in a dump.
 */
import { wordOf } from '../../metrics/codes.ts';
import { COLUMN_NAMES, columnFacts } from '../../metrics/columns.ts';
import type { ColumnName, MetricsSample, StatsSource } from '../../metrics/columns.ts';

/** A stats object; times are added by who writes it. */
export interface StatsObject {
  readonly id: string;
  readonly type: string;
  readonly fields: Readonly<Record<string, string | number>>;
}

interface Shape {
  readonly type: string;
  readonly id: string;
  readonly epoch: 'downEpoch' | 'upEpoch' | 'pathEpoch';
  readonly isAudio: boolean;
}

const SHAPES: Readonly<Record<StatsSource, Shape>> = {
  inbound: { type: 'inbound-rtp', id: 'IA', epoch: 'downEpoch', isAudio: true },
  playout: { type: 'media-playout', id: 'AP', epoch: 'downEpoch', isAudio: true },
  outbound: { type: 'outbound-rtp', id: 'OA', epoch: 'upEpoch', isAudio: true },
  remoteInbound: { type: 'remote-inbound-rtp', id: 'RA', epoch: 'upEpoch', isAudio: true },
  source: { type: 'media-source', id: 'SA', epoch: 'upEpoch', isAudio: true },
  pair: { type: 'candidate-pair', id: 'CP', epoch: 'pathEpoch', isAudio: false },
  transport: { type: 'transport', id: 'T', epoch: 'pathEpoch', isAudio: false },
};
const SOURCES = Object.keys(SHAPES) as StatsSource[];

const COLUMNS_OF = new Map<StatsSource, (readonly [ColumnName, string])[]>(
  SOURCES.map((source) => [
    source,
    COLUMN_NAMES.flatMap((name) => {
      const stats = columnFacts(name).stats;
      return stats?.[0] === source ? [[name, stats[1]] as const] : [];
    }),
  ]),
);

/** The stats objects of one sample; those of which nothing is known are left out. */
export function statsObjects(sample: MetricsSample): StatsObject[] {
  const objects = SOURCES.map((source) => objectOf(source, sample)).filter((object) => object !== undefined);
  const pair = objects.find(({ type }) => type === 'candidate-pair');
  if (pair === undefined) return objects;
  const epoch = (sample.pathEpoch ?? 0) + 1;
  const protocol = wordOf('pathProtocolCode', sample.pathProtocolCode);
  const candidate = (
    id: string,
    type: string,
    code: number | undefined,
    column: 'Local' | 'Remote',
  ): StatsObject => {
    const candidateType = wordOf(`path${column}CandidateCode`, code);
    return {
      id,
      type,
      fields: {
        ...(candidateType !== undefined && { candidateType }),
        ...(protocol !== undefined && { protocol }),
      },
    };
  };
  return [
    ...objects,
    candidate(`L${epoch}`, 'local-candidate', sample.pathLocalCandidateCode, 'Local'),
    candidate(`R${epoch}`, 'remote-candidate', sample.pathRemoteCandidateCode, 'Remote'),
  ];
}

function objectOf(source: StatsSource, sample: MetricsSample): StatsObject | undefined {
  const shape = SHAPES[source];
  const epoch = (sample[shape.epoch] ?? 0) + 1;
  const fields: Record<string, string | number> = {};
  for (const [column, name] of COLUMNS_OF.get(source) ?? []) {
    const value = sample[column];
    if (value !== undefined && !Number.isNaN(value)) fields[name] = value;
  }
  Object.assign(fields, links(source, sample, epoch));
  if (Object.keys(fields).length === 0) return undefined;
  return {
    id: `${shape.id}${epoch}`,
    type: shape.type,
    fields: { ...(shape.isAudio && { kind: 'audio' }), ...fields },
  };
}

function links(source: StatsSource, sample: MetricsSample, epoch: number): Record<string, string> {
  if (source === 'pair')
    return sample.pathBytesSent === undefined && sample.pathRttS === undefined
      ? {}
      : { localCandidateId: `L${epoch}`, remoteCandidateId: `R${epoch}`, state: 'succeeded' };
  if (source !== 'transport') return {};
  const iceState = wordOf('pathIceStateCode', sample.pathIceStateCode);
  const dtlsState = wordOf('pathDtlsStateCode', sample.pathDtlsStateCode);
  return {
    ...(iceState !== undefined && { iceState }),
    ...(dtlsState !== undefined && { dtlsState }),
    ...(sample.pathBytesSent !== undefined && { selectedCandidatePairId: `CP${epoch}` }),
  };
}
