/**
 * Whether media really flows, from samples and heartbeats and not from what the SDK says. Pure: a fact in, the
 * next memory out, a finding read from it. It acts on nothing. Invariants: no cut is found on one signal alone where a
 * second one could speak; proof needs two intervals with signs of life and one answer to something of ours, in one
 * unbroken run that lies wholly after proof was asked for: packets that leave us prove nothing, and packets that come
 * prove only one direction.
 *
 * Signals of a silent path: A, no payload arrives on the selected pairs; B, connectivity checks go unanswered
 * (Chrome asks each 2.5 s on a quiet healthy pair, so 3.2 s without an answer is silence); C, the agent's heartbeat,
 * which answered before, does not; D, the far side's receiver reports on our packets stopped; E, signal gone.
 */
import type { MediaFinding } from '../session/link-state.ts';
import type { MediaSample } from './media-sample.ts';

/** No payload for this long is signal A, ms: heartbeat and reports bring some every second. */
const PAYLOAD_SILENT_MS = 2000;
/** A path that never showed a sign of life gets longer: connections come up one after the other, ms. */
const NEVER_SEEN_MS = 6000;
/** Unanswered checks where nothing else of ours could be answered, ms: more than two of Chrome's pauses between checks. */
const CHECKS_ALONE_MS = 6000;
/** Unanswered checks are signal B after this, ms; sooner when the heartbeat agrees. */
const CHECKS_SILENT_MS = 3200;
const CHECKS_SUSPECT_MS = 2700;
/** The heartbeat, once a second, is signal C after this, ms. */
const HEARTBEAT_SILENT_MS = 2500;
/** Receiver reports come about once a second: signal D after this, ms. */
const REPORTS_SILENT_MS = 3000;
/** A pause of payload longer than this was a cut, ms; after it answers to ours get so long to come, too. */
const PAYLOAD_PAUSE_MS = 1200;
const ANSWERS_SETTLE_MS = 2000;
/** How long proof waits for an agent that answered before, ms; then the pair alone proves it. */
const AGENT_PROOF_WAIT_MS = 1500;
/** Samples further apart prove nothing about what lies between, ms. */
const MAX_INTERVAL_MS = 3000;

/** What the detector remembers. Made by {@link beginMediaTruth}. */
export interface MediaTruth {
  readonly sinceMonoMs: number;
  readonly last?: MediaSample;
  /** Last signs of life; at first the time of the beginning. */
  readonly payloadMonoMs: number;
  /** Since when payload has come without a pause. */
  readonly payloadSinceMonoMs: number;
  readonly checksMonoMs: number;
  readonly reportsMonoMs: number;
  /** Last answer of the agent; absent until it has answered once. */
  readonly heartbeatMonoMs?: number;
  /** Signs that have been seen at least once, so that their absence means something. */
  readonly seen: { readonly payload: boolean; readonly checks: boolean; readonly reports: boolean };
  /** The run of good intervals: begin of the first, and how many. */
  readonly goodSinceMonoMs?: number;
  readonly goodIntervals: number;
  /** In this run the far side answered something of ours: a check, a receiver report or a heartbeat. */
  readonly roundTrip: boolean;
  /** This agent has answered in this session: proof should wait for it a little. */
  readonly agentAnswers: boolean;
}

/** A fresh memory, at the time from which proof counts. `agentAnswers`: an agent answered earlier in this session. */
export function beginMediaTruth(atMonoMs: number, agentAnswers: boolean): MediaTruth {
  return {
    sinceMonoMs: atMonoMs,
    payloadMonoMs: atMonoMs,
    payloadSinceMonoMs: atMonoMs,
    checksMonoMs: atMonoMs,
    reportsMonoMs: atMonoMs,
    seen: { payload: false, checks: false, reports: false },
    goodIntervals: 0,
    roundTrip: false,
    agentAnswers,
  };
}

/** Asks for new proof from now on, and keeps what is known of the path. */
export function restartProof(truth: MediaTruth, atMonoMs: number): MediaTruth {
  const { last: _last, goodSinceMonoMs: _good, ...kept } = truth;
  return { ...kept, sinceMonoMs: atMonoMs, goodIntervals: 0, roundTrip: false };
}

