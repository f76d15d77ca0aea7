/**
 * Fewer points for charts and tables that still show what matters. A chart gets first, lowest, highest and last of
 * each bucket, so that no peak is lost and lines meet at the buckets' edges; a stretch without values stays a gap.
 */

/** Points of a line: `y` is null where there is nothing to draw, as uPlot wants it. */
export interface Line {
  readonly x: number[];
  readonly y: (number | null)[];
}

/**
 * At most `4 * buckets` points of a line (and a gap where there was one); all of them when there are no more than that.
 * `x` grows; NaN in `y` is a gap.
 */
export function decimate(x: ArrayLike<number>, y: ArrayLike<number>, buckets: number): Line {
  if (!(buckets >= 1)) throw new RangeError(`${buckets} buckets, at least 1`);
  const rows = Math.min(x.length, y.length);
  const line: Line = { x: [], y: [] };
  if (rows <= 4 * buckets) {
    for (let row = 0; row < rows; row++) push(line, x[row] ?? 0, y[row] ?? NaN);
    return line;
  }
  const from = x[0] ?? 0;
  const width = ((x[rows - 1] ?? 0) - from) / buckets || 1;
  let row = 0;
  for (let bucket = 1; bucket <= buckets && row < rows; bucket++) {
    const end = bucket === buckets ? Infinity : from + bucket * width;
    const first = row;
    while (row < rows && (x[row] ?? 0) < end) row++;
    for (const kept of extremes(y, first, row)) push(line, x[kept] ?? 0, y[kept] ?? NaN);
  }
  return line;
}

/** Rows `from` up to but not including `to` that lines over one axis need: the extremes of each line in each bucket. */
export function keptRows(
  x: ArrayLike<number>,
  lines: readonly ArrayLike<number>[],
  from: number,
  to: number,
  buckets: number,
): number[] {
  if (!(buckets >= 1)) throw new RangeError(`${buckets} buckets, at least 1`);
  if (to - from <= 4 * buckets) return Array.from({ length: Math.max(0, to - from) }, (_, at) => from + at);
  const startX = x[from] ?? 0;
  const width = ((x[to - 1] ?? 0) - startX) / buckets || 1;
  const kept: number[] = [];
  let row = from;
  for (let bucket = 1; bucket <= buckets && row < to; bucket++) {
    const end = bucket === buckets ? Infinity : startX + bucket * width;
    const first = row;
    while (row < to && (x[row] ?? 0) < end) row++;
    const rows = new Set(lines.flatMap((y) => extremes(y, first, row)));
    kept.push(...[...rows].sort((a, b) => a - b));
  }
  return kept;
}

/** Rows of the first, lowest, highest and last value, in order, each once; one row when there is no value. */
function extremes(y: ArrayLike<number>, from: number, to: number): number[] {
  let first = -1;
  let low = -1;
  let high = -1;
  let last = -1;
  for (let row = from; row < to; row++) {
    const value = y[row] ?? NaN;
    if (Number.isNaN(value)) continue;
    if (first < 0) first = low = high = row;
    if (value < (y[low] ?? NaN)) low = row;
    if (value > (y[high] ?? NaN)) high = row;
    last = row;
  }
  if (first < 0) return to > from ? [from] : [];
  return [...new Set([first, low, high, last])].sort((a, b) => a - b);
}

function push(line: Line, x: number, y: number): void {
  line.x.push(x);
  line.y.push(Number.isNaN(y) ? null : y);
}

/** A row of the table that a chart's hidden table shows. */
export interface TableRow {
  readonly fromMs: number;
  readonly toMs: number;
  /** Absent where nothing was measured. */
  readonly mean?: number;
  readonly min?: number;
  readonly max?: number;
}

/** At most `rows` rows over the whole of `x`, all of the same length; none for no points. */
export function tableRows(x: ArrayLike<number>, y: ArrayLike<number>, rows: number): TableRow[] {
  if (!(rows >= 1)) throw new RangeError(`${rows} rows, at least 1`);
  const points = Math.min(x.length, y.length);
  if (points === 0) return [];
  const from = x[0] ?? 0;
  const to = x[points - 1] ?? 0;
  const lengthMs = (to - from) / rows;
  const table: TableRow[] = [];
  let point = 0;
  for (let row = 0; row < (lengthMs > 0 ? rows : 1); row++) {
    const fromMs = from + row * lengthMs;
    const toMs = row === rows - 1 || lengthMs === 0 ? to : from + (row + 1) * lengthMs;
    const isLast = row === rows - 1 || lengthMs === 0;
    let count = 0;
    let sum = 0;
    let min = Infinity;
    let max = -Infinity;
    for (; point < points && (isLast || (x[point] ?? 0) < toMs); point++) {
      const value = y[point] ?? NaN;
      if (Number.isNaN(value)) continue;
      count++;
      sum += value;
      min = Math.min(min, value);
      max = Math.max(max, value);
    }
    table.push({ fromMs, toMs, ...(count > 0 && { mean: sum / count, min, max }) });
  }
  return table;
}
