/** Two recordings laid over each other, worked out for drawing. */
import { compareRecordings } from './compare.ts';
import type { Alignment, Comparison } from './compare.ts';
import { keptRows } from './decimate.ts';
import type { PanelKey, Panel, SeriesKey } from './panels.ts';
import type { ReviewModel } from './review-model.ts';

/** A panel with one line of each session over a common time, seconds; null is a gap or no sample there. */
export interface ComparedPanel {
  readonly key: PanelKey;
  readonly unit: Panel['unit'];
  readonly series: SeriesKey;
  readonly atS: readonly number[];
  readonly first: readonly (number | null | undefined)[];
  readonly second: readonly (number | null | undefined)[];
}

/** Two sessions and what they have in common. */
export interface CompareModel {
  readonly first: ReviewModel;
  readonly second: ReviewModel;
  readonly comparison: Comparison;
  readonly panels: readonly ComparedPanel[];
}

/** Points of a line are kept of at most so many stretches. */
const BUCKETS = 300;

/** Lays two reviews over each other, as {@link compareRecordings} does. */
export function compareModelOf(first: ReviewModel, second: ReviewModel, wished: Alignment): CompareModel {
  const comparison = compareRecordings(first.recording, second.recording, wished);
  return { first, second, comparison, panels: panelsOfBoth(first, second, comparison) };
}

function panelsOfBoth(
  first: ReviewModel,
  second: ReviewModel,
  { firstZeroMs, secondZeroMs }: Comparison,
): ComparedPanel[] {
  return first.charts.panels.flatMap((panel) => {
    const series = panel.series[0];
    const other = second.charts.panels
      .find(({ key }) => key === panel.key)
      ?.series.find(({ key }) => key === series?.key);
    if (series === undefined || other === undefined) return [];
    const points = new Map<number, [number | null | undefined, number | null | undefined]>();
    const add = (model: ReviewModel, values: Float64Array, zeroMs: number, at: 0 | 1): void => {
      const { atMs } = model.charts;
      for (const row of keptRows(atMs, [values], 0, atMs.length, BUCKETS)) {
        const x = ((atMs[row] ?? 0) - zeroMs) / 1000;
        const value = values[row] ?? NaN;
        const point = points.get(x) ?? [undefined, undefined];
        point[at] = Number.isNaN(value) ? null : value;
        points.set(x, point);
      }
    };
    add(first, series.values, firstZeroMs, 0);
    add(second, other.values, secondZeroMs, 1);
    const sorted = [...points].sort(([a], [b]) => a - b);
    return [
      {
        key: panel.key,
        unit: panel.unit,
        series: series.key,
        atS: sorted.map(([x]) => x),
        first: sorted.map(([, [value]]) => value),
        second: sorted.map(([, [, value]]) => value),
      },
    ];
  });
}
