/**
 * Reads {@link RoomMetrics} out of getStats reports and of what the SDK knows. Which identifier belongs to which column
 * stands in core/metrics/columns.ts; here is only where each stats object is found. Decides nothing.
 */
import type { Room } from 'livekit-client';
import { codeOf } from '../core/metrics/codes.ts';
import { COLUMN_NAMES, columnFacts } from '../core/metrics/columns.ts';
import type { ColumnName, StatsSource } from '../core/metrics/columns.ts';
import type { MetricValues, RoomMetrics } from '../core/metrics/room-metrics.ts';
import type { StatsReport } from './media-sample.ts';

interface StatsEntry {
  readonly id: string;
  readonly type: string;
  readonly [name: string]: unknown;
}

/** What the reports do not tell. */
export interface RoomMetricsFacts {
  /** When the reports were taken. */
  readonly monoMs: number;
  /** Ids of the agent's audio tracks, as inbound-rtp's `trackIdentifier` has them. */
  readonly agentTrackIds: ReadonlySet<string>;
  /** Round trip of the signal connection, ms; 0 while it is not known. */
  readonly signalRttMs: number | undefined;
  /** LiveKit's names. */
  readonly connectionState: string;
  readonly connectionQuality: string;
}

/** Columns by the stats object that they are read from. */
const COLUMNS_OF = new Map<StatsSource, (readonly [column: ColumnName, name: string])[]>();
for (const column of COLUMN_NAMES) {
  const { stats } = columnFacts(column);
  if (stats === undefined) continue;
  const [source, name] = stats;
  COLUMNS_OF.set(source, [...(COLUMNS_OF.get(source) ?? []), [column, name]]);
}

type Values = { -readonly [name in ColumnName]?: number };

/** One reading over all peer connections of a room. */
export function roomMetricsOf(reports: readonly StatsReport[], facts: RoomMetricsFacts): RoomMetrics {
  const values: Values = {};
  const keys: { down?: string; up?: string; path?: string } = {};
  const tracks: { key: string; values: MetricValues }[] = [];
  const pairIds: string[] = [];
  reports.forEach((report, connection) => {
    const entries = [...report.values()] as StatsEntry[];
    const byId = (id: unknown): StatsEntry | undefined =>
      typeof id === 'string' ? (report.get(id) as StatsEntry | undefined) : undefined;
    for (const entry of entries) {
      if (entry['kind'] !== 'audio') continue;
      const key = `${connection}/${entry.id}/${String(entry['ssrc'])}`;
      if (entry.type === 'outbound-rtp' && keys.up === undefined) {
        keys.up = key;
        read(values, 'outbound', entry);
        read(values, 'remoteInbound', byId(entry['remoteId']));
        read(values, 'source', byId(entry['mediaSourceId']));
      } else if (entry.type === 'inbound-rtp') {
        const isAgents = facts.agentTrackIds.has(String(entry['trackIdentifier'])) && keys.down === undefined;
        const into: Values = isAgents ? values : {};
        read(into, 'inbound', entry);
        read(into, 'playout', byId(entry['playoutId']));
        if (isAgents) keys.down = key;
        else tracks.push({ key, values: into });
      }
    }
    const transport = entries.find(
      ({ type, selectedCandidatePairId: pair }) => type === 'transport' && pair !== undefined,
    );
    const pair = byId(transport?.['selectedCandidatePairId']) ?? entries.find(isSelected);
    if (pair === undefined) return;
    pairIds.push(`${connection}/${pair.id}`);
    readPath(values, pair, transport, byId);
  });
  if (pairIds.length > 0) keys.path = pairIds.join('+');
  const { signalRttMs, monoMs } = facts;
  return {
    monoMs,
    values: {
      ...values,
      ...(signalRttMs !== undefined && signalRttMs > 0 && { signalPingRttMs: signalRttMs }),
      signalLiveKitStateCode: codeOf('signalLiveKitStateCode', facts.connectionState),
      signalLiveKitQualityCode: codeOf('signalLiveKitQualityCode', facts.connectionQuality),
    },
    keys,
    tracks,
  };
}

/** Of several connections bytes are added; round trip and kind of path are those of the first. */
function readPath(
  values: Values,
  pair: StatsEntry,
  transport: StatsEntry | undefined,
  byId: (id: unknown) => StatsEntry | undefined,
): void {
  const { pathBytesSent: sentBefore = 0, pathBytesReceived: receivedBefore = 0 } = values;
  const isFirst = values.pathIceStateCode === undefined && values.pathBytesSent === undefined;
  if (isFirst) {
    read(values, 'pair', pair);
    read(values, 'transport', transport);
    const local = byId(pair['localCandidateId']);
    const remote = byId(pair['remoteCandidateId']);
    const protocol = local?.['relayProtocol'] ?? local?.['protocol'];
    Object.assign(values, {
      pathLocalCandidateCode: codeOf('pathLocalCandidateCode', word(local?.['candidateType'])),
      pathRemoteCandidateCode: codeOf('pathRemoteCandidateCode', word(remote?.['candidateType'])),
      pathProtocolCode: codeOf('pathProtocolCode', word(protocol)),
      pathIceStateCode: codeOf('pathIceStateCode', word(transport?.['iceState'])),
      pathDtlsStateCode: codeOf('pathDtlsStateCode', word(transport?.['dtlsState'])),
    });
    return;
  }
  const more: Values = {};
  read(more, 'pair', pair);
  values.pathBytesSent = sentBefore + (more.pathBytesSent ?? 0);
  values.pathBytesReceived = receivedBefore + (more.pathBytesReceived ?? 0);
}

function read(values: Values, source: StatsSource, entry: StatsEntry | undefined): void {
  if (entry === undefined) return;
  for (const [column, name] of COLUMNS_OF.get(source) ?? []) {
    const value = entry[name];
    if (typeof value === 'number' && Number.isFinite(value)) values[column] = value;
  }
}

/** Firefox marks the pair itself. */
function isSelected(entry: StatsEntry): boolean {
  return entry.type === 'candidate-pair' && entry['selected'] === true;
}

function word(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** What the SDK knows of a room beside its reports. */
export function roomFacts(room: Room): Omit<RoomMetricsFacts, 'agentTrackIds' | 'monoMs'> {
  const engine = room.engine as Room['engine'] | undefined;
  return {
    signalRttMs: engine?.client.rtt,
    connectionState: room.state,
    connectionQuality: room.localParticipant.connectionQuality,
  };
}
