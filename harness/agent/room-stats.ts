/** What rtc-node's transport statistics say of the users' sound. Pure. */
import type { Room } from '@livekit/rtc-node';

/** Counters from the start of the connection on. */
export interface RoomStats {
  /** Of all audio. */
  readonly audioPackets: number;
  /** Sum over all samples played of their stay in the jitter buffer, s, and how many samples. */
  readonly jitterBufferDelayS: number;
  readonly jitterBufferEmitted: number;
  /** Of the path in use; 0 while unknown. */
  readonly roundTripS: number;
  /** Everything that came over the connection, answers to its own checks too: any change shows that the server lives. */
  readonly signsOfLife: number;
}

type ReceiverStats = Awaited<ReturnType<Room['getRtcStats']>>['subscriberStats'];

/** Adds up the receiving side's statistics. */
export function readRoomStats(stats: readonly ReceiverStats[number][]): RoomStats {
  let audioPackets = 0;
  let jitterBufferDelayS = 0;
  let jitterBufferEmitted = 0;
  let roundTripS = 0;
  let signsOfLife = 0;
  for (const { stats: one } of stats) {
    if (one.case === 'inboundRtp' && one.value.stream?.kind === 'audio') {
      audioPackets += Number(one.value.received?.packetsReceived ?? 0);
      jitterBufferDelayS += one.value.inbound?.jitterBufferDelay ?? 0;
      jitterBufferEmitted += Number(one.value.inbound?.jitterBufferEmittedCount ?? 0);
    }
    if (one.case !== 'candidatePair') continue;
    const pair = one.value.candidatePair;
    signsOfLife += Number(pair?.responsesReceived ?? 0) + Number(pair?.bytesReceived ?? 0);
    if (pair?.nominated === true) roundTripS = Math.max(roundTripS, pair.currentRoundTripTime ?? 0);
  }
  return { audioPackets, jitterBufferDelayS, jitterBufferEmitted, roundTripS, signsOfLife };
}

/** Half a round trip and the mean stay in the jitter buffer between two readings, ms; undefined when nothing was played. */
export function audioLatencyMs(before: RoomStats, now: RoomStats): number | undefined {
  const emitted = now.jitterBufferEmitted - before.jitterBufferEmitted;
  if (emitted <= 0) return undefined;
  const bufferS = (now.jitterBufferDelayS - before.jitterBufferDelayS) / emitted;
  return Math.max(0, (now.roundTripS / 2 + bufferS) * 1000);
}
