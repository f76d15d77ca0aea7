import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COLUMNS } from '../../../../src/core/metrics/columns.ts';
import { csvOfEvents, csvOfSamples } from '../../../../src/core/review/exports/csv.ts';
import {
  METRIC_COLUMNS,
  openMetricsName,
  otlpName,
} from '../../../../src/core/review/exports/metric-names.ts';
import { ndjsonOf } from '../../../../src/core/review/exports/ndjson.ts';
import { openMetricsOf } from '../../../../src/core/review/exports/open-metrics.ts';
import { otlpMetricLines, otlpTraceLines } from '../../../../src/core/review/exports/otlp.ts';
import { isoTime } from '../../../../src/core/review/iso-time.ts';
import { openRecording } from '../../../../src/core/review/open-recording.ts';
import type { RecordingEvent } from '../../../../src/shared/recording.ts';
import { callRecording, STARTED_WALL_MS } from '../../../support/core/recordings.ts';

const cuts = [
  { fromS: 20, toS: 32 },
  { fromS: 50, toS: 58, isRejoin: true },
];
const attempt: RecordingEvent = {
  kind: 'attempt',
  atMs: 57_000,
  by: 'rejoin',
  attempt: 2,
  cause: 'SIGNAL_CLOSE',
  result: 'ok',
  tookMs: 900,
};
const recording = callRecording(90, cuts);
const opened = openRecording({ ...recording, events: [...recording.events, attempt] });

