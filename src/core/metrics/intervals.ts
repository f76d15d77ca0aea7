/**
 * From counters to what happened between two samples. Owns when counters began anew: when their group's epoch
 * changed, or, where no epoch is recorded, when one that can only grow has shrunk; then the value itself is the
 * growth. A value that is missing is bridged: the next one tells what happened since the last known. Takes samples one by one.
 */
import { COLUMN_NAMES, COLUMNS } from './columns.ts';
import type { ColumnGroup, ColumnName, MetricsSample } from './columns.ts';

/** A column whose value counts up. */
export type CounterName = {
  [name in ColumnName]: (typeof COLUMNS)[name]['kind'] extends 'counter' ? name : never;
}[ColumnName];

/** What counters grew by. A counter that is not known is absent. */
export type Growth = { readonly [name in CounterName]?: number };

/** The time between two samples. */
export interface Interval {
  readonly fromMs: number;
  readonly toMs: number;
  /** Samples are missing in between: what happened is known, when it happened is not. */
  readonly isGap: boolean;
  readonly grown: Growth;
}

/** Samples that lie further apart than this, ms, have a gap between them; they are taken once a second. */
export const GAP_MS = 2500;

const EPOCHS = { down: 'downEpoch', up: 'upEpoch', path: 'pathEpoch' } as const;
type CountedGroup = keyof typeof EPOCHS;
const GROUPS = Object.keys(EPOCHS) as CountedGroup[];

/** All counters, in the order of columns. */
export const COUNTER_NAMES = COLUMN_NAMES.filter((name) => COLUMNS[name].kind === 'counter') as CounterName[];
const countersOf = (group: ColumnGroup): CounterName[] =>
  COUNTER_NAMES.filter((name) => COLUMNS[name].group === group);
const COUNTERS: Readonly<Record<CountedGroup, readonly CounterName[]>> = {
  down: countersOf('down'),
  up: countersOf('up'),
  path: countersOf('path'),
};
/** Counters of losses that late duplicates take back, so that shrinking is no new beginning. */
const MAY_SHRINK: ReadonlySet<CounterName> = new Set(['downPacketsLost', 'upPacketsLost']);

/** Turns samples into intervals, one less than there are samples. */
export class IntervalReader {
  readonly #known = new Map<CounterName, number>();
  readonly #epochs = new Map<CountedGroup, number>();
  #lastMs: number | undefined;

  /** Takes the next sample; undefined for the first, and for one that is not later than the one before. */
  next(sample: MetricsSample): Interval | undefined {
    const fromMs = this.#lastMs;
    if (fromMs !== undefined && !(sample.atMs > fromMs)) return undefined;
    this.#lastMs = sample.atMs;
    const grown: { [name in CounterName]?: number } = {};
    for (const group of GROUPS) this.#read(group, sample, grown);
    if (fromMs === undefined) return undefined;
    return { fromMs, toMs: sample.atMs, isGap: sample.atMs - fromMs > GAP_MS, grown };
  }

  #read(group: CountedGroup, sample: MetricsSample, grown: { [name in CounterName]?: number }): void {
    const beganAnew = this.#beganAnew(group, sample);
    for (const name of COUNTERS[group]) {
      const value = sample[name];
      if (beganAnew && this.#known.has(name)) this.#known.set(name, 0);
      if (value === undefined || Number.isNaN(value)) continue;
      const before = this.#known.get(name);
      // The first value counts from an unknown beginning, unless its group has begun before our eyes.
      if (before !== undefined) grown[name] = value - before;
      else if (beganAnew) grown[name] = value;
      this.#known.set(name, value);
    }
  }

  #beganAnew(group: CountedGroup, sample: MetricsSample): boolean {
    const epoch = sample[EPOCHS[group]];
    if (epoch !== undefined && !Number.isNaN(epoch)) {
      const before = this.#epochs.get(group);
      this.#epochs.set(group, epoch);
      if (before !== undefined) return before !== epoch;
    }
    return COUNTERS[group].some((name) => {
      const before = this.#known.get(name);
      const value = sample[name];
      return before !== undefined && value !== undefined && value < before && !MAY_SHRINK.has(name);
    });
  }
}

/** All intervals of samples at once. */
export function* intervalsOf(samples: Iterable<MetricsSample>): Generator<Interval> {
  const reader = new IntervalReader();
  for (const sample of samples) {
    const interval = reader.next(sample);
    if (interval !== undefined) yield interval;
  }
}
