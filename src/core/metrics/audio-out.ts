/**
 * How long sound was gone in an outage, out of the samples and not out of what the link said. A second counts when
 * nothing came in it: no byte on the selected pair and no packet of the agent. (No packet alone is no proof: an agent
 * that is silent need not send.) Exact to the distance of two samples.
 */
import { isGapAt } from './growth-table.ts';
import type { GrowthTable } from './growth-table.ts';
import type { CounterName, Interval } from './intervals.ts';

/** A stretch of time, monotonic ms since the session's start. */
export interface Stretch {
  readonly startMs: number;
  readonly endMs: number;
}

/** What an outage did to sound. */
export interface AudioOut {
  /** Nothing of the agent could arrive, ms. */
  readonly downMs: number;
  /** Nothing of ours was sent, ms. Less than what did not arrive: a browser sends into a cut network for a while. */
  readonly upMs: number;
  /** Sound of the agent that was made up, silence not counted, ms. */
  readonly concealedMs: number;
}

/** Sound stops before the link notices and comes back before it is believed: how far to look around, ms. */
const AROUND_MS = 1000;

/** What each stretch did to sound; undefined where no sample speaks for it. In the order of the stretches. */
export function audioOut(growth: GrowthTable, stretches: readonly Stretch[]): (AudioOut | undefined)[] {
  const intervals = intervalsOf(growth);
  const downRuns = runsOf(intervals, isDownOut);
  const upRuns = runsOf(intervals, isUpOut);
  return stretches.map((stretch) => {
    const near = intervals.filter((interval) => overlaps(interval, stretch));
    if (near.length === 0) return undefined;
    return {
      downMs: lengthOf(downRuns, stretch),
      upMs: lengthOf(upRuns, stretch),
      concealedMs: near.reduce((sum, interval) => sum + concealedMs(interval), 0),
    };
  });
}

const COUNTERS = [
  'downPacketsReceived',
  'pathBytesReceived',
  'upPacketsSent',
  'pathBytesSent',
  'downConcealedSamples',
  'downSilentConcealedSamples',
  'downTotalSamplesReceived',
] as const satisfies readonly CounterName[];

function intervalsOf(table: GrowthTable): Interval[] {
  const intervals: Interval[] = [];
  for (let row = 0; row < table.rows; row++) {
    const fromMs = table.fromMs[row] ?? NaN;
    const toMs = table.atMs[row] ?? NaN;
    if (Number.isNaN(fromMs)) continue;
    const grown: { [name in CounterName]?: number } = {};
    for (const name of COUNTERS) {
      const value = table.grown.get(name)?.[row] ?? NaN;
      if (!Number.isNaN(value)) grown[name] = value;
    }
    intervals.push({ fromMs, toMs, isGap: isGapAt(table, row), grown });
  }
  return intervals;
}

function overlaps(interval: Pick<Interval, 'fromMs' | 'toMs'>, { startMs, endMs }: Stretch): boolean {
  return interval.toMs > startMs - AROUND_MS && interval.fromMs < endMs + AROUND_MS;
}

interface Run {
  fromMs: number;
  toMs: number;
}

function runsOf(intervals: readonly Interval[], isOut: (interval: Interval) => boolean): Run[] {
  const runs: Run[] = [];
  for (const { fromMs, toMs } of intervals.filter(isOut)) {
    const last = runs.at(-1);
    if (last?.toMs === fromMs) last.toMs = toMs;
    else runs.push({ fromMs, toMs });
  }
  return runs;
}

function lengthOf(runs: readonly Run[], stretch: Stretch): number {
  return runs
    .filter((run) => overlaps(run, stretch))
    .reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
}

function isDownOut({ grown }: Interval): boolean {
  const packets = grown.downPacketsReceived;
  const bytes = grown.pathBytesReceived;
  // Samples without any of the two: the peer connection was gone.
  return (packets ?? 0) <= 0 && (bytes ?? 0) <= 0;
}

function isUpOut({ grown }: Interval): boolean {
  return (grown.upPacketsSent ?? 0) <= 0 && (grown.pathBytesSent ?? 0) <= 0;
}

function concealedMs({ fromMs, toMs, grown }: Interval): number {
  const { downConcealedSamples, downSilentConcealedSamples = 0, downTotalSamplesReceived } = grown;
  if (downConcealedSamples === undefined || !((downTotalSamplesReceived ?? 0) > 0)) return 0;
  const audible = Math.max(0, downConcealedSamples - downSilentConcealedSamples);
  return Math.min(1, audible / (downTotalSamplesReceived ?? 1)) * (toMs - fromMs);
}
