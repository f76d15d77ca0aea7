/**
 * Samples gathered into windows of a fixed length (1 s, 10 s, a minute). A window keeps sums, never means, so that
 * windows can be added to longer ones and a whole session is a window too. Gathering one by one and all at once is
 * the same code. An interval belongs to the window in which it ends.
 */
import type { ColumnName, MetricsSample } from './columns.ts';
import { isGapAt } from './growth-table.ts';
import type { GrowthTable } from './growth-table.ts';
import { COUNTER_NAMES, IntervalReader } from './intervals.ts';
import type { Growth, Interval } from './intervals.ts';
import { columnOf } from './sample-table.ts';
import type { SampleTable } from './sample-table.ts';

/** Gauges that windows gather. */
export const GATHERED_GAUGES = [
  'downJitterS',
  'downAudioLevelRatio',
  'upTargetBitrateBps',
  'upRoundTripTimeS',
  'upFractionLostRatio',
  'upJitterS',
  'upAudioLevelRatio',
  'pathRttS',
  'pathAvailableOutgoingBps',
  'signalPingRttMs',
  'agentHeardLatencyMs',
] as const satisfies readonly ColumnName[];
/** One of {@link GATHERED_GAUGES}. */
export type GatheredGauge = (typeof GATHERED_GAUGES)[number];

/** The values of a gauge within a window. */
export interface GaugeSums {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
}

/** What is known of a stretch of time. */
export interface Window {
  /** Monotonic ms since the session's start; whole multiples of the length. */
  readonly startMs: number;
  readonly lengthMs: number;
  readonly samples: number;
  /** How much time its intervals speak for, ms, gaps left out. May exceed the length by part of an interval. */
  readonly coveredMs: number;
  readonly gapMs: number;
  readonly grown: Growth;
  /** Packets of the agent that could not be played; absent where losses are not counted. */
  readonly missing?: number;
  readonly gauges: { readonly [name in GatheredGauge]?: GaugeSums };
}

/** Gathers samples into windows of one length. */
export class WindowReader {
  readonly #lengthMs: number;
  readonly #intervals = new IntervalReader();
  /** Ours alone while it is open, so that a sample is added in place. */
  #window: OpenWindow | undefined;

  /** @param lengthMs above 0 */
  constructor(lengthMs: number) {
    if (!(lengthMs > 0)) throw new RangeError(`window of ${lengthMs} ms is not above 0`);
    this.#lengthMs = lengthMs;
  }