/** RFC 4180, strictly: CRLF only, quotes only round whole cells, the same number of cells in every row. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;
  while (cell.lastIndex < text.length) {
    const at = cell.lastIndex;
    const match = cell.exec(text);
    assert.ok(match !== null, `not RFC 4180 at ${at}`);
    rows.at(-1)?.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] === '\r\n') rows.push([]);
  }
  assert.deepEqual(rows.pop(), [], 'ends with a line end');
  assert.equal(new Set(rows.map((row) => row.length)).size, 1, 'rows are equally long');
  return rows;
}

test('times are told as Date tells them', () => {
  for (const wallMs of [
    0,
    951_782_399_999,
    951_868_800_000,
    STARTED_WALL_MS,
    4_102_444_800_001,
    253_402_300_799_999,
  ])
    assert.equal(isoTime(wallMs), new Date(wallMs).toISOString());
  assert.throws(() => isoTime(1e15), RangeError);
});

test('CSV of samples has a header, every sample, and words for codes', () => {
  const [header, ...rows] = parseCsv([...csvOfSamples(opened)].join(''));
  assert.equal(rows.length, 90);
  const first = Object.fromEntries(header?.map((name, index) => [name, rows[0]?.[index]]) ?? []);
  assert.equal(first['stream'], 'main');
  assert.match(first['time'] ?? '', /^2026-03-01T12:00:01\.00\dZ$/);
  assert.equal(first['downPacketsReceived'], '50');
  assert.equal(first['signalPhaseCode'], 'connected');
  assert.equal(first['pathLocalCandidateCode'], 'host');
});

test('CSV quotes what needs it and makes formulas harmless', () => {
  const hostile: RecordingEvent = {
    kind: 'phase',
    atMs: 1,
    phase: 'failed',
    facts: { detail: '=HYPERLINK("http://x"),\r\n<b>' },
  };
  const lines = [...csvOfEvents({ ...opened, events: [hostile] })];
  const [, row] = parseCsv(lines.join(''));
  assert.deepEqual(row?.slice(1, 3), ['1', 'phase']);
  assert.deepEqual(JSON.parse(row?.[3] ?? ''), { phase: 'failed', facts: hostile.facts });
  const evil = openRecording({
    ...recording,
    chunks: recording.chunks.map((chunk) => ({ ...chunk, stream: '=1+1' })),
  });
  // A stream of such a name is no main stream; it is told all the same.
  assert.equal(parseCsv([...csvOfSamples(evil)].join(''))[1]?.[0], "'=1+1");
});

test('NDJSON has a session, its events and its samples, an object a line', () => {
  const lines = [...ndjsonOf(opened)];
  const objects = lines.map((line) => {
    assert.ok(line.endsWith('\n') && !line.slice(0, -1).includes('\n'));
    return JSON.parse(line) as Record<string, unknown>;
  });
  const count = (type: string): number => objects.filter((object) => object['type'] === type).length;
  assert.deepEqual([count('session'), count('event'), count('sample')], [1, opened.events.length, 90]);
  assert.ok(objects.every(({ sessionId }) => sessionId === 'call-1'));
  assert.equal(objects[0]?.['durationMs'], 90_000);
});

test('no two columns have the same name in a metric system', () => {
  assert.equal(new Set(METRIC_COLUMNS.map(otlpName)).size, METRIC_COLUMNS.length);
  assert.equal(new Set(METRIC_COLUMNS.map((name) => openMetricsName(name).name)).size, METRIC_COLUMNS.length);
  assert.equal(otlpName('downJitterBufferDelayS'), 'clara.down.jitter_buffer_delay');
  assert.deepEqual(openMetricsName('downBytesReceived'), {
    name: 'clara_down_received_bytes',
    unit: 'bytes',
    factor: 1,
  });
});

test('OpenMetrics tells every family once, in seconds, with growing timestamps, and ends with EOF', () => {
  const second = openRecording(callRecording(30, [], { id: 'call "2"\n' }));
  const text = [...openMetricsOf([opened, second])].join('');
  assert.ok(text.endsWith('\n# EOF\n'));
  const lines = text.trimEnd().split('\n');
  const families = new Set<string>();
  let family = '';
  const last = new Map<string, number>();
  let points = 0;
  for (const line of lines.slice(0, -1)) {
    const type = /^# TYPE (\S+) (counter|gauge)$/.exec(line);
    if (type?.[1] !== undefined) {
      family = type[1];
      assert.ok(!families.has(family), `${family} is told twice`);
      families.add(family);
      continue;
    }
    const unit = /^# UNIT (\S+) (\S+)$/.exec(line);
    if (unit !== null) {
      assert.equal(unit[1], family);
      assert.ok(family.endsWith(`_${unit[2]}`));
      continue;
    }
    if (line.startsWith(`# HELP ${family} `)) continue;
    const point = /^([a-z_]+)(\{(?:[a-z]+="(?:[^"\\\n]|\\["\\n])*",?)*\}) (-?[\d.e+-]+) (\d+\.\d{3})$/.exec(
      line,
    );
    assert.ok(point !== null, `no point: ${line}`);
    assert.ok(point[1] === family || point[1] === `${family}_total`);
    const time = Number(point[4]);
    const metric = `${point[1]}${point[2]}`;
    assert.ok(time > (last.get(metric) ?? 0), 'timestamps grow');
    last.set(metric, time);
    points++;
  }
  assert.ok(points > 90 * 40);
  assert.match(text, /^clara_path_rtt_seconds\{session="call-1",stream="main"\} 0\.08\d* 1772366401\.00\d$/m);
  assert.match(text, /^clara_down_packets_received_total\{session="call \\"2\\"\\n",stream="main"\} 50 /m);
});

interface Otlp {
  readonly resourceMetrics: {
    resource: { attributes: { key: string; value: Record<string, unknown> }[] };
    scopeMetrics: { metrics: OtlpMetric[] }[];
  }[];
}
interface OtlpMetric {
  readonly name: string;
  readonly unit: string;
  readonly sum?: { dataPoints: OtlpPoint[]; aggregationTemporality: number; isMonotonic: boolean };
  readonly gauge?: { dataPoints: OtlpPoint[] };
}
interface OtlpPoint {
  readonly startTimeUnixNano?: string;
  readonly timeUnixNano: string;
  readonly asInt?: string;
  readonly asDouble?: number;
}

test('OTLP metrics are lines of MetricsData with 64-bit integers as text', () => {
  const lines = [
    ...otlpMetricLines(openRecording(callRecording(650, [{ fromS: 50, toS: 58, isRejoin: true }]))),
  ];
  assert.equal(lines.length, 3);
  const metrics = lines.map((line) => {
    assert.ok(line.endsWith('}\n') && line.indexOf('\n') === line.length - 1);
    const [data] = (JSON.parse(line) as Otlp).resourceMetrics;
    assert.ok(data !== undefined);
    assert.ok(
      data.resource.attributes.some(({ key, value }) => key === 'service.name' && 'stringValue' in value),
    );
    return data.scopeMetrics[0]?.metrics ?? [];
  });
  for (const { name, unit, sum, gauge } of metrics.flat()) {
    assert.match(name, /^clara\.(down|up|path|signal|agent)\.[a-z_]+$/);
    assert.notEqual(unit, '');
    assert.notEqual(sum === undefined, gauge === undefined);
    for (const point of (sum ?? gauge)?.dataPoints ?? []) {
      assert.match(point.timeUnixNano, /^17723\d{8}\d{6}$/);
      assert.notEqual(point.asInt === undefined, point.asDouble === undefined);
      if (point.asInt !== undefined) assert.match(point.asInt, /^-?\d+$/);
      if (sum !== undefined) assert.ok(BigInt(point.startTimeUnixNano ?? '0') < BigInt(point.timeUnixNano));
    }
  }
  const received = metrics[0]?.find(({ name }) => name === 'clara.down.packets_received')?.sum;
  assert.deepEqual([received?.aggregationTemporality, received?.isMonotonic], [2, true]);
  assert.equal(
    new Set(received?.dataPoints.map((point) => point.startTimeUnixNano)).size,
    2,
    'a start an epoch',
  );
  assert.equal(metrics[0]?.find(({ name }) => name === 'clara.down.packets_lost')?.sum?.isMonotonic, false);
  assert.ok(!('stats' in COLUMNS.signalPingRttMs));
});

test('OTLP traces tell outages and tries as spans below the session', () => {
  const [line, ...others] = [...otlpTraceLines(opened)];
  assert.deepEqual(others, []);
  const data = JSON.parse(line ?? '') as {
    resourceSpans: { scopeSpans: { spans: Record<string, string & { length: number }>[] }[] }[];
  };
  const spans = data.resourceSpans[0]?.scopeSpans[0]?.spans ?? [];
  assert.deepEqual(
    spans.map(({ name }) => name),
    ['clara.session', 'clara.reconnect', 'clara.reconnect', 'clara.reconnect.attempt'],
  );
  const [root, first, second, tried] = spans;
  for (const span of spans) {
    assert.match(span['traceId'] ?? '', /^[0-9a-f]{32}$/);
    assert.equal(span['traceId'], root?.['traceId']);
    assert.match(span['spanId'] ?? '', /^[0-9a-f]{16}$/);
    assert.ok(BigInt(span['startTimeUnixNano'] ?? '0') <= BigInt(span['endTimeUnixNano'] ?? '0'));
  }
  assert.equal(new Set(spans.map((span) => span['spanId'])).size, spans.length);
  assert.equal(root?.['parentSpanId'], undefined);
  assert.equal(first?.['parentSpanId'], root?.['spanId']);
  assert.equal(tried?.['parentSpanId'], second?.['spanId']);
  assert.equal(first?.['startTimeUnixNano'], `${STARTED_WALL_MS + 20_000}000000`);
  assert.equal(root?.['events']?.length, opened.events.length - 1);
});

test('a recording without samples exports all the same', () => {
  const bare = openRecording({ ...recording, chunks: [] });
  assert.equal([...csvOfSamples(bare)].join(''), 'stream,time\r\n');
  assert.equal([...openMetricsOf([bare])].join(''), '# EOF\n');
  assert.deepEqual([...otlpMetricLines(bare)], []);
  assert.equal([...ndjsonOf(bare)].length, 1 + bare.events.length);
});
