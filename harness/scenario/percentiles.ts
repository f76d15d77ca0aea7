/** Middle and edge of a few measured values. */

/** p50 and p95 by nearest rank: always a value that was measured; null without values. */
export interface Percentiles {
  readonly p50: number | null;
  readonly p95: number | null;
}

/** The nearest-rank percentile of `values` in any order; null for none. @param percent above 0, up to 100. */
export function percentile(values: readonly number[], percent: number): number | null {
  if (!(percent > 0 && percent <= 100))
    throw new RangeError(`percentile ${percent} is not above 0 and up to 100`);
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.ceil((percent / 100) * sorted.length) - 1] ?? null;
}

/** p50 and p95. A value that never came (null) counts as later than all others, and is told as null. */
export function percentiles(values: readonly (number | null)[]): Percentiles {
  const late = values.map((value) => value ?? Infinity);
  const finite = (value: number | null): number | null => (value === Infinity ? null : value);
  return { p50: finite(percentile(late, 50)), p95: finite(percentile(late, 95)) };
}