/** The agent answered a heartbeat at `atMonoMs`. */
export function heartbeatAnswered(truth: MediaTruth, atMonoMs: number): MediaTruth {
  const roundTrip = truth.roundTrip || truth.goodSinceMonoMs !== undefined;
  return { ...truth, heartbeatMonoMs: atMonoMs, agentAnswers: true, roundTrip };
}

/** The agent left: its silence is no sign of a cut, and proof must not wait for it. */
export function agentLeft(truth: MediaTruth): MediaTruth {
  const { heartbeatMonoMs: _heartbeat, ...kept } = truth;
  return { ...kept, agentAnswers: false };
}

/** A reading came. */
export function mediaSampled(truth: MediaTruth, sample: MediaSample): MediaTruth {
  const { last } = truth;
  const at = sample.monoMs;
  if (last === undefined || at <= last.monoMs) return { ...truth, last: sample };
  const payload = grewBy(last, sample, (pair) => pair.bytesReceived) > 0;
  const checks = grewBy(last, sample, (pair) => pair.responsesReceived ?? 0) > 0;
  const reports =
    sample.up?.remoteReportMs !== undefined && sample.up.remoteReportMs !== last.up?.remoteReportMs;
  const payloadMonoMs = payload ? at : truth.payloadMonoMs;
  const checksMonoMs = checks ? at : truth.checksMonoMs;
  const isGood = (payload || checks) && flowsBothWays(truth, last, sample);
  // A quiet pair has no sign of life in each interval: the run of proof goes on while the last sign is fresh.
  const goesOn =
    at - last.monoMs <= MAX_INTERVAL_MS &&
    (at - payloadMonoMs < PAYLOAD_SILENT_MS || at - checksMonoMs < CHECKS_SILENT_MS);
  const runMonoMs = goesOn ? truth.goodSinceMonoMs : undefined;
  const goodSinceMonoMs = runMonoMs ?? (isGood ? last.monoMs : undefined);
  const answered = checks || reports || (truth.heartbeatMonoMs ?? -1) > last.monoMs;
  const { goodSinceMonoMs: _before, ...kept } = truth;
  return {
    ...kept,
    last: sample,
    payloadMonoMs,
    payloadSinceMonoMs:
      payload && at - truth.payloadMonoMs > PAYLOAD_PAUSE_MS ? at : truth.payloadSinceMonoMs,
    checksMonoMs,
    reportsMonoMs: reports ? at : truth.reportsMonoMs,
    seen: {
      payload: truth.seen.payload || payload,
      checks: truth.seen.checks || checks,
      reports: truth.seen.reports || reports,
    },
    goodIntervals: (runMonoMs === undefined ? 0 : truth.goodIntervals) + (isGood ? 1 : 0),
    roundTrip: goodSinceMonoMs !== undefined && ((runMonoMs !== undefined && truth.roundTrip) || answered),
    ...(goodSinceMonoMs !== undefined && { goodSinceMonoMs }),
  };
}

