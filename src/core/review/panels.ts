/**
 * What charts show: lines over the time of a call, worked out of raw columns. Owns which lines there are and in which
 * panel; a value that was not measured is NaN, and a stretch without samples breaks every line. All lines of a recording
 * share one time axis, so that a cursor means the same everywhere.
 */
import type { ColumnName } from '../metrics/columns.ts';
import { isGapAt } from '../metrics/growth-table.ts';
import type { CounterName } from '../metrics/intervals.ts';
import { columnOf } from '../metrics/sample-table.ts';
import type { OpenRecording } from './open-recording.ts';

/** Panels from top to bottom. */
export const PANEL_KEYS = ['roundTrip', 'buffer', 'loss', 'bitrate', 'level', 'heard'] as const;
export type PanelKey = (typeof PANEL_KEYS)[number];

/** One line of a panel. */
export type SeriesKey =
  | 'rtt'
  | 'ping'
  | 'jitter'
  | 'jitterBuffer'
  | 'lost'
  | 'concealed'
  | 'down'
  | 'up'
  | 'user'
  | 'agent'
  | 'answer';

/** A line; `values` has one value for each time of its {@link Panels}. */
export interface Series {
  readonly key: SeriesKey;
  readonly values: Float64Array;
}

/** A chart. */
export interface Panel {
  readonly key: PanelKey;
  readonly unit: 'ms' | '%' | 'kbit/s';
  readonly series: readonly Series[];
}

/** All charts of a recording. */
export interface Panels {
  /** Monotonic ms since the session's start, growing. */
  readonly atMs: Float64Array;
  readonly panels: readonly Panel[];
}

/** The charts of a recording. A panel of which nothing was measured is left out. */
export function panelsOf({ main, growth }: OpenRecording): Panels {
  const rows = axisRows(growth);
  const atMs = Float64Array.from(rows, (row) =>
    row < 0 ? (growth.fromMs[-row] ?? 0) + 1 : (growth.atMs[row] ?? 0),
  );
  const gauge = (name: ColumnName, factor = 1): Float64Array => {
    const values = columnOf(main, name);
    return line(rows, (row) => (values?.[row] ?? NaN) * factor);
  };
  const grown = (name: CounterName): ((row: number) => number) => {
    const values = growth.grown.get(name);
    return (row) => values?.[row] ?? NaN;
  };
  const seconds = (row: number): number => ((growth.atMs[row] ?? NaN) - (growth.fromMs[row] ?? NaN)) / 1000;
  const share = (part: (row: number) => number, whole: (row: number) => number): Float64Array =>
    line(rows, (row) => {
      const of = whole(row);
      return of > 0 ? Math.max(0, part(row)) / of : NaN;
    });
  const kbps = (bytes: CounterName, orBytes: CounterName): Float64Array => {
    const first = grown(bytes);
    const other = grown(orBytes);
    return line(rows, (row) => {
      const value = first(row);
      return ((Number.isNaN(value) ? other(row) : value) * 0.008) / seconds(row);
    });
  };
  const lost = grown('downPacketsLost');
  const delayS = grown('downJitterBufferDelayS');
  const received = grown('downPacketsReceived');
  const percent = (values: Float64Array): Float64Array => values.map((value) => value * 100);
  const panels: Panel[] = [
    {
      key: 'roundTrip',
      unit: 'ms',
      series: [
        { key: 'rtt', values: gauge('pathRttS', 1000) },
        { key: 'ping', values: gauge('signalPingRttMs') },
      ],
    },
    {
      key: 'buffer',
      unit: 'ms',
      series: [
        {
          key: 'jitterBuffer',
          values: share((row) => delayS(row) * 1000, grown('downJitterBufferEmittedCount')),
        },
        { key: 'jitter', values: gauge('downJitterS', 1000) },
      ],
    },
    {
      key: 'loss',
      unit: '%',
      series: [
        {
          key: 'concealed',
          values: percent(share(grown('downConcealedSamples'), grown('downTotalSamplesReceived'))),
        },
        { key: 'lost', values: percent(share(lost, (row) => received(row) + Math.max(0, lost(row)))) },
      ],
    },
    {
      key: 'bitrate',
      unit: 'kbit/s',
      series: [
        { key: 'down', values: kbps('downBytesReceived', 'pathBytesReceived') },
        { key: 'up', values: kbps('upBytesSent', 'pathBytesSent') },
      ],
    },
    {
      key: 'level',
      unit: '%',
      series: [
        { key: 'user', values: percent(gauge('upAudioLevelRatio')) },
        { key: 'agent', values: percent(gauge('downAudioLevelRatio')) },
      ],
    },
    { key: 'heard', unit: 'ms', series: [{ key: 'answer', values: gauge('agentHeardLatencyMs') }] },
  ];
  return { atMs, panels: panels.flatMap(measured) };
}

/** A panel with the lines that have a value. */
function measured(panel: Panel): Panel[] {
  const series = panel.series.filter(({ values }) => values.some((value) => !Number.isNaN(value)));
  return series.length === 0 ? [] : [{ ...panel, series }];
}

/** Rows that are in order; where samples are missing, minus the row behind the hole stands before it. */
function axisRows(growth: OpenRecording['growth']): Int32Array {
  const rows: number[] = [];
  for (let row = 0; row < growth.rows; row++) {
    const isFirst = rows.length === 0;
    if (!isFirst && Number.isNaN(growth.fromMs[row] ?? NaN)) continue;
    if (!isFirst && isGapAt(growth, row)) rows.push(-row);
    rows.push(row);
  }
  return Int32Array.from(rows);
}

function line(rows: Int32Array, valueAt: (row: number) => number): Float64Array {
  const values = new Float64Array(rows.length);
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at] ?? -1;
    values[at] = row < 0 ? NaN : valueAt(row);
  }
  return values;
}
