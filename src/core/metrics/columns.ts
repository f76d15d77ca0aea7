/**
 * The columns of a sample: what a recording keeps once a second. A column is known on disk by its code, which is
 * never used again for anything else; a new column gets a new code and old recordings simply lack it, so no
 * migration is ever needed. Names carry the unit; `stats` is the W3C identifier that the value was read from
 * (https://www.w3.org/TR/webrtc-stats/). A value that is not known is NaN. Nothing here is computed: raw inputs only.
 */

/** How values of a column behave. `counter` only grows and starts again with its group's epoch; `code` is an index. */
export type ColumnKind = 'counter' | 'gauge' | 'code';

/** Columns whose counters start again together. */
export type ColumnGroup = 'clock' | 'down' | 'up' | 'path' | 'signal' | 'agent';

/** Which stats object of a peer connection a value comes from. */
export type StatsSource =
  'inbound' | 'playout' | 'outbound' | 'remoteInbound' | 'source' | 'pair' | 'transport';

/** What is known of a column. */
export interface ColumnFacts {
  /** Its number on disk, 1 to 255. */
  readonly code: number;
  readonly kind: ColumnKind;
  readonly group: ColumnGroup;
  /** Digits kept behind the point: one step is finer than what browsers measure. */
  readonly decimals: number;
  /** UCUM unit, as OTLP wants it. */
  readonly unit: string;
  readonly stats?: readonly [source: StatsSource, name: string];
}

const facts = <K extends ColumnKind>(
  code: number,
  group: ColumnGroup,
  kind: K,
  unit: string,
  decimals = 0,
  stats?: readonly [StatsSource, string],
): ColumnFacts & { readonly kind: K } => ({
  code,
  kind,
  group,
  decimals,
  unit,
  ...(stats !== undefined && { stats }),
});

