/** Samples in memory, column by column. Rows are in the order in which they were taken. */
import { COLUMN_NAMES, COLUMNS, columnNameOf, keptValue } from './columns.ts';
import type { ColumnName, MetricsSample } from './columns.ts';

/** Columns by code, each `rows` long, NaN where a value is not known. A column without any value is left out. */
export interface SampleTable {
  readonly rows: number;
  readonly columns: ReadonlyMap<number, Float64Array<ArrayBuffer>>;
}

/** A column by name; undefined when no row has a value in it. */
export function columnOf(table: SampleTable, name: ColumnName): Float64Array<ArrayBuffer> | undefined {
  return table.columns.get(COLUMNS[name].code);
}

/** The value of one cell; NaN when it is not known. */
export function cellOf(table: SampleTable, name: ColumnName, row: number): number {
  return columnOf(table, name)?.[row] ?? NaN;
}

/** Puts samples into columns, each value as it is kept on disk. */
export function tableOf(samples: readonly MetricsSample[]): SampleTable {
  const columns = new Map<number, Float64Array<ArrayBuffer>>();
  for (const name of COLUMN_NAMES) {
    let column: Float64Array<ArrayBuffer> | undefined;
    for (let row = 0; row < samples.length; row++) {
      const given = samples[row]?.[name];
      if (given === undefined) continue;
      const value = keptValue(name, given);
      if (Number.isNaN(value)) continue;
      column ??= new Float64Array(samples.length).fill(NaN);
      column[row] = value;
    }
    if (column !== undefined) columns.set(COLUMNS[name].code, column);
  }
  return { rows: samples.length, columns };
}

/** Every row as a sample, one at a time; columns that this version does not know are left out. */
export function* samplesOf(table: SampleTable): Generator<MetricsSample> {
  const named: [ColumnName, Float64Array][] = [];
  for (const [code, column] of table.columns) {
    const name = columnNameOf(code);
    if (name !== undefined) named.push([name, column]);
  }
  for (let row = 0; row < table.rows; row++) {
    const sample: { atMs: number } & Partial<Record<ColumnName, number>> = { atMs: NaN };
    for (const [name, column] of named) {
      const value = column[row] ?? NaN;
      if (!Number.isNaN(value)) sample[name] = value;
    }
    yield sample;
  }
}

/** Several tables one after the other. */
export function joinTables(tables: readonly SampleTable[]): SampleTable {
  const only = tables.length === 1 ? tables[0] : undefined;
  if (only !== undefined) return only;
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  const columns = new Map<number, Float64Array<ArrayBuffer>>();
  let before = 0;
  for (const table of tables) {
    for (const [code, column] of table.columns) {
      let whole = columns.get(code);
      if (whole === undefined) columns.set(code, (whole = new Float64Array(rows).fill(NaN)));
      whole.set(column, before);
    }
    before += table.rows;
  }
  return { rows, columns };
}

/** Rows `from` up to but not including `to`; columns that have no value there are left out. */
export function sliceTable(table: SampleTable, from: number, to: number): SampleTable {
  const columns = new Map<number, Float64Array<ArrayBuffer>>();
  for (const [code, column] of table.columns) {
    const part = column.slice(from, to);
    if (part.some((value) => !Number.isNaN(value))) columns.set(code, part);
  }
  return { rows: Math.max(0, Math.min(to, table.rows) - from), columns };
}
