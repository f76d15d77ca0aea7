/** One JSON object a line: the session, its events, its samples. For pandas, DuckDB, jq. Missing values are left out. */
import { samplesOf } from '../../metrics/sample-table.ts';
import { isoTime } from '../iso-time.ts';
import type { OpenRecording } from '../open-recording.ts';

/** A recording, line by line. Every line has `type` (`session`, `event`, `sample`) and `sessionId`. */
export function* ndjsonOf({ session, events, main, tracks, durationMs }: OpenRecording): Generator<string> {
  const { id: sessionId, startedWallMs } = session;
  const line = (fields: Record<string, unknown>): string => `${JSON.stringify(fields)}\n`;
  yield line({ type: 'session', sessionId, time: isoTime(startedWallMs), durationMs, ...session });
  for (const event of events)
    yield line({ type: 'event', sessionId, time: isoTime(startedWallMs + event.atMs), ...event });
  for (const [stream, table] of [['main', main] as const, ...tracks])
    for (const sample of samplesOf(table))
      yield line({
        type: 'sample',
        sessionId,
        stream,
        time: isoTime(startedWallMs + sample.atMs),
        ...sample,
      });
}
