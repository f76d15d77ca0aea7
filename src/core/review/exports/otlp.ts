/**
 * OTLP as JSON lines (https://opentelemetry.io/docs/specs/otel/protocol/file-exporter/ and the JSON encoding of
 * https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding): field names in lowerCamelCase, 64-bit integers as
 * decimal strings, trace and span ids as hex, enums as numbers. A file holds one kind of data, so metrics and traces are
 * two files. The session is a trace; outages and tries are its spans; other events stand on its root.
 */
import type { RecordingEvent } from '../../../shared/recording.ts';
import { isCodedColumn, wordOf } from '../../metrics/codes.ts';
import { COLUMNS } from '../../metrics/columns.ts';
import type { ColumnName } from '../../metrics/columns.ts';
import { columnOf } from '../../metrics/sample-table.ts';
import type { SampleTable } from '../../metrics/sample-table.ts';
import type { OpenRecording, ReviewedOutage } from '../open-recording.ts';
import { isMonotonic, METRIC_COLUMNS, otlpName } from './metric-names.ts';

/** Rows in a line: five minutes, some hundred kB. */
const ROWS_A_LINE = 300;
const CUMULATIVE = 2;
const KIND_INTERNAL = 1;
const STATUS_OK = 1;
const STATUS_ERROR = 2;
const SCOPE = { name: 'clara-voice' };

type Value = string | number | boolean;

/** The samples of a session: `MetricsData`, one JSON object a line. */
export function* otlpMetricLines(recording: OpenRecording): Generator<string> {
  for (const [stream, table] of [['main', recording.main] as const, ...recording.tracks]) {
    const starts = epochStarts(table, recording.session.startedWallMs);
    for (let from = 0; from < table.rows; from += ROWS_A_LINE) {
      const to = Math.min(table.rows, from + ROWS_A_LINE);
      const metrics = METRIC_COLUMNS.map((name) => metricOf(name, recording, table, starts, from, to)).filter(
        (metric) => metric !== undefined,
      );
      if (metrics.length === 0) continue;
      const resource = resourceOf(recording, { 'clara.stream': stream });
      yield `${JSON.stringify({ resourceMetrics: [{ resource, scopeMetrics: [{ scope: SCOPE, metrics }] }] })}\n`;
    }
  }
}

function metricOf(
  name: ColumnName,
  { session }: OpenRecording,
  table: SampleTable,
  starts: ReadonlyMap<string, readonly string[]>,
  from: number,
  to: number,
): object | undefined {
  const values = columnOf(table, name);
  const atMs = columnOf(table, 'atMs');
  if (values === undefined || atMs === undefined) return undefined;
  const facts = COLUMNS[name];
  const dataPoints: object[] = [];
  for (let row = from; row < to; row++) {
    const value = values[row] ?? NaN;
    if (Number.isNaN(value)) continue;
    const word = isCodedColumn(name) ? wordOf(name, value) : undefined;
    dataPoints.push({
      ...(facts.kind === 'counter' && {
        startTimeUnixNano: starts.get(facts.group)?.[row] ?? nano(session.startedWallMs),
      }),
      timeUnixNano: nano(session.startedWallMs + (atMs[row] ?? 0)),
      ...(facts.decimals === 0 ? { asInt: String(value) } : { asDouble: value }),
      ...(word !== undefined && { attributes: attributes({ state: word }) }),
    });
  }
  if (dataPoints.length === 0) return undefined;
  const metric = { name: otlpName(name), unit: facts.unit };
  if (facts.kind !== 'counter') return { ...metric, gauge: { dataPoints } };
  const isMonotonicSum = isMonotonic(name);
  return { ...metric, sum: { dataPoints, aggregationTemporality: CUMULATIVE, isMonotonic: isMonotonicSum } };
}

/** For each group and row, when its counters began: at the start, or at the sample before the epoch changed. */
function epochStarts(table: SampleTable, startedWallMs: number): Map<string, string[]> {
  const atMs = columnOf(table, 'atMs');
  const starts = new Map<string, string[]>();
  for (const [group, name] of [
    ['down', 'downEpoch'],
    ['up', 'upEpoch'],
    ['path', 'pathEpoch'],
  ] as const) {
    const epochs = columnOf(table, name);
    let began = nano(startedWallMs);
    let epoch = NaN;
    const of: string[] = [];
    for (let row = 0; row < table.rows; row++) {
      const now = epochs?.[row] ?? NaN;
      if (!Number.isNaN(epoch) && !Number.isNaN(now) && now !== epoch)
        began = nano(startedWallMs + (atMs?.[row - 1] ?? 0));
      if (!Number.isNaN(now)) epoch = now;
      of.push(began);
    }
    starts.set(group, of);
  }
  return starts;
}

