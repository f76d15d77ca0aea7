/**
 * Owns: what a handful of samples may be made to say: shares with their interval, and whether a figure develops. Pure.
 * Never: guesses: a trend is told only where chance alone would show it in fewer than one of twenty cases.
 */

/** Fewer say nothing. */
export const MIN_SAMPLES = 20;

/** A share of a whole, with its 95 % interval (Wilson). */
export interface Rate {
  readonly count: number;
  readonly of: number;
  /** Undefined when `of` is 0. */
  readonly ratio: number | undefined;
  readonly low: number;
  readonly high: number;
}

/** How a figure develops: the older half of the samples beside the newer. */
export interface Trend {
  readonly verdict: 'rising' | 'falling' | 'steady' | 'notEnoughData';
  readonly samples: number;
  readonly older: number | undefined;
  readonly newer: number | undefined;
}

const Z95 = 1.96;

/** A rate with its Wilson interval. */
export function rateOf(count: number, of: number): Rate {
  if (of === 0) return { count, of, ratio: undefined, low: 0, high: 1 };
  const p = count / of;
  const z2 = Z95 ** 2 / of;
  const middle = (p + z2 / 2) / (1 + z2);
  const half = (Z95 * Math.sqrt((p * (1 - p)) / of + z2 / (4 * of))) / (1 + z2);
  return { count, of, ratio: p, low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}

/** Undefined of nothing. */
export function mean(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function varianceOfMean(values: readonly number[], middle: number): number {
  const sum = values.reduce((total, value) => total + (value - middle) ** 2, 0);
  return sum / Math.max(1, values.length - 1) / values.length;
}

/** The older half beside the newer, by the difference of means and its standard error. @param values oldest first */
export function trendOf(values: readonly number[]): Trend {
  const half = Math.floor(values.length / 2);
  const [olderOnes, newerOnes] = [values.slice(0, half), values.slice(values.length - half)];
  const [older, newer] = [mean(olderOnes), mean(newerOnes)];
  const samples = values.length;
  if (older === undefined || newer === undefined || half < MIN_SAMPLES)
    return { verdict: 'notEnoughData', samples, older, newer };
  const error = Math.sqrt(varianceOfMean(olderOnes, older) + varianceOfMean(newerOnes, newer));
  const isClear = Math.abs(newer - older) > Z95 * error;
  const verdict = !isClear ? 'steady' : newer > older ? 'rising' : 'falling';
  return { verdict, samples, older, newer };
}
