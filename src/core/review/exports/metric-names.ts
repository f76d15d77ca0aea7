/** What columns are called by metric systems: OpenTelemetry has dots and a unit beside, OpenMetrics the unit in the name. */
import { COLUMN_NAMES, COLUMNS } from '../../metrics/columns.ts';
import type { ColumnName } from '../../metrics/columns.ts';

/** Columns that are exported as metrics; time is no metric. */
export const METRIC_COLUMNS = COLUMN_NAMES.filter((name) => COLUMNS[name].group !== 'clock');

/** `downJitterBufferDelayS` -> `clara.down.jitter_buffer_delay`. */
export function otlpName(name: ColumnName): string {
  return `clara.${COLUMNS[name].group}.${wordsOf(name).join('_')}`;
}

/** Suffix and factor by UCUM unit: OpenMetrics wants base units. */
const UNITS: Readonly<Record<string, readonly [suffix: string, factor: number]>> = {
  s: ['seconds', 1],
  ms: ['seconds', 0.001],
  By: ['bytes', 1],
  'bit/s': ['bits_per_second', 1],
};

/** Name, unit (empty for counts) and the factor that brings a value to the unit. */
export function openMetricsName(name: ColumnName): { name: string; unit: string; factor: number } {
  const { group, unit } = COLUMNS[name];
  const [suffix = '', factor = 1] = UNITS[unit] ?? [];
  const words = wordsOf(name).filter((word) => word !== suffix);
  return {
    name: ['clara', group, ...words, ...(suffix === '' ? [] : [suffix])].join('_'),
    unit: suffix,
    factor,
  };
}

/** Whether a column may be told as a counter: one that never shrinks within its epoch. */
export function isMonotonic(name: ColumnName): boolean {
  return COLUMNS[name].kind === 'counter' && name !== 'downPacketsLost' && name !== 'upPacketsLost';
}

/** The words between group and unit. */
function wordsOf(name: ColumnName): string[] {
  const words = name.replace(/LiveKit/, 'Livekit').match(/[A-Z]?[a-z]+|[A-Z]/g) ?? [];
  return words
    .slice(1)
    .map((word) => word.toLowerCase())
    .filter((word, index, all) => index < all.length - 1 || !['s', 'ms', 'bps', 'code'].includes(word));
}