  /** Takes the next sample; gives the window that it ended, if it ended one. Windows without a sample do not occur. */
  next(sample: MetricsSample): Window | undefined {
    const interval = this.#intervals.next(sample);
    const startMs = Math.floor(sample.atMs / this.#lengthMs) * this.#lengthMs;
    const before = this.#window;
    // A sample out of order stays with the open window: time never runs back in what is shown.
    if (before !== undefined && startMs <= before.startMs) {
      addSample(before, sample, interval);
      return undefined;
    }
    this.#window = emptyWindow(startMs, this.#lengthMs);
    addSample(this.#window, sample, interval);
    return before;
  }

  /** The open window as it is now, whole or not; undefined before the first sample. The reader may go on afterwards. */
  get open(): Window | undefined {
    return this.#window === undefined ? undefined : copyOf(this.#window);
  }
}

/** All windows of samples at once. */
export function* windowsOf(samples: Iterable<MetricsSample>, lengthMs: number): Generator<Window> {
  const reader = new WindowReader(lengthMs);
  for (const sample of samples) {
    const window = reader.next(sample);
    if (window !== undefined) yield window;
  }
  if (reader.open !== undefined) yield reader.open;
}

/** The windows of a table, as {@link windowsOf} gives them for its samples, column by column. `growth` is the table's. */
export function* windowsOfTable(
  table: SampleTable,
  growth: GrowthTable,
  lengthMs: number,
): Generator<Window> {
  if (!(lengthMs > 0)) throw new RangeError(`window of ${lengthMs} ms is not above 0`);
  const { rows, atMs } = growth;
  const gauges = GATHERED_GAUGES.flatMap((name) => {
    const values = columnOf(table, name);
    return values === undefined ? [] : [{ name, values }];
  });
  for (let from = 0; from < rows;) {
    const startMs = Math.floor((atMs[from] ?? NaN) / lengthMs) * lengthMs;
    let to = from + 1;
    // A sample out of order stays with the open window: time never runs back in what is shown.
    while (to < rows && !(Math.floor((atMs[to] ?? NaN) / lengthMs) * lengthMs > startMs)) to++;
    const window = emptyWindow(startMs, lengthMs);
    window.samples = to - from;
    for (let row = from; row < to; row++) {
      const spanMs = (atMs[row] ?? NaN) - (growth.fromMs[row] ?? NaN);
      if (Number.isNaN(spanMs)) continue;
      if (isGapAt(growth, row)) window.gapMs += spanMs;
      else window.coveredMs += spanMs;
    }
    addMissing(window, missingIn(growth, from, to));
    for (const [name, values] of growth.grown) {
      for (let row = from; row < to; row++) {
        const value = values[row] ?? NaN;
        if (!Number.isNaN(value)) window.grown[name] = (window.grown[name] ?? 0) + value;
      }
    }
    for (const { name, values } of gauges) {
      const sums = sumsOf(values, from, to);
      if (sums !== undefined) window.gauges[name] = sums;
    }
    yield window;
    from = to;
  }
}

const MISSING_FROM = [
  'downPacketsReceived',
  'downPacketsLost',
  'downPacketsDiscarded',
  'downConcealedSamples',
  'downTotalSamplesReceived',
] as const;

/** As {@link missingOf}, for the rows of a window together. */
function missingIn({ grown }: GrowthTable, from: number, to: number): number | undefined {
  let missing: number | undefined;
  const columns = MISSING_FROM.map((name) => [name, grown.get(name)] as const);
  for (let row = from; row < to; row++) {
    const interval: { -readonly [name in keyof Growth]: Growth[name] } = {};
    for (const [name, values] of columns) {
      const value = values?.[row] ?? NaN;
      if (!Number.isNaN(value)) interval[name] = value;
    }
    const more = missingOf(interval);
    if (more !== undefined) missing = (missing ?? 0) + more;
  }
  return missing;
}

function sumsOf(values: Float64Array, from: number, to: number): GaugeSums | undefined {
  let count = 0;
  let sum = 0;
  let min = Infinity;
  let max = -Infinity;
  for (let row = from; row < to; row++) {
    const value = values[row] ?? NaN;
    if (Number.isNaN(value)) continue;
    count++;
    sum += value;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return count === 0 ? undefined : { count, sum, min, max };
}

/** Windows of a longer length out of those of a shorter one, which must divide it. */
export function* longerWindows(windows: Iterable<Window>, lengthMs: number): Generator<Window> {
  let open: Window | undefined;
  for (const window of windows) {
    const startMs = Math.floor(window.startMs / lengthMs) * lengthMs;
    const part = { ...window, startMs, lengthMs };
    if (open !== undefined && open.startMs === startMs) open = addWindows(open, part);
    else {
      if (open !== undefined) yield open;
      open = part;
    }
  }
  if (open !== undefined) yield open;
}

/** Two windows as one; start and length are those of the first. */
export function addWindows(first: Window, second: Window): Window {
  const sum = copyOf(first);
  sum.samples += second.samples;
  sum.coveredMs += second.coveredMs;
  sum.gapMs += second.gapMs;
  addGrowth(sum, second.grown);
  addMissing(sum, second.missing);
  for (const name of GATHERED_GAUGES) {
    const more = second.gauges[name];
    if (more !== undefined) addGauge(sum, name, more);
  }
  return sum;
}

interface OpenWindow {
  readonly startMs: number;
  readonly lengthMs: number;
  samples: number;
  coveredMs: number;
  gapMs: number;
  readonly grown: { -readonly [name in keyof Growth]: Growth[name] };
  missing?: number;
  readonly gauges: { [name in GatheredGauge]?: GaugeSums };
}

function emptyWindow(startMs: number, lengthMs: number): OpenWindow {
  return { startMs, lengthMs, samples: 0, coveredMs: 0, gapMs: 0, grown: {}, gauges: {} };
}

/** Sums of gauges are never changed in place, so they may be shared. */
function copyOf(window: Window): OpenWindow {
  return { ...window, grown: { ...window.grown }, gauges: { ...window.gauges } };
}

function addSample(window: OpenWindow, sample: MetricsSample, interval: Interval | undefined): void {
  window.samples++;
  for (const name of GATHERED_GAUGES) {
    const value = sample[name];
    if (value !== undefined && !Number.isNaN(value))
      addGauge(window, name, { count: 1, sum: value, min: value, max: value });
  }
  if (interval === undefined) return;
  const spanMs = interval.toMs - interval.fromMs;
  if (interval.isGap) window.gapMs += spanMs;
  else window.coveredMs += spanMs;
  addGrowth(window, interval.grown);
  addMissing(window, missingOf(interval.grown));
}

function addMissing(window: OpenWindow, missing: number | undefined): void {
  if (missing !== undefined) window.missing = (window.missing ?? 0) + missing;
}

/**
 * Packets that could not be played in an interval: lost ones, and those that came too late. With RED (RFC 2198, LiveKit's
 * default) the copy in each packet counts as discarded in Chrome when it is not needed, so discards count only as far as
 * sound was made up for want of them; interval by interval, because a cut makes sound up and discards nothing.
 */
function missingOf({
  downPacketsReceived: received,
  downPacketsLost: lost,
  downPacketsDiscarded: discarded = 0,
  downConcealedSamples: concealed,
  downTotalSamplesReceived: played,
}: Growth): number | undefined {
  if (received === undefined || lost === undefined) return undefined;
  const sent = received + Math.max(0, lost);
  const late =
    concealed === undefined || played === undefined || !(played > 0)
      ? discarded
      : Math.min(discarded, Math.max(0, (concealed / played) * sent - Math.max(0, lost)));
  return Math.min(sent, lost + late);
}

function addGrowth({ grown }: OpenWindow, more: Growth): void {
  for (const name of COUNTER_NAMES) {
    const value = more[name];
    if (value !== undefined) grown[name] = (grown[name] ?? 0) + value;
  }
}

function addGauge({ gauges }: OpenWindow, name: GatheredGauge, more: GaugeSums): void {
  const sums = gauges[name];
  gauges[name] =
    sums === undefined
      ? more
      : {
          count: sums.count + more.count,
          sum: sums.sum + more.sum,
          min: Math.min(sums.min, more.min),
          max: Math.max(sums.max, more.max),
        };
}
