/** Calls that never were, for measuring: counters and gauges with the noise of real ones, the same every time. */
import { chunkOf } from '../core/metrics/sample-buffer.ts';
import { tableOf } from '../core/metrics/sample-table.ts';
import type { MetricsSample } from '../core/metrics/columns.ts';
import { CHUNK_SAMPLES } from '../core/metrics/chunk-codec.ts';
import type { Recording } from '../shared/recording.ts';

/** A repeatable source of numbers in [0, 1): mulberry32. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** One sample a second with every column that a call has. */
export function syntheticSamples(count: number, seed = 1): MetricsSample[] {
  const random = seeded(seed);
  let received = 0;
  let played = 0;
  let bytes = 0;
  let energy = 0;
  return Array.from({ length: count }, (_, second): MetricsSample => {
    received += 49 + (random() < 0.1 ? 0 : 1);
    played += 47_520 + Math.floor(random() * 960);
    bytes += 4000 + Math.floor(random() * 200);
    energy += random() * 0.02;
    const rttS = 0.08 + random() * 0.01;
    return {
      atMs: (second + 1) * 1000 + Math.floor(random() * 4),
      downEpoch: 0,
      downPacketsReceived: received,
      downPacketsLost: second >> 5,
      downPacketsDiscarded: 0,
      downBytesReceived: bytes,
      downJitterS: 0.004 + random() * 0.002,
      downJitterBufferDelayS: played * 0.06,
      downJitterBufferEmittedCount: played,
      downJitterBufferTargetDelayS: played * 0.05,
      downTotalSamplesReceived: played,
      downConcealedSamples: (second >> 5) * 960,
      downSilentConcealedSamples: 0,
      downConcealmentEvents: second >> 5,
      downInsertedSamples: 0,
      downRemovedSamples: 0,
      downAudioLevelRatio: random() * 0.3,
      downTotalAudioEnergy: energy,
      downTotalPlayoutDelayS: played * 0.01,
      downPlayoutSamplesCount: played,
      upEpoch: 0,
      upPacketsSent: second * 50,
      upBytesSent: bytes,
      upRetransmittedPacketsSent: 0,
      upTargetBitrateBps: 32_000,
      upRoundTripTimeS: rttS,
      upFractionLostRatio: 0,
      upPacketsLost: 0,
      upJitterS: 0.003,
      upAudioLevelRatio: random() * 0.3,
      upTotalAudioEnergy: energy,
      pathEpoch: 0,
      pathRttS: rttS,
      pathAvailableOutgoingBps: 300_000,
      pathBytesSent: bytes,
      pathBytesReceived: bytes,
      pathLocalCandidateCode: 0,
      pathRemoteCandidateCode: 0,
      pathProtocolCode: 0,
      pathIceStateCode: 2,
      pathDtlsStateCode: 2,
      pathPairSwitches: 1,
      signalPingRttMs: Math.round(rttS * 1000),
      signalPhaseCode: 3,
      signalLiveKitStateCode: 2,
      signalLiveKitQualityCode: 4,
      agentStateCode: 3,
      agentTurn: Math.floor(second / 10),
    };
  });
}

/** A whole recording of `seconds`. */
export function syntheticRecording(id: string, seconds: number, startedWallMs: number): Recording {
  const samples = syntheticSamples(seconds);
  return {
    session: {
      id,
      startedWallMs,
      endedWallMs: startedWallMs + seconds * 1000,
      outcome: { phase: 'ended', reason: 'stopped' },
      pinned: false,
      source: 'recorded',
    },
    events: [
      { kind: 'phase', atMs: 0, phase: 'connecting' },
      { kind: 'phase', atMs: 900, phase: 'connected' },
      { kind: 'phase', atMs: seconds * 500, phase: 'reconnecting', facts: { side: 'both' } },
      {
        kind: 'phase',
        atMs: seconds * 500 + 9000,
        phase: 'connected',
        facts: { outageMs: 9000, sameRoom: true },
      },
      { kind: 'phase', atMs: seconds * 1000, phase: 'ended', facts: { reason: 'stopped' } },
    ],
    chunks: Array.from({ length: Math.ceil(seconds / CHUNK_SAMPLES) }, (_, seq) =>
      chunkOf('main', seq, tableOf(samples.slice(seq * CHUNK_SAMPLES, (seq + 1) * CHUNK_SAMPLES))),
    ),
  };
}
