/**
 * CSV as RFC 4180 has it: CRLF, a header, quotes where they are needed. One row a sample, or one an event. Coded
 * columns are told in words. Text that a spreadsheet would take for a formula is made harmless.
 */
import type { RecordingEvent } from '../../../shared/recording.ts';
import { isCodedColumn, wordOf } from '../../metrics/codes.ts';
import { COLUMN_NAMES } from '../../metrics/columns.ts';
import { columnOf } from '../../metrics/sample-table.ts';
import type { SampleTable } from '../../metrics/sample-table.ts';
import { isoTime } from '../iso-time.ts';
import type { OpenRecording } from '../open-recording.ts';

/** The samples of a recording, all streams, line by line: stream, wall time, then every column that has a value. */
export function* csvOfSamples({ session, main, tracks }: OpenRecording): Generator<string> {
  const streams: [string, SampleTable][] = [['main', main], ...tracks];
  const names = COLUMN_NAMES.filter((name) =>
    streams.some(([, table]) => columnOf(table, name) !== undefined),
  );
  yield csvRow(['stream', 'time', ...names]);
  for (const [stream, table] of streams) {
    const columns = names.map((name) => ({ name, values: columnOf(table, name) }));
    const atMs = columnOf(table, 'atMs');
    for (let row = 0; row < table.rows; row++) {
      const cells = columns.map(({ name, values }) => {
        const value = values?.[row] ?? NaN;
        if (Number.isNaN(value)) return '';
        return isCodedColumn(name) ? (wordOf(name, value) ?? value) : value;
      });
      yield csvRow([stream, isoTime(session.startedWallMs + (atMs?.[row] ?? 0)), ...cells]);
    }
  }
}

/** The events of a recording, line by line; what is particular to a kind stands as JSON in the last column. */
export function* csvOfEvents({ session, events }: OpenRecording): Generator<string> {
  yield csvRow(['time', 'atMs', 'kind', 'facts']);
  for (const event of events)
    yield csvRow([
      isoTime(session.startedWallMs + event.atMs),
      event.atMs,
      event.kind,
      JSON.stringify(factsOf(event)),
    ]);
}

function factsOf(event: RecordingEvent): Record<string, unknown> {
  const { kind: _kind, atMs: _atMs, ...facts } = event;
  return facts;
}

function csvRow(cells: readonly (string | number)[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

function csvCell(cell: string | number): string {
  if (typeof cell === 'number') return String(cell);
  const safe = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
