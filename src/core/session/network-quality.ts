/**
 * Whether the network loses so much sound that a person should know, from samples. Pure: a sample in, the next memory
 * out. It acts on nothing and knows no phases: its owner begins anew after each outage, which is told by other means.
 * Each direction has a score: a lost packet adds, one that came takes off, so that it rises above 7 in 100 and falls
 * below. Weak when it is full, good again when it is empty: neither a bad moment nor a good one changes anything.
 * The weights are the log-likelihood of 10 in 100, which is heard, against 4, which is concealed.
 */
import type { MediaSample } from '../reconnect/media-sample.ts';
import type { NetworkQuality } from './types.ts';

const LOST_ADDS = Math.log(0.1 / 0.04);
const CAME_ADDS = Math.log(0.9 / 0.96);
/** At 10 in 100 of 50 packets a second it takes about 5 s to get here, and 2.5 s back when nothing is lost. */
const FULL = 8;
/** One gap is no weak network, it is a cut: what a reading adds is bounded by its time, and to half of what is needed. */
const MOST_PER_SECOND = 4;
const MOST_PER_READING = FULL / 2;
/** Counters further apart than this tell of an outage, ms. */
const MAX_INTERVAL_MS = 6000;

/** Packets of one direction since it began. */
interface Counters {
  readonly id: string;
  readonly atMs: number;
  readonly arrived: number;
  readonly lost: number;
}

interface Direction {
  readonly last?: Counters;
  readonly score: number;
  readonly isWeak: boolean;
}

/** What is remembered. Made by {@link beginNetworkQuality}. */
export interface QualityMemory {
  readonly up: Direction;
  readonly down: Direction;
}

const GOOD: Direction = { score: 0, isWeak: false };

/** Nothing is known: good. */
export function beginNetworkQuality(): QualityMemory {
  return { up: GOOD, down: GOOD };
}

/** A reading came. */
export function qualitySampled(memory: QualityMemory, { up, down, monoMs }: MediaSample): QualityMemory {
  const isReport = up?.remoteReportMs !== undefined && up.remotePacketsLost !== undefined;
  return {
    up:
      up === undefined || up.muted
        ? GOOD
        : !isReport
          ? memory.up
          : counted(memory.up, {
              id: up.id,
              atMs: up.remoteReportMs,
              arrived: up.packetsSent - up.remotePacketsLost,
              lost: up.remotePacketsLost,
            }),
    down:
      down?.packetsLost === undefined
        ? GOOD
        : counted(memory.down, {
            id: down.id,
            atMs: monoMs,
            arrived: down.packetsReceived,
            lost: down.packetsLost,
          }),
  };
}

/** What is to be told. */
export function networkQuality({ up, down }: QualityMemory): NetworkQuality {
  if (up.isWeak && down.isWeak) return 'weakBoth';
  if (up.isWeak) return 'weakUp';
  return down.isWeak ? 'weakDown' : 'good';
}

function counted({ last, score, isWeak }: Direction, now: Counters): Direction {
  const passedMs = last === undefined ? 0 : now.atMs - last.atMs;
  // The latest report of the far side is in every reading until the next one comes.
  if (last?.id === now.id && passedMs === 0) return { last, score, isWeak };
  if (last?.id !== now.id || passedMs < 0 || passedMs > MAX_INTERVAL_MS) return { last: now, score, isWeak };
  // Both may shrink by a few: packets that were late and had been counted as lost.
  const change = (now.lost - last.lost) * LOST_ADDS + (now.arrived - last.arrived) * CAME_ADDS;
  const most = Math.min(MOST_PER_READING, (MOST_PER_SECOND * passedMs) / 1000);
  const next = Math.min(FULL, Math.max(0, score + Math.min(change, most)));
  return { last: now, score: next, isWeak: isWeak ? next > 0 : next >= FULL };
}
