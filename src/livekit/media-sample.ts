/**
 * Reads a {@link MediaSample} out of getStats reports. Knows the W3C identifiers and where browsers differ; decides
 * nothing. Field names: https://www.w3.org/TR/webrtc-stats/
 */
import type { DownSample, MediaSample, PairSample, UpSample } from '../core/reconnect/media-sample.ts';

/** What is read of a stats object; everything else in it is left alone. */
interface StatsEntry {
  readonly id: string;
  readonly type: string;
  readonly timestamp: number;
  readonly [name: string]: unknown;
}

/** A report, as RTCStatsReport or as a Map in tests. */
export type StatsReport = Pick<ReadonlyMap<string, unknown>, 'get' | 'values'>;

/** What the reports do not tell. */
export interface SampleFacts {
  readonly monoMs: number;
  readonly signalUp: boolean;
  readonly upConfirmed: boolean;
  /** Present while a microphone is published. */
  readonly microphone?: { readonly muted: boolean };
  /** Ids of the agent's audio tracks, as inbound-rtp's `trackIdentifier` has them. */
  readonly agentTrackIds: ReadonlySet<string>;
}

/** One reading over all peer connections of a room. */
export function mediaSampleOf(reports: readonly StatsReport[], facts: SampleFacts): MediaSample {
  const pairs: PairSample[] = [];
  let up: UpSample | undefined;
  let down: DownSample | undefined;
  for (const report of reports) {
    const pair = selectedPair(report);
    if (pair !== undefined) pairs.push(pairSample(pair));
    for (const entry of entriesOf(report)) {
      if (entry.type === 'outbound-rtp' && isAudio(entry) && facts.microphone !== undefined) {
        up ??= upSample(entry, report, facts.microphone.muted);
      } else if (
        entry.type === 'inbound-rtp' &&
        isAudio(entry) &&
        facts.agentTrackIds.has(String(entry['trackIdentifier']))
      ) {
        down ??= downSample(entry);
      }
    }
  }
  return {
    monoMs: facts.monoMs,
    pairs,
    ...(up !== undefined && { up }),
    ...(down !== undefined && { down }),
    signalUp: facts.signalUp,
    ...(facts.upConfirmed && { upConfirmed: true }),
  };
}

/**
 * What has come over a connection, bytes, whichever pair it took; where the browser does not count that, over the pair in
 * use, which is less once another is taken.
 */
export function receivedBytesOf(report: StatsReport): number {
  for (const entry of entriesOf(report)) {
    const bytes = entry.type === 'transport' ? count(entry, 'bytesReceived') : undefined;
    if (bytes !== undefined) return bytes;
  }
  const pair = selectedPair(report);
  return (pair && count(pair, 'bytesReceived')) ?? 0;
}

function selectedPair(report: StatsReport): StatsEntry | undefined {
  const entries = [...entriesOf(report)];
  for (const transport of entries) {
    const pairId = transport.type === 'transport' ? transport['selectedCandidatePairId'] : undefined;
    const pair = typeof pairId === 'string' ? entries.find(({ id }) => id === pairId) : undefined;
    if (pair !== undefined) return pair;
  }
  // Firefox has no transport entry before 124, and marks the pair itself.
  return entries.find((entry) => entry.type === 'candidate-pair' && entry['selected'] === true);
}

function pairSample(pair: StatsEntry): PairSample {
  const requestsSent = count(pair, 'requestsSent');
  const responsesReceived = count(pair, 'responsesReceived');
  const rttS = count(pair, 'currentRoundTripTime');
  return {
    id: pair.id,
    bytesSent: count(pair, 'bytesSent') ?? 0,
    bytesReceived: count(pair, 'bytesReceived') ?? 0,
    ...(requestsSent !== undefined && { requestsSent }),
    ...(responsesReceived !== undefined && { responsesReceived }),
    ...(rttS !== undefined && { rttMs: rttS * 1000 }),
  };
}

function upSample(outbound: StatsEntry, report: StatsReport, muted: boolean): UpSample {
  const remoteId = outbound['remoteId'];
  const remote = typeof remoteId === 'string' ? (report.get(remoteId) as StatsEntry | undefined) : undefined;
  const fractionLostRatio = remote === undefined ? undefined : count(remote, 'fractionLost');
  const remotePacketsLost = remote === undefined ? undefined : count(remote, 'packetsLost');
  return {
    id: streamId(outbound),
    packetsSent: count(outbound, 'packetsSent') ?? 0,
    muted,
    ...(remote !== undefined && { remoteReportMs: remote.timestamp }),
    ...(fractionLostRatio !== undefined && { fractionLostRatio }),
    ...(remotePacketsLost !== undefined && { remotePacketsLost }),
  };
}

function downSample(inbound: StatsEntry): DownSample {
  const packetsLost = count(inbound, 'packetsLost');
  const concealedSamples = count(inbound, 'concealedSamples');
  const totalSamples = count(inbound, 'totalSamplesReceived');
  return {
    id: streamId(inbound),
    packetsReceived: count(inbound, 'packetsReceived') ?? 0,
    ...(packetsLost !== undefined && { packetsLost }),
    ...(concealedSamples !== undefined && { concealedSamples }),
    ...(totalSamples !== undefined && { totalSamples }),
  };
}

/** Report id and SSRC: a rebuilt connection keeps at most one of them. */
function streamId(entry: StatsEntry): string {
  return `${entry.id}/${String(entry['ssrc'])}`;
}

function isAudio(entry: StatsEntry): boolean {
  return entry['kind'] === 'audio';
}

function count(entry: StatsEntry, name: string): number | undefined {
  const value = entry[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function* entriesOf(report: StatsReport): Generator<StatsEntry> {
  for (const entry of report.values()) yield entry as StatsEntry;
}