/** What holds at `atMonoMs`. */
export function mediaFinding(truth: MediaTruth, atMonoMs: number): MediaFinding {
  const { last, seen } = truth;
  const payloadSilent = atMonoMs - truth.payloadMonoMs >= (seen.payload ? PAYLOAD_SILENT_MS : NEVER_SEEN_MS);
  const heartbeatSilent =
    truth.heartbeatMonoMs !== undefined && atMonoMs - truth.heartbeatMonoMs >= HEARTBEAT_SILENT_MS;
  const signalGone = last !== undefined && !last.signalUp;
  const checksLimitMs = heartbeatSilent || signalGone ? CHECKS_SUSPECT_MS : CHECKS_SILENT_MS;
  const countsChecks = last?.pairs.some((pair) => pair.responsesReceived !== undefined) ?? false;
  const checksSilent =
    countsChecks && atMonoMs - truth.checksMonoMs >= (seen.checks ? checksLimitMs : NEVER_SEEN_MS);
  const couldReport = seen.reports && last?.up?.muted === false;
  const reportsSilent = couldReport && atMonoMs - truth.reportsMonoMs >= REPORTS_SILENT_MS;
  // Browsers that do not count checks leave the heartbeat or the signal to agree.
  const pairDead = payloadSilent && (checksSilent || (!countsChecks && (heartbeatSilent || signalGone)));
  if (pairDead) {
    const cutSinceMonoMs = truth.payloadMonoMs;
    return { cut: last?.upConfirmed === true ? 'down' : 'both', cutSinceMonoMs };
  }
  // Their packets arrive, and what needs ours does not: two of the three must agree.
  const upSigns = [checksSilent, heartbeatSilent, reportsSilent].filter(Boolean).length;
  // Without a microphone and an agent that answers there is no second one to wait for, only more time.
  const isChecksAlone =
    truth.heartbeatMonoMs === undefined &&
    !couldReport &&
    atMonoMs - truth.checksMonoMs >= CHECKS_ALONE_MS &&
    (last?.pairs.some((pair) => (pair.responsesReceived ?? 0) > 0) ?? false);
  // Right after a cut of both ways what comes is back first, and the answers are on their way.
  const hasSettled = atMonoMs - truth.payloadSinceMonoMs >= ANSWERS_SETTLE_MS;
  if (
    !payloadSilent &&
    seen.payload &&
    hasSettled &&
    (upSigns >= 2 || isChecksAlone) &&
    last?.upConfirmed !== true
  ) {
    // Each answer that came says that ours had arrived until then: it began after the last of those that are missed.
    const missedMonoMs = [
      checksSilent || isChecksAlone ? truth.checksMonoMs : -Infinity,
      heartbeatSilent ? (truth.heartbeatMonoMs ?? -Infinity) : -Infinity,
      reportsSilent ? truth.reportsMonoMs : -Infinity,
    ];
    return { cut: 'up', cutSinceMonoMs: Math.max(...missedMonoMs) };
  }
  // Where nothing could ever answer (no counted checks, no reports, no agent), what comes must do.
  const isAnswered = truth.roundTrip || !(countsChecks || seen.reports || truth.agentAnswers);
  return {
    cut: 'none',
    ...(truth.goodIntervals >= 2 &&
      isAnswered &&
      truth.goodSinceMonoMs !== undefined && { provenSinceMonoMs: truth.goodSinceMonoMs }),
  };
}

/**
 * True when the agent, which answered before, is silent while the pair is alive: it hangs. `wasSilent`: it has been found
 * so; then it is until it answers, or until the path is found to be cut and its silence says nothing any more.
 */
export function isAgentSilent(truth: MediaTruth, atMonoMs: number, wasSilent = false): boolean {
  return (
    truth.heartbeatMonoMs !== undefined &&
    atMonoMs - truth.heartbeatMonoMs >= HEARTBEAT_SILENT_MS + 500 &&
    mediaFinding(truth, atMonoMs).cut === 'none' &&
    (wasSilent || atMonoMs - Math.max(truth.payloadMonoMs, truth.checksMonoMs) < HEARTBEAT_SILENT_MS)
  );
}

function flowsBothWays(truth: MediaTruth, last: MediaSample, sample: MediaSample): boolean {
  if (sample.monoMs - last.monoMs > MAX_INTERVAL_MS) return false;
  // Up: our packets leave while the far side answers; muted or without a microphone, the answers alone say it.
  const sends =
    sample.up === undefined ||
    sample.up.muted ||
    last.up?.id !== sample.up.id ||
    sample.up.packetsSent > last.up.packetsSent;
  // Down: packets come, or the agent answers, or there is no agent to wait for (any more).
  const receives =
    sample.down !== undefined &&
    last.down?.id === sample.down.id &&
    sample.down.packetsReceived > last.down.packetsReceived;
  const heartbeat = truth.heartbeatMonoMs !== undefined && truth.heartbeatMonoMs >= truth.sinceMonoMs;
  const waitsForAgent = truth.agentAnswers && sample.monoMs - truth.sinceMonoMs < AGENT_PROOF_WAIT_MS;
  return sends && (receives || heartbeat || !waitsForAgent);
}

function grewBy(
  last: MediaSample,
  sample: MediaSample,
  count: (pair: MediaSample['pairs'][number]) => number,
): number {
  let grown = 0;
  for (const pair of sample.pairs) {
    const before = last.pairs.find((candidate) => candidate.id === pair.id);
    // A new pair's counters are all new.
    grown += Math.max(0, count(pair) - (before === undefined ? 0 : count(before)));
  }
  return grown;
}
