/** Calls that never were, for tests of recordings: the same every time, with noise where real counters have it. */
import type { MetricsSample } from '../../../src/core/metrics/columns.ts';
import { chunkOf } from '../../../src/core/metrics/sample-buffer.ts';
import { tableOf } from '../../../src/core/metrics/sample-table.ts';
import { MAIN_STREAM } from '../../../src/shared/recording.ts';
import type { Recording, RecordingEvent, RecordingSession } from '../../../src/shared/recording.ts';

/** A repeatable source of numbers in [0, 1): mulberry32. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** A cut of both ways, in seconds of the call; the counters go on afterwards, or begin anew after a rejoin. */
export interface Cut {
  readonly fromS: number;
  readonly toS: number;
  readonly isRejoin?: boolean;
}

/** One sample a second of a call with every column, `count` of them. */
export function callSamples(count: number, cuts: readonly Cut[] = [], seed = 1): MetricsSample[] {
  const random = seeded(seed);
  const samples: MetricsSample[] = [];
  let counters = fresh();
  let epoch = 0;
  for (let second = 1; second <= count; second++) {
    const cut = cuts.find(({ fromS, toS }) => second > fromS && second <= toS);
    if (cuts.some(({ toS, isRejoin }) => isRejoin === true && second === toS + 1)) {
      counters = fresh();
      epoch++;
    }
    const lostNow = random() < 0.1 ? 1 : 0;
    if (cut === undefined) {
      counters.received += 50 - lostNow;
      counters.lost += lostNow;
      counters.bytesIn += 50 * 80 + Math.floor(random() * 200);
      counters.sent += 50;
      counters.bytesOut += 50 * 80 + Math.floor(random() * 200);
      counters.played += 48_000 + Math.floor(random() * 960) - 480;
      counters.concealed += lostNow * 960;
    } else {
      counters.played += 48_000;
      counters.concealed += 48_000;
    }
    counters.energyIn += random() * 0.02;
    counters.energyOut += random() * 0.02;
    const rttS = 0.08 + random() * 0.01;
    samples.push({
      atMs: second * 1000 + Math.floor(random() * 4),
      downEpoch: epoch,
      downPacketsReceived: counters.received,
      downPacketsLost: counters.lost,
      downPacketsDiscarded: 0,
      downBytesReceived: counters.bytesIn,
      downJitterS: 0.004 + random() * 0.002,
      downJitterBufferDelayS: counters.played * 0.06,
      downJitterBufferEmittedCount: counters.played,
      downJitterBufferTargetDelayS: counters.played * 0.05,
      downTotalSamplesReceived: counters.played,
      downConcealedSamples: counters.concealed,
      downSilentConcealedSamples: 0,
      downConcealmentEvents: counters.lost,
      downInsertedSamples: 0,
      downRemovedSamples: 0,
      downAudioLevelRatio: random() * 0.3,
      downTotalAudioEnergy: counters.energyIn,
      downTotalPlayoutDelayS: counters.played * 0.01,
      downPlayoutSamplesCount: counters.played,
      upEpoch: epoch,
      upPacketsSent: counters.sent,
      upBytesSent: counters.bytesOut,
      upRetransmittedPacketsSent: 0,
      upTargetBitrateBps: 32_000,
      upRoundTripTimeS: rttS + random() * 0.002,
      upFractionLostRatio: 0,
      upPacketsLost: 0,
      upJitterS: 0.003,
      upAudioLevelRatio: random() * 0.3,
      upTotalAudioEnergy: counters.energyOut,
      pathEpoch: epoch,
      pathRttS: rttS,
      pathAvailableOutgoingBps: 300_000,
      pathBytesSent: counters.bytesOut,
      pathBytesReceived: counters.bytesIn,
      pathLocalCandidateCode: 0,
      pathRemoteCandidateCode: 0,
      pathProtocolCode: 0,
      pathIceStateCode: cut === undefined ? 2 : 4,
      pathDtlsStateCode: 2,
      pathPairSwitches: 1,
      signalPingRttMs: Math.round(rttS * 1000) + 2,
      signalPhaseCode: cut === undefined ? 3 : 5,
      signalLiveKitStateCode: 2,
      signalLiveKitQualityCode: 4,
      agentStateCode: 3,
      agentTurn: Math.floor(second / 10),
    });
  }
  return samples;
}

function fresh() {
  return {
    received: 0,
    lost: 0,
    bytesIn: 0,
    sent: 0,
    bytesOut: 0,
    played: 0,
    concealed: 0,
    energyIn: 0,
    energyOut: 0,
  };
}

/** The events of a call with the same cuts, as our link tells them: noticed 3 s late, back with the cut's end. */
export function callEvents(durationS: number, cuts: readonly Cut[] = []): RecordingEvent[] {
  const events: RecordingEvent[] = [
    { kind: 'phase', atMs: 0, phase: 'requestingMic', facts: { state: 'requestingMic', generation: 0 } },
    { kind: 'phase', atMs: 200, phase: 'connecting', facts: { state: 'connecting.joining', attempt: 1 } },
    { kind: 'phase', atMs: 900, phase: 'connected', facts: { state: 'connected', generation: 1 } },
    { kind: 'agentState', atMs: 950, state: 'listening' },
  ];
  for (const { fromS, toS, isRejoin } of cuts)
    events.push(
      {
        kind: 'phase',
        atMs: fromS * 1000 + 2000,
        phase: 'unstable',
        facts: { cut: 'both', signalDown: false },
      },
      {
        kind: 'phase',
        atMs: fromS * 1000 + 3000,
        phase: 'reconnecting',
        facts: { state: 'reconnecting.sdk', side: 'both', offline: false },
      },
      {
        kind: 'phase',
        atMs: toS * 1000 + 500,
        phase: 'connected',
        facts: {
          outageMs: (toS - fromS) * 1000 + 500,
          sameRoom: true,
          generation: isRejoin === true ? 2 : 1,
        },
      },
    );
  events.push({ kind: 'segment', atMs: durationS * 500, segmentId: 'SG_1', from: 'agent' });
  events.sort((a, b) => a.atMs - b.atMs);
  events.push({ kind: 'phase', atMs: durationS * 1000, phase: 'ended', facts: { reason: 'stopped' } });
  return events;
}

/** When the calls of tests begin: 2026-03-01 12:00 UTC. */
export const STARTED_WALL_MS = Date.UTC(2026, 2, 1, 12);

/** A whole recording of a call. */
export function callRecording(
  durationS: number,
  cuts: readonly Cut[] = [],
  session: Partial<RecordingSession> = {},
): Recording {
  const samples = callSamples(durationS, cuts);
  const chunks = [];
  for (let from = 0; from < samples.length; from += 300)
    chunks.push(chunkOf(MAIN_STREAM, chunks.length, tableOf(samples.slice(from, from + 300))));
  return {
    session: {
      id: 'call-1',
      startedWallMs: STARTED_WALL_MS,
      endedWallMs: STARTED_WALL_MS + durationS * 1000,
      outcome: { phase: 'ended', reason: 'stopped' },
      pinned: false,
      source: 'recorded',
      roomHash: '9f2c',
      ...session,
    },
    events: callEvents(durationS, cuts),
    chunks,
  };
}