/** The session as a trace: `TracesData`, one line. */
export function* otlpTraceLines(recording: OpenRecording): Generator<string> {
  const { session, durationMs, events, outages } = recording;
  const traceId = hexOf(`${session.id}/trace`) + hexOf(`${session.id}/session`);
  const rootId = hexOf(`${session.id}/root`);
  const at = (atMs: number): string => nano(session.startedWallMs + atMs);
  const isFailed = session.outcome?.phase === 'failed';
  const root = {
    traceId,
    spanId: rootId,
    name: 'clara.session',
    kind: KIND_INTERNAL,
    startTimeUnixNano: at(0),
    endTimeUnixNano: at(durationMs),
    attributes: attributes({ 'clara.session.reason': session.outcome?.reason ?? 'none' }),
    events: events
      .filter(({ kind }) => kind !== 'attempt')
      .map((event) => ({
        timeUnixNano: at(event.atMs),
        name: `clara.${event.kind}`,
        attributes: attributes(eventFacts(event)),
      })),
    status: { code: isFailed ? STATUS_ERROR : STATUS_OK },
  };
  const spans = outages.flatMap((outage, index) =>
    outageSpans(recording, outage, index, { traceId, rootId, at }),
  );
  yield `${JSON.stringify({
    resourceSpans: [
      { resource: resourceOf(recording), scopeSpans: [{ scope: SCOPE, spans: [root, ...spans] }] },
    ],
  })}\n`;
}

interface Trace {
  readonly traceId: string;
  readonly rootId: string;
  readonly at: (atMs: number) => string;
}

function outageSpans(
  recording: OpenRecording,
  outage: ReviewedOutage,
  index: number,
  trace: Trace,
): object[] {
  const { traceId, rootId, at } = trace;
  const spanId = hexOf(`${recording.session.id}/outage/${index}`);
  const span = {
    traceId,
    spanId,
    parentSpanId: rootId,
    name: 'clara.reconnect',
    kind: KIND_INTERNAL,
    startTimeUnixNano: at(outage.startMs),
    endTimeUnixNano: at(outage.endMs),
    attributes: attributes({
      'clara.outage.side': outage.side,
      'clara.outage.end': outage.end,
      'clara.outage.cause': outage.cause.cause,
      'clara.outage.attempts': outage.attempts,
      'clara.outage.rejoin': outage.isRejoin,
      ...(outage.audio !== undefined && { 'clara.outage.audio_lost_ms': Math.round(outage.audio.downMs) }),
    }),
    status: { code: outage.end === 'recovered' ? STATUS_OK : STATUS_ERROR },
  };
  const tries = recording.events
    .filter((event) => event.kind === 'attempt' && event.atMs >= outage.startMs && event.atMs <= outage.endMs)
    .map((event, number) =>
      event.kind === 'attempt'
        ? {
            traceId,
            spanId: hexOf(`${recording.session.id}/outage/${index}/try/${number}`),
            parentSpanId: spanId,
            name: 'clara.reconnect.attempt',
            kind: KIND_INTERNAL,
            startTimeUnixNano: at(Math.max(outage.startMs, event.atMs - event.tookMs)),
            endTimeUnixNano: at(event.atMs),
            attributes: attributes(eventFacts(event)),
            status: { code: event.result === 'ok' ? STATUS_OK : STATUS_ERROR },
          }
        : {},
    );
  return [span, ...tries];
}

function eventFacts(event: RecordingEvent): Record<string, Value> {
  const { kind: _kind, atMs: _atMs, ...rest } = event;
  const flat: Record<string, Value> = {};
  for (const [name, value] of Object.entries(rest) as [string, Value | Record<string, Value>][])
    if (typeof value === 'object') Object.assign(flat, value);
    else flat[name] = value;
  return flat;
}

function resourceOf({ session }: OpenRecording, more: Record<string, Value> = {}): object {
  return { attributes: attributes({ 'service.name': 'clara-voice', 'session.id': session.id, ...more }) };
}

function attributes(facts: Readonly<Record<string, Value>>): object[] {
  return Object.entries(facts).map(([key, value]) => ({
    key,
    value:
      typeof value === 'string'
        ? { stringValue: value }
        : typeof value === 'boolean'
          ? { boolValue: value }
          : Number.isSafeInteger(value)
            ? { intValue: String(value) }
            : { doubleValue: value },
  }));
}

function nano(wallMs: number): string {
  return `${Math.round(wallMs)}000000`;
}

/** 16 hex digits of a text, never all 0: FNV-1a, 64 bits. Only to tell spans apart. */
function hexOf(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text))
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return (hash === 0n ? 1n : hash).toString(16).padStart(16, '0');
}
