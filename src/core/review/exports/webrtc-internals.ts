/**
 * A dump as chrome://webrtc-internals writes it: for every property of every stats object a series, as JSON in a
 * string: `stats["<id>-<prop>"] = {startTime, endTime, statsType, values: "[...]"}`. Readers lay a series against its
 * object's `timestamp` series from the end, so all series of an object are equally long; what is missing is null.
 */
import { samplesOf } from '../../metrics/sample-table.ts';
import { isoTime } from '../iso-time.ts';
import type { OpenRecording } from '../open-recording.ts';
import { CLARA_METHOD, connectionState } from './rtcstats.ts';
import { statsObjects } from './stats-objects.ts';

interface Series {
  readonly statsType: string;
  readonly timestamps: number[];
  readonly values: Map<string, (string | number | null)[]>;
}

/** A recording as a dump, in pieces that make one JSON object. */
export function* webrtcInternalsOf(recording: OpenRecording): Generator<string> {
  const { session, events } = recording;
  const wall = (atMs: number): number => session.startedWallMs + atMs;
  const updateLog = events.flatMap((event) => {
    const when = { time: isoTime(wall(event.atMs)), timestamp: wall(event.atMs) };
    const state = connectionState(event);
    return [
      ...(state === undefined ? [] : [{ ...when, type: 'connectionstatechange', value: state }]),
      { ...when, type: `${CLARA_METHOD}${event.kind}`, value: JSON.stringify(event) },
    ];
  });
  yield '{"getUserMedia":[],"PeerConnections":{"1-1":{"pid":1,"rid":1,"url":"","rtcConfiguration":"{}","constraints":"",';
  yield `"updateLog":${JSON.stringify(updateLog)},"stats":{`;
  let separator = '';
  for (const [id, { statsType, timestamps, values }] of seriesOf(recording)) {
    const times = {
      startTime: isoTime(timestamps[0] ?? 0),
      endTime: isoTime(timestamps.at(-1) ?? 0),
      statsType,
    };
    for (const [name, of] of [['timestamp', timestamps] as const, ...values]) {
      const series = JSON.stringify({ ...times, values: JSON.stringify(of) });
      yield `${separator}${JSON.stringify(`${id}-${name}`)}:${series}`;
      separator = ',';
    }
  }
  const about = {
    timestamp: session.startedWallMs,
    UserAgent: 'clara-voice',
    UserAgentData: [],
    claraSession: session.id,
  };
  yield `}}},${JSON.stringify(about).slice(1)}`;
}

function seriesOf({ main, session }: OpenRecording): Map<string, Series> {
  const series = new Map<string, Series>();
  for (const sample of samplesOf(main))
    for (const { id, type, fields } of statsObjects(sample)) {
      let of = series.get(id);
      if (of === undefined) series.set(id, (of = { statsType: type, timestamps: [], values: new Map() }));
      const rows = of.timestamps.push(session.startedWallMs + sample.atMs);
      for (const [name, value] of Object.entries(fields)) {
        let values = of.values.get(name);
        if (values === undefined) of.values.set(name, (values = new Array<null>(rows - 1).fill(null)));
        values.push(value);
      }
      for (const values of of.values.values()) if (values.length < rows) values.push(null);
    }
  return series;
}
