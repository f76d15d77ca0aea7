/**
 * What counters grew by, for a whole table at once: the same answers as IntervalReader, column by column and some
 * twenty times faster, because no sample is ever made an object of. Row r tells of the time between the sample of the
 * latest earlier time and sample r; rows that tell of none (the first, and samples out of order) are no intervals.
 */
import { columnFacts } from './columns.ts';
import type { ColumnName } from './columns.ts';
import { COUNTER_NAMES, GAP_MS } from './intervals.ts';
import type { CounterName } from './intervals.ts';
import { columnOf } from './sample-table.ts';
import type { SampleTable } from './sample-table.ts';

/** Intervals of a table, row by row. */
export interface GrowthTable {
  readonly rows: number;
  readonly atMs: Float64Array;
  /** Begin of the interval that ends with the row; NaN where the row ends none. */
  readonly fromMs: Float64Array;
  /** Growth by counter; NaN where it is not known. Counters that are nowhere known are absent. */
  readonly grown: ReadonlyMap<CounterName, Float64Array>;
}

type CountedGroup = 'down' | 'up' | 'path';
const EPOCHS = { down: 'downEpoch', up: 'upEpoch', path: 'pathEpoch' } as const satisfies Record<
  CountedGroup,
  ColumnName
>;
/** Losses that late duplicates take back: shrinking is no new beginning. */
const MAY_SHRINK: ReadonlySet<CounterName> = new Set(['downPacketsLost', 'upPacketsLost']);

/** The growth of every counter of a table. */
export function growthOf(table: SampleTable): GrowthTable {
  const { rows } = table;
  const atMs = columnOf(table, 'atMs') ?? new Float64Array(rows).fill(NaN);
  const fromMs = new Float64Array(rows).fill(NaN);
  /** Rows that count: not those that are no later than one before. */
  const inOrder = new Uint8Array(rows);
  let lastMs: number | undefined;
  for (let row = 0; row < rows; row++) {
    const at = atMs[row] ?? NaN;
    if (lastMs !== undefined && !(at > lastMs)) continue;
    inOrder[row] = 1;
    if (lastMs !== undefined) fromMs[row] = lastMs;
    lastMs = at;
  }
  const grown = new Map<CounterName, Float64Array>();
  for (const group of Object.keys(EPOCHS) as CountedGroup[]) {
    const counters = COUNTER_NAMES.filter((name) => columnFacts(name).group === group).flatMap((name) => {
      const values = columnOf(table, name);
      if (values === undefined) return [];
      const growth = new Float64Array(rows).fill(NaN);
      grown.set(name, growth);
      return [{ values, growth, known: NaN, mayShrink: MAY_SHRINK.has(name) }];
    });
    readGroup(counters, columnOf(table, EPOCHS[group]), inOrder, fromMs);
  }
  return { rows, atMs, fromMs, grown };
}

interface Counter {
  readonly values: Float64Array;
  readonly growth: Float64Array;
  readonly mayShrink: boolean;
  /** Its last value; NaN before the first. */
  known: number;
}

/** Row by row, because one counter that shrinks means that all of its group have begun anew. */
function readGroup(
  counters: readonly Counter[],
  epochs: Float64Array | undefined,
  inOrder: Uint8Array,
  fromMs: Float64Array,
): void {
  let epoch = NaN;
  for (let row = 0; row < inOrder.length; row++) {
    if (inOrder[row] === 0) continue;
    const epochNow = epochs?.[row] ?? NaN;
    let beganAnew: boolean;
    if (!Number.isNaN(epochNow) && !Number.isNaN(epoch)) beganAnew = epochNow !== epoch;
    else
      beganAnew = counters.some(({ values, known, mayShrink }) => !mayShrink && (values[row] ?? NaN) < known);
    if (!Number.isNaN(epochNow)) epoch = epochNow;
    const isInterval = !Number.isNaN(fromMs[row] ?? NaN);
    for (const counter of counters) {
      const value = counter.values[row] ?? NaN;
      if (beganAnew && !Number.isNaN(counter.known)) counter.known = 0;
      if (Number.isNaN(value)) continue;
      // The first value counts from an unknown beginning, unless its group has begun before our eyes.
      const since = Number.isNaN(counter.known) && beganAnew ? 0 : counter.known;
      if (isInterval) counter.growth[row] = value - since;
      counter.known = value;
    }
  }
}

/** Whether samples are missing in the interval that ends with `row`. */
export function isGapAt({ atMs, fromMs }: GrowthTable, row: number): boolean {
  return (atMs[row] ?? NaN) - (fromMs[row] ?? NaN) > GAP_MS;
}