/** Every column by name, in the order of exports. Codes 1 to 9 clock, 10 down, 40 up, 60 path, 80 signal, 90 agent. */
export const COLUMNS = {
  /** Monotonic ms since the session's start. */
  atMs: facts(1, 'clock', 'gauge', 'ms'),

  /** Grows by 1 whenever the counters of the agent's audio began anew. */
  downEpoch: facts(10, 'down', 'code', '1'),
  downPacketsReceived: facts(11, 'down', 'counter', '{packet}', 0, ['inbound', 'packetsReceived']),
  /** May shrink by late duplicates (RFC 3550, section 6.4.1). */
  downPacketsLost: facts(12, 'down', 'counter', '{packet}', 0, ['inbound', 'packetsLost']),
  downPacketsDiscarded: facts(13, 'down', 'counter', '{packet}', 0, ['inbound', 'packetsDiscarded']),
  downBytesReceived: facts(14, 'down', 'counter', 'By', 0, ['inbound', 'bytesReceived']),
  downJitterS: facts(15, 'down', 'gauge', 's', 5, ['inbound', 'jitter']),
  /** Sum over emitted samples: delay in a time is its growth by the growth of the emitted count. */
  downJitterBufferDelayS: facts(16, 'down', 'counter', 's', 1, ['inbound', 'jitterBufferDelay']),
  downJitterBufferEmittedCount: facts(17, 'down', 'counter', '{sample}', 0, [
    'inbound',
    'jitterBufferEmittedCount',
  ]),
  downJitterBufferTargetDelayS: facts(18, 'down', 'counter', 's', 1, ['inbound', 'jitterBufferTargetDelay']),
  downTotalSamplesReceived: facts(19, 'down', 'counter', '{sample}', 0, ['inbound', 'totalSamplesReceived']),
  downConcealedSamples: facts(20, 'down', 'counter', '{sample}', 0, ['inbound', 'concealedSamples']),
  downSilentConcealedSamples: facts(21, 'down', 'counter', '{sample}', 0, [
    'inbound',
    'silentConcealedSamples',
  ]),
  downConcealmentEvents: facts(22, 'down', 'counter', '{event}', 0, ['inbound', 'concealmentEvents']),
  downInsertedSamples: facts(23, 'down', 'counter', '{sample}', 0, [
    'inbound',
    'insertedSamplesForDeceleration',
  ]),
  downRemovedSamples: facts(24, 'down', 'counter', '{sample}', 0, [
    'inbound',
    'removedSamplesForAcceleration',
  ]),
  downAudioLevelRatio: facts(25, 'down', 'gauge', '1', 4, ['inbound', 'audioLevel']),
  downTotalAudioEnergy: facts(26, 'down', 'counter', '1', 6, ['inbound', 'totalAudioEnergy']),
  /** Sum over played samples, like the jitter buffer's. */
  downTotalPlayoutDelayS: facts(27, 'down', 'counter', 's', 1, ['playout', 'totalPlayoutDelay']),
  downPlayoutSamplesCount: facts(28, 'down', 'counter', '{sample}', 0, ['playout', 'totalSamplesCount']),

  upEpoch: facts(40, 'up', 'code', '1'),
  upPacketsSent: facts(41, 'up', 'counter', '{packet}', 0, ['outbound', 'packetsSent']),
  upBytesSent: facts(42, 'up', 'counter', 'By', 0, ['outbound', 'bytesSent']),
  upRetransmittedPacketsSent: facts(43, 'up', 'counter', '{packet}', 0, [
    'outbound',
    'retransmittedPacketsSent',
  ]),
  upTargetBitrateBps: facts(44, 'up', 'gauge', 'bit/s', 0, ['outbound', 'targetBitrate']),
  upRoundTripTimeS: facts(45, 'up', 'gauge', 's', 4, ['remoteInbound', 'roundTripTime']),
  upFractionLostRatio: facts(46, 'up', 'gauge', '1', 4, ['remoteInbound', 'fractionLost']),
  /** As the far side counted them; may shrink like the other. */
  upPacketsLost: facts(47, 'up', 'counter', '{packet}', 0, ['remoteInbound', 'packetsLost']),
  upJitterS: facts(48, 'up', 'gauge', 's', 5, ['remoteInbound', 'jitter']),
  upAudioLevelRatio: facts(49, 'up', 'gauge', '1', 4, ['source', 'audioLevel']),
  upTotalAudioEnergy: facts(50, 'up', 'counter', '1', 6, ['source', 'totalAudioEnergy']),

  pathEpoch: facts(60, 'path', 'code', '1'),
  pathRttS: facts(61, 'path', 'gauge', 's', 4, ['pair', 'currentRoundTripTime']),
  pathAvailableOutgoingBps: facts(62, 'path', 'gauge', 'bit/s', 0, ['pair', 'availableOutgoingBitrate']),
  pathBytesSent: facts(63, 'path', 'counter', 'By', 0, ['pair', 'bytesSent']),
  pathBytesReceived: facts(64, 'path', 'counter', 'By', 0, ['pair', 'bytesReceived']),
  /** Index into CANDIDATE_TYPES, and so on; see codes.ts. */
  pathLocalCandidateCode: facts(65, 'path', 'code', '1'),
  pathRemoteCandidateCode: facts(66, 'path', 'code', '1'),
  pathProtocolCode: facts(67, 'path', 'code', '1'),
  pathIceStateCode: facts(68, 'path', 'code', '1'),
  pathDtlsStateCode: facts(69, 'path', 'code', '1'),
  pathPairSwitches: facts(70, 'path', 'counter', '{change}', 0, [
    'transport',
    'selectedCandidatePairChanges',
  ]),

  signalPingRttMs: facts(80, 'signal', 'gauge', 'ms'),
  signalPhaseCode: facts(81, 'signal', 'code', '1'),
  signalLiveKitStateCode: facts(82, 'signal', 'code', '1'),
  signalLiveKitQualityCode: facts(83, 'signal', 'code', '1'),

  agentStateCode: facts(90, 'agent', 'code', '1'),
  /** Only in the sample after an answer began: user speech end to first agent audio, as heard in the page. */
  agentHeardLatencyMs: facts(91, 'agent', 'gauge', 'ms'),
  /** Turns of the user so far, count. */
  agentTurn: facts(92, 'agent', 'code', '1'),
} as const satisfies Record<string, ColumnFacts>;

/** A column's name. */
export type ColumnName = keyof typeof COLUMNS;

/** All names in the order of {@link COLUMNS}. */
export const COLUMN_NAMES = Object.keys(COLUMNS) as ColumnName[];

/** One reading of everything. What is not known is absent. */
export type MetricsSample = { readonly atMs: number } & {
  readonly [name in ColumnName]?: number | undefined;
};

const namesByCode = new Map<number, ColumnName>(COLUMN_NAMES.map((name) => [COLUMNS[name].code, name]));

/** The name of a code; undefined for a column of a later version. */
export function columnNameOf(code: number): ColumnName | undefined {
  return namesByCode.get(code);
}

/** What is known of a column by its name. */
export function columnFacts(name: ColumnName): ColumnFacts {
  return COLUMNS[name];
}

/** `value` as it is kept: rounded to the column's decimals; NaN when it is absent or not finite. */
export function keptValue(name: ColumnName, value: number | undefined): number {
  if (value === undefined || !Number.isFinite(value)) return NaN;
  const scale = 10 ** COLUMNS[name].decimals;
  // + 0 turns a negative zero into zero, which has no other way to be kept.
  return Math.round(value * scale) / scale + 0;
}
