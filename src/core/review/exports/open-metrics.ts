/**
 * OpenMetrics 1.0 text (https://prometheus.io/docs/specs/om/open_metrics_spec/), for a backfill by
 * `promtool tsdb create-blocks-from openmetrics`. Timestamps are seconds; a family is told once, with the points of
 * all sessions, so all of them have to be at hand. Ends with `# EOF`, without which a reader takes it for cut.
 */
import { CODE_LISTS, isCodedColumn } from '../../metrics/codes.ts';
import { COLUMNS } from '../../metrics/columns.ts';
import type { ColumnName } from '../../metrics/columns.ts';
import { columnOf } from '../../metrics/sample-table.ts';
import type { OpenRecording } from '../open-recording.ts';
import { isMonotonic, METRIC_COLUMNS, openMetricsName } from './metric-names.ts';

/** Sessions as OpenMetrics, some lines at a time; `session` and `stream` are labels. */
export function* openMetricsOf(recordings: readonly OpenRecording[]): Generator<string> {
  for (const column of METRIC_COLUMNS) {
    const streams = recordings.flatMap((recording) =>
      [['main', recording.main] as const, ...recording.tracks].flatMap(([stream, table]) => {
        const values = columnOf(table, column);
        const atMs = columnOf(table, 'atMs');
        return values === undefined || atMs === undefined ? [] : [{ recording, stream, values, atMs }];
      }),
    );
    if (streams.length === 0) continue;
    const { name, unit, factor } = openMetricsName(column);
    const isCounter = isMonotonic(column);
    yield `# TYPE ${name} ${isCounter ? 'counter' : 'gauge'}\n`;
    if (unit !== '') yield `# UNIT ${name} ${unit}\n`;
    yield `# HELP ${name} ${helpOf(column)}\n`;
    for (const { recording, stream, values, atMs } of streams) {
      const labels = `session="${escaped(recording.session.id)}",stream="${escaped(stream)}"`;
      const metric = `${name}${isCounter ? '_total' : ''}{${labels}}`;
      for (let row = 0; row < values.length; row++) {
        const value = values[row] ?? NaN;
        const time = recording.session.startedWallMs + (atMs[row] ?? NaN);
        if (Number.isNaN(value) || Number.isNaN(time)) continue;
        yield `${metric} ${factor === 1 ? value : value * factor} ${(time / 1000).toFixed(3)}\n`;
      }
    }
  }
  yield '# EOF\n';
}

function helpOf(column: ColumnName): string {
  const stats = COLUMNS[column].stats;
  if (isCodedColumn(column))
    return `${column}: ${CODE_LISTS[column].map((word, code) => `${code} ${word}`).join(', ')}`;
  return stats === undefined ? column : `${column}: webrtc-stats ${stats[1]}`;
}

function escaped(label: string): string {
  return label.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
