/** What a window's sums mean: rates, ratios and delays. A fact that has nothing to stand on is absent, never 0. */
import type { GatheredGauge, Window } from './windows.ts';

/** Facts of a stretch of time. */
export interface WindowFacts {
  readonly rttMs?: number;
  readonly maxRttMs?: number;
  readonly jitterMs?: number;
  /** Mean time that a sample waited in the jitter buffer. */
  readonly bufferMs?: number;
  /** Mean time that it waited for the loudspeaker. */
  readonly playoutMs?: number;
  /** Of the agent's packets: lost on the way, by all that were sent to us; 0 to 1. */
  readonly downLossRatio?: number;
  /** The same with those that came too late to be played. */
  readonly downMissingRatio?: number;
  /** Samples made up by all samples played, 0 to 1. */
  readonly concealedRatio?: number;
  /** How long sound was made up, ms, silence not counted. */
  readonly audibleConcealedMs?: number;
  readonly concealmentEvents?: number;
  readonly downBps?: number;
  readonly upBps?: number;
  /** Of our packets, as the far side told; mean of its reports. */
  readonly upLossRatio?: number;
  readonly pingMs?: number;
  readonly userLevelRatio?: number;
  readonly agentLevelRatio?: number;
  readonly heardLatencyMs?: number;
}

/** The facts of a window. */
export function windowFacts(window: Window): WindowFacts {
  const { grown } = window;
  const received = grown.downPacketsReceived;
  const lost = grown.downPacketsLost;
  // Chrome counts a discarded packet as received; a loss that a late duplicate takes back makes no loss below 0.
  const sent = received === undefined || lost === undefined ? undefined : received + Math.max(0, lost);
  const audible = less(grown.downConcealedSamples, grown.downSilentConcealedSamples ?? 0);
  const spokenMs = window.coveredMs + window.gapMs;
  const concealedRatio = ratio(grown.downConcealedSamples, grown.downTotalSamplesReceived);
  return present({
    rttMs: scaled(mean(window, 'pathRttS') ?? mean(window, 'upRoundTripTimeS'), 1000),
    maxRttMs: scaled((window.gauges.pathRttS ?? window.gauges.upRoundTripTimeS)?.max, 1000),
    jitterMs: scaled(mean(window, 'downJitterS'), 1000),
    bufferMs: scaled(ratio(grown.downJitterBufferDelayS, grown.downJitterBufferEmittedCount), 1000),
    playoutMs: scaled(ratio(grown.downTotalPlayoutDelayS, grown.downPlayoutSamplesCount), 1000),
    downLossRatio: ratio(lost === undefined ? undefined : Math.max(0, lost), sent),
    downMissingRatio: ratio(
      window.missing === undefined ? undefined : Math.min(sent ?? 0, Math.max(0, window.missing)),
      sent,
    ),
    concealedRatio,
    audibleConcealedMs: scaled(ratio(audible, grown.downTotalSamplesReceived), spokenMs),
    concealmentEvents: grown.downConcealmentEvents,
    downBps: scaled(ratio(grown.downBytesReceived ?? grown.pathBytesReceived, spokenMs), 8000),
    upBps: scaled(ratio(grown.upBytesSent ?? grown.pathBytesSent, spokenMs), 8000),
    upLossRatio: mean(window, 'upFractionLostRatio'),
    pingMs: mean(window, 'signalPingRttMs'),
    userLevelRatio: mean(window, 'upAudioLevelRatio'),
    agentLevelRatio: mean(window, 'downAudioLevelRatio'),
    heardLatencyMs: mean(window, 'agentHeardLatencyMs'),
  });
}

function mean(window: Window, name: GatheredGauge): number | undefined {
  const sums = window.gauges[name];
  return sums === undefined ? undefined : sums.sum / sums.count;
}

function ratio(part: number | undefined, whole: number | undefined): number | undefined {
  return part === undefined || whole === undefined || !(whole > 0) ? undefined : part / whole;
}

function scaled(value: number | undefined, factor: number): number | undefined {
  return value === undefined ? undefined : value * factor;
}

function less(value: number | undefined, other: number): number | undefined {
  return value === undefined ? undefined : Math.max(0, value - other);
}

function present(facts: { [name in keyof WindowFacts]: number | undefined }): WindowFacts {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
}
