import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { packTable } from '../../../../src/core/metrics/chunk-codec.ts';
import { COLUMNS } from '../../../../src/core/metrics/columns.ts';
import type { ColumnName, MetricsSample } from '../../../../src/core/metrics/columns.ts';
import { samplesOf } from '../../../../src/core/metrics/sample-table.ts';
import { archiveOf } from '../../../../src/core/review/exports/archive.ts';
import { csvOfEvents, csvOfSamples } from '../../../../src/core/review/exports/csv.ts';
import { ndjsonOf } from '../../../../src/core/review/exports/ndjson.ts';
import { openMetricsOf } from '../../../../src/core/review/exports/open-metrics.ts';
import { otlpMetricLines, otlpTraceLines } from '../../../../src/core/review/exports/otlp.ts';
import { rtcstatsOf } from '../../../../src/core/review/exports/rtcstats.ts';
import { webrtcInternalsOf } from '../../../../src/core/review/exports/webrtc-internals.ts';
import { ImportError } from '../../../../src/core/review/imports/import-error.ts';
import type { ImportErrorCode } from '../../../../src/core/review/imports/import-error.ts';
import { formatOf, importRecordings } from '../../../../src/core/review/imports/import-recordings.ts';
import { ByteGuard, gatherBytes } from '../../../../src/core/review/imports/limits.ts';
import { openRecording } from '../../../../src/core/review/open-recording.ts';
import type { KeptPiece, Recording, RecordingEvent } from '../../../../src/shared/recording.ts';
import { callRecording, STARTED_WALL_MS } from '../../../support/core/recordings.ts';

const cuts = [
  { fromS: 40, toS: 52 },
  { fromS: 80, toS: 90, isRejoin: true },
];
const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
const read = (bytes: Uint8Array | string): Recording[] =>
  importRecordings(typeof bytes === 'string' ? bytesOf(bytes) : bytes, () => 'imported-1');

async function archived(...recordings: Recording[]): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  for await (const piece of archiveOf(recordings)) pieces.push(piece);
  return new Uint8Array(Buffer.concat(pieces));
}

/** The error that reading gives; fails when something is read. */
function failure(bytes: Uint8Array | string): ImportError {
  try {
    read(bytes);
  } catch (error) {
    assert.ok(error instanceof ImportError, String(error));
    return error;
  }
  assert.fail('was read');
}

function refused(bytes: Uint8Array | string, code: ImportErrorCode, message: RegExp): void {
  const error = failure(bytes);
  assert.equal(error.code, code, error.message);
  assert.match(error.message, message);
}

const everyEvent: RecordingEvent[] = [
  { kind: 'mute', atMs: 1, muted: true },
  { kind: 'network', atMs: 2, hint: 'offline' },
  { kind: 'error', atMs: 3, code: 'joinTimeout' },
  { kind: 'attempt', atMs: 4, by: 'sdk', attempt: 1, cause: 'NONE', result: 'aborted', tookMs: 0.5 },
  { kind: 'device', atMs: 5, change: 'input' },
  { kind: 'page', atMs: 6.25, state: 'frozen' },
  { kind: 'heard', atMs: 7, latencyMs: 640 },
  {
    kind: 'phase',
    atMs: 8,
    phase: 'failed',
    facts: { detail: 'any "text"\n<b>é</b>', attempt: 3, offline: true },
  },
];

test('an archive brings every session back bit by bit', async () => {
  const first = callRecording(700, cuts);
  const second = callRecording(20, [], { id: 'call-2', interrupted: true, pinned: true });
  const { endedWallMs: _, outcome: __, ...open } = second.session;
  const all = [
    { ...first, events: [...everyEvent, ...first.events] },
    { ...second, session: open },
  ];
  const bytes = await archived(...all);
  assert.equal(formatOf(bytes), 'archive');
  const back = read(bytes);
  assert.deepEqual(back, all);
  assert.deepEqual(await archived(...back), bytes);
});

const kept: KeptPiece[] = [
  {
    kind: 'text',
    seq: 0,
    atMs: 1.5,
    wallMs: STARTED_WALL_MS,
    from: 'user',
    by: 'text',
    id: 'm-1',
    text: '<b>secret words</b>\n"é"',
  },
  {
    kind: 'sound',
    seq: 0,
    take: 0,
    atMs: 900,
    type: 'audio/webm',
    data: Uint8Array.of(26, 69, 223, 163),
  },
  { kind: 'sound', seq: 1, take: 1, atMs: 9000, type: 'audio/webm', data: new Uint8Array() },
];

async function archivedWithKept(...recordings: Recording[]): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  for await (const piece of archiveOf(recordings, true)) pieces.push(piece);
  return new Uint8Array(Buffer.concat(pieces));
}

test('text and sound come back bit by bit from an archive that was to have them', async () => {
  const all = [{ ...callRecording(20), kept }, callRecording(5, [], { id: 'call-2' })];
  const bytes = await archivedWithKept(...all);
  assert.equal(bytes[8], 2);
  const back = read(bytes);
  assert.deepEqual(back, all);
  assert.deepEqual(await archivedWithKept(...back), bytes);
  for (let length = 0; length < bytes.length; length += 41) failure(bytes.slice(0, length));
});

test('no export has text or sound by itself', async () => {
  const recording = callRecording(20);
  const bytes = await archived({ ...recording, kept });
  assert.deepEqual(bytes, await archived(recording), 'not one byte of it');
  assert.equal(bytes[8], 1);
  const opened = openRecording({ ...recording, kept });
  const lines = [
    csvOfSamples,
    csvOfEvents,
    ndjsonOf,
    otlpMetricLines,
    otlpTraceLines,
    rtcstatsOf,
    webrtcInternalsOf,
  ];
  const texts = [...lines.map((of) => [...of(opened)].join('')), [...openMetricsOf([opened])].join('')];
  for (const text of texts) assert.doesNotMatch(text, /secret words|m-1|webm/);
});

test('text and sound of strangers are read strictly', async () => {
  const [text, sound] = kept;
  const wrong: [unknown, ImportErrorCode, RegExp][] = [
    [{ ...text, kind: 'video', data: new Uint8Array() }, 'badValue', /kept\[0\]\.kind/],
    [{ ...text, text: 'x'.repeat(15_001) }, 'tooLarge', /kept\[0\]\.text/],
    [{ ...text, from: 'judge' }, 'badValue', /kept\[0\]\.from/],
    [{ ...sound, type: 'text/html' }, 'badValue', /kept\[0\]\.type/],
    [{ ...sound, data: { length: 2 ** 30 } }, 'badValue', /kept\[0\]\.bytes/],
  ];
  for (const [piece, code, message] of wrong) {
    const recording = { ...callRecording(2), kept: [piece as KeptPiece] };
    const pieces: Uint8Array[] = [];
    for await (const part of archiveOf([recording], true)) if (part instanceof Uint8Array) pieces.push(part);
    refused(new Uint8Array(Buffer.concat(pieces)), code, message);
  }
  refused(
    await archivedWithKept({ ...callRecording(2), kept: [text!, text!] }),
    'badValue',
    /is there twice/,
  );
});

test('any chunks and events survive an archive, also of a codec of a later version', async () => {
  const chunk = fc.record({
    stream: fc.constantFrom('main', 'track2', 'later:stream'),
    codec: fc.constant(7),
    data: fc.uint8Array({ maxLength: 40 }).map((bytes) => new Uint8Array(bytes)),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(chunk, { maxLength: 6 }),
      fc.shuffledSubarray(everyEvent),
      async (chunks, events) => {
        const { session } = callRecording(1);
        const recording = { session, events, chunks: chunks.map((one, seq) => ({ ...one, seq })) };
        assert.deepEqual(read(await archived(recording)), [recording]);
      },
    ),
    { numRuns: 50 },
  );
});

test('an empty archive is an archive', async () => {
  assert.deepEqual(read(await archived()), []);
});

test('an archive that is cut anywhere gives an error and no session', async () => {
  const bytes = await archived(callRecording(30), callRecording(20, [], { id: 'call-2' }));
  for (let length = 0; length < bytes.length; length += 37) failure(bytes.slice(0, length));
  refused(bytes.slice(0, -1), 'cut', /byte \d+: ends 1 bytes early/);
  // Ends between two sessions, as if the writer had been stopped.
  refused(
    Uint8Array.of(...bytes.slice(0, -8), 0, 0, 0, 0, 9, 0, 0, 0),
    'cut',
    /has 2 sessions, should have 9/,
  );
  refused(Uint8Array.of(...bytes, 0), 'badValue', /goes on after its end/);
});

test('noise in an archive is an ImportError and nothing else', async () => {
  const bytes = await archived(callRecording(30));
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, value) => {
      const noisy = bytes.slice();
      noisy[at] = value;
      try {
        read(noisy);
      } catch (error) {
        assert.ok(error instanceof ImportError, String(error));
      }
    }),
    { numRuns: 300 },
  );
});

/** An archive with a manifest of one's own. */
function forged(manifest: unknown, data: Uint8Array = new Uint8Array()): Uint8Array<ArrayBuffer> {
  const json = bytesOf(typeof manifest === 'string' ? manifest : JSON.stringify(manifest));
  const u32 = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer);
  return new Uint8Array(
    Buffer.concat([bytesOf('CLARAREC'), u32(1), u32(json.length), json, data, u32(0), u32(1)]),
  );
}
const { session } = callRecording(1);

const wrong: [string, unknown, ImportErrorCode, RegExp][] = [
  ['a list for a manifest', [], 'wrongType', /^field sessions\[0\]: is a list, not an object$/],
  ['no session', { events: [], chunks: [] }, 'missing', /^field sessions\[0\]\.session: is missing$/],
  ['a number for an id', { session: { ...session, id: 7 } }, 'wrongType', /session\.id: is of type number/],
  [
    'HTML for an id',
    { session: { ...session, id: '<img src=x onerror=alert(1)>' } },
    'badName',
    /session\.id/,
  ],
  [
    'HTML for a phase',
    { session, events: [{ kind: 'phase', atMs: 0, phase: '<script>' }], chunks: [] },
    'badName',
    /^field sessions\[0\]\.events\[0\]\.phase: has characters that no name has$/,
  ],
  [
    'HTML for the name of a fact',
    { session, events: [{ kind: 'phase', atMs: 0, phase: 'ended', facts: { '<b>': 1 } }], chunks: [] },
    'badName',
    /events\[0\]\.facts\[0\]/,
  ],
  [
    'a list for a fact',
    { session, events: [{ kind: 'phase', atMs: 0, phase: 'ended', facts: { a: [] } }], chunks: [] },
    'wrongType',
    /facts\.a/,
  ],
  [
    'a time before the start',
    { session, events: [{ kind: 'mute', atMs: -1, muted: true }] },
    'badValue',
    /atMs/,
  ],
  ['an unknown kind', { session, events: [{ kind: 'toString', atMs: 0 }] }, 'badValue', /events\[0\]\.kind/],
  ['a text for events', { session, events: 'all' }, 'wrongType', /sessions\[0\]\.events: is of type string/],
  [
    'a chunk that is longer than the file',
    { session, events: [], chunks: [{ stream: 'main', seq: 0, codec: 1, bytes: 4000 }] },
    'cut',
    /ends \d+ bytes early/,
  ],
  [
    'a chunk of a gigabyte',
    { session, events: [], chunks: [{ stream: 'main', seq: 0, codec: 1, bytes: 2 ** 30 }] },
    'badValue',
    /chunks\[0\]\.bytes/,
  ],
  [
    'an empty chunk of samples',
    { session, events: [], chunks: [{ stream: 'main', seq: 0, codec: 1, bytes: 0 }] },
    'badChunk',
    /chunks\[0\]: data is cut at byte 0/,
  ],
  [
    'the same chunk twice',
    { session, events: [], chunks: Array(2).fill({ stream: 'main', seq: 0, codec: 9, bytes: 0 }) },
    'badValue',
    /chunks\[1\]\.seq: is there twice/,
  ],
];
for (const [story, manifest, code, message] of wrong)
  test(`an archive with ${story} is refused by field`, () => refused(forged(manifest), code, message));

test('an error never quotes the file', () => {
  for (const hostile of ['{"PeerConnections": <script>alert(1)</script>}', '{"PeerConnections":"<script>"}'])
    assert.doesNotMatch(failure(hostile).message, /script/);
  assert.equal(failure('{"a": tru').cause, undefined);
});

test('an archive of a later format says so', async () => {
  const bytes = await archived();
  bytes[8] = 3;
  refused(bytes, 'laterVersion', /format 3, only up to 2 is known/);
});

test('a chunk that unpacks to millions of values is counted', () => {
  // 10,000 rows of 255 constant columns in about 1 kB.
  const columns = new Map(
    Array.from({ length: 255 }, (_, code) => [code + 1, new Float64Array(10_000).fill(0)] as const),
  );
  const bomb = packTable({ rows: 10_000, columns });
  assert.ok(bomb.length < 1200);
  const chunks = Array.from({ length: 200 }, (_, seq) => ({
    stream: 'main',
    seq,
    codec: 1,
    bytes: bomb.length,
  }));
  const data = new Uint8Array(Buffer.concat(chunks.map(() => bomb)));
  refused(forged({ session, events: [], chunks }, data), 'tooLarge', /more than 500000000 values/);
});

test('10 MB of nesting is refused in no time, wherever it stands', () => {
  const deep = '['.repeat(10_000_000);
  refused(deep.replace('[', '{'), 'tooDeep', /nested more than 32 deep/);
  refused(`{"PeerConnections":${deep}`, 'tooDeep', /nested/);
  refused(`RTCStatsDump\n{"fileFormat":3}\n${deep}`, 'tooDeep', /^line 3: nested/);
  refused(forged(`{"session":${deep}`), 'tooDeep', /^field sessions\[0\]: nested/);
  const series = JSON.stringify({ statsType: 'transport', values: '['.repeat(1000) });
  refused(`{"PeerConnections":{"1":{"stats":{"T-iceState":${series}}}}}`, 'tooDeep', /stats\[0\]\.values/);
});

test('brackets within texts are no nesting', () => {
  const detail = '[{"\\'.repeat(100);
  const event = { kind: 'phase', atMs: 0, phase: 'ended', facts: { detail } };
  assert.deepEqual(read(forged({ session, events: [event], chunks: [] }))[0]?.events, [event]);
});

test('what is no recording is told by its first bytes', () => {
  refused('', 'empty', /is empty/);
  refused('%PDF-1.7', 'notRecognized', /is no archive, rtcstats dump or webrtc-internals dump/);
  refused(Uint8Array.of(0x1f, 0x8b, 8, 0), 'notRecognized', /compressed twice/);
  assert.equal(formatOf(Uint8Array.of(0x1f, 0x8b)), 'gzip');
  assert.equal(formatOf(bytesOf('\ufeff {"PeerConnections":{}}')), 'webrtcInternals');
  refused('{"PeerConnections":{}}', 'empty', /PeerConnections: nothing was recorded/);
  refused('{}', 'missing', /field PeerConnections: is missing/);
  refused(Uint8Array.of(...bytesOf('{"a":"'), 0xff, 0xfe), 'badText', /not UTF-8/);
});

const withStats = Object.entries(COLUMNS)
  .filter(([, facts]) => 'stats' in facts)
  .map(([name]) => name as ColumnName);

for (const [format, write] of [
  ['rtcstats', rtcstatsOf],
  ['webrtcInternals', webrtcInternalsOf],
] as const)
  test(`a ${format} dump of ours comes back with every column that dumps have, and all events`, () => {
    const recording = callRecording(120, cuts);
    const opened = openRecording(recording);
    const text = [...write(opened)].join('');
    assert.equal(formatOf(bytesOf(text)), format);
    const [back] = read(text);
    assert.ok(back !== undefined);
    assert.deepEqual([back.session.id, back.session.source], ['imported-1', format]);
    assert.equal(back.session.startedWallMs, STARTED_WALL_MS);
    assert.deepEqual(back.events, recording.events);
    const picked = (sample: MetricsSample) => ['atMs' as const, ...withStats].map((name) => sample[name]);
    const reopened = openRecording(back);
    assert.deepEqual([...samplesOf(reopened.main)].map(picked), [...samplesOf(opened.main)].map(picked));
    assert.deepEqual(
      reopened.outages.map(({ startMs, endMs, audio }) => [startMs, endMs, audio]),
      opened.outages.map(({ startMs, endMs, audio }) => [startMs, endMs, audio]),
    );
  });

const dump = (...lines: unknown[]): string =>
  ['RTCStatsDump', JSON.stringify({ fileFormat: 3 }), ...lines.map((line) => JSON.stringify(line))].join(
    '\n',
  );

test('a dump of rtcstats-js is read: numbers for names, deltas, two connections in one second', () => {
  const text = dump(
    [39, null, { userAgent: 'x' }, 1_700_000_000_000],
    [39, 'PC_0', {}, 10],
    [39, 'PC_1', {}, 0],
    [25, 'PC_1', 'connected', 90],
    ['g', 'PC_0', { 0: { type: 2, 11: 'audio', 79: 50, 80: 4000 }, t: 1_700_000_000_900 }, 800],
    ['g', 'PC_1', { 0: { type: 1, 11: 'audio', 14: 40, 15: 1, 16: 0.004 }, 1: { type: 14 }, t: 1 }, 50],
    ['g', 'PC_0', { 0: { 79: 100 }, t: 2 }, 950],
    ['g', 'PC_1', { 0: { 14: 90 }, t: 3 }, 50],
    ['g', 'PC_1', { 0: null, 2: { type: 'inbound-rtp', kind: 'audio', packetsReceived: 30 }, t: 3 }, 1000],
    [25, 'PC_1', '"failed"', 100],
    [36, 'PC_0', null, 100],
    [36, 'PC_1', null, 0],
  );
  const [recording] = read(text);
  assert.ok(recording !== undefined);
  const opened = openRecording(recording);
  assert.equal(recording.session.startedWallMs, 1_700_000_000_000);
  assert.deepEqual(
    [...samplesOf(opened.main)],
    [
      {
        atMs: 900,
        downEpoch: 0,
        downPacketsReceived: 40,
        downPacketsLost: 1,
        downJitterS: 0.004,
        upEpoch: 0,
        upPacketsSent: 50,
        upBytesSent: 4000,
      },
      {
        atMs: 1900,
        downEpoch: 0,
        downPacketsReceived: 90,
        downPacketsLost: 1,
        downJitterS: 0.004,
        upEpoch: 0,
        upPacketsSent: 100,
        upBytesSent: 4000,
      },
      { atMs: 2950, downEpoch: 1, downPacketsReceived: 30 },
    ],
  );
  assert.deepEqual(
    recording.events.map((event) => (event.kind === 'phase' ? [event.atMs, event.phase] : [])),
    [
      [100, 'connected'],
      [3050, 'reconnecting'],
      [3150, 'ended'],
    ],
  );
});

test('a second voice becomes a stream of its own', () => {
  const voice = (packets: number) => ({ type: 1, 11: 'audio', 14: packets });
  const text = dump(
    [39, 'PC_0', {}, 1000],
    ['g', 'PC_0', { a: voice(10), b: voice(7) }, 1000],
    ['g', 'PC_0', { a: voice(20), b: voice(9) }, 1000],
  );
  const opened = openRecording(read(text)[0] ?? assert.fail());
  assert.deepEqual(
    [...samplesOf(opened.tracks.get('track2') ?? assert.fail())].map((sample) => sample.downPacketsReceived),
    [7, 9],
  );
});

const badLines: [string, string, ImportErrorCode, RegExp][] = [
  ['no metadata', 'RTCStatsDump\n[]\n', 'wrongType', /^line 2: is a list, not an object$/],
  ['an old format', 'RTCStatsDump\n{"fileFormat":2}\n', 'badValue', /^line 2, field fileFormat: format 2/],
  ['a later format', 'RTCStatsDump\n{"fileFormat":4}\n', 'laterVersion', /^line 2, field fileFormat/],
  ['a line cut in the middle', `${dump([39, null, {}, 1])}\n["g","PC`, 'badJson', /^line 4: not JSON/],
  ['no time', dump([39, null, {}]), 'missing', /^line 3: has 3 entries/],
  ['a text for a time', dump([39, null, {}, 'now']), 'wrongType', /^line 3, field time: is of type string/],
  ['a time before 1970', dump([39, null, {}, -5]), 'badValue', /^line 3, field time/],
  ['a number for stats', dump(['g', 'a', 5, 1]), 'wrongType', /^line 3, field stats: is of type number/],
  ['a list for an object', dump(['g', 'a', { x: [] }, 1]), 'wrongType', /^line 3, field stats object/],
  ['an object for a line', dump({ g: 1 }), 'wrongType', /^line 3: is not a list/],
  ['nothing in it', dump(), 'empty', /nothing was recorded/],
  [
    'an event of ours that is forged',
    dump(['clara.phase', null, { kind: 'phase', atMs: 0, phase: '<b>' }, 1]),
    'badName',
    /^line 3, field clara\.phase\.phase/,
  ],
];
for (const [story, text, code, message] of badLines)
  test(`a rtcstats dump with ${story} is refused by line`, () => refused(text, code, message));

test('names that every object has do no harm in a dump', () => {
  const text = dump(
    ['constructor', 'toString', null, 1000],
    [
      'g',
      '__proto__',
      JSON.parse('{"__proto__":{"type":{"toString":1},"constructor":5,"hasOwnProperty":1}}'),
      1000,
    ],
    ['g', 'constructor', { valueOf: { type: 1, 11: 'audio', 14: 5, constructor: 1 } }, 1000],
  );
  const opened = openRecording(read(text)[0] ?? assert.fail());
  assert.deepEqual([...samplesOf(opened.main)], [{ atMs: 2000, downEpoch: 0, downPacketsReceived: 5 }]);
  assert.equal(({} as Record<string, unknown>)['type'], undefined);
});

const internals = (stats: unknown, more: object = {}): string =>
  JSON.stringify({ PeerConnections: { '7-1': { stats, updateLog: [], ...more } }, UserAgent: 'x' });
const series = (statsType: string, values: unknown): object => ({
  startTime: '',
  endTime: '',
  statsType,
  values: typeof values === 'string' ? values : JSON.stringify(values),
});

test('a dump of Chrome is read: late properties, calculations in brackets, RTCP times between the ticks', () => {
  const text = internals(
    {
      'IT01A1-timestamp': series('inbound-rtp', [1000_000, 1001_000, 1002_000]),
      'IT01A1-kind': series('inbound-rtp', ['audio', 'audio', 'audio']),
      'IT01A1-packetsReceived': series('inbound-rtp', [50, 100, 150]),
      'IT01A1-jitter': series('inbound-rtp', [0.002]),
      'IT01A1-[packetsReceived/s]': series('inbound-rtp', [0, 50, 50]),
      'RIA2-timestamp': series('remote-inbound-rtp', [1000_300, 1001_700]),
      'RIA2-kind': series('remote-inbound-rtp', ['audio', 'audio']),
      'RIA2-roundTripTime': series('remote-inbound-rtp', [0.05, 0.06]),
      'CF-sdpFmtpLine': series('codec', ['<b>']),
    },
    {
      updateLog: [
        { time: '', timestamp: 1000_100, type: 'connectionstatechange', value: '"connected"' },
        { time: '', timestamp: 1000_200, type: 'icecandidate', value: 'candidate: 1 udp 192.0.2.7' },
        { time: '', timestamp: 1001_500, type: 'connectionstatechange', value: 'disconnected' },
      ],
    },
  );
  const [recording] = read(text);
  assert.ok(recording !== undefined);
  assert.equal(recording.session.startedWallMs, 1000_000);
  assert.deepEqual(
    [...samplesOf(openRecording(recording).main)],
    [
      { atMs: 0, downEpoch: 0, downPacketsReceived: 50 },
      { atMs: 1000, downEpoch: 0, downPacketsReceived: 100, upRoundTripTimeS: 0.05 },
      { atMs: 2000, downEpoch: 0, downPacketsReceived: 150, downJitterS: 0.002, upRoundTripTimeS: 0.06 },
    ],
  );
  assert.deepEqual(recording.events, [
    { kind: 'phase', atMs: 100, phase: 'connected' },
    { kind: 'phase', atMs: 1500, phase: 'unstable' },
  ]);
  assert.doesNotMatch(JSON.stringify(recording), /192\.0\.2|candidate:|<b>/);
});

const badDumps: [string, string, ImportErrorCode, RegExp][] = [
  ['a list of connections', '{"PeerConnections":[]}', 'wrongType', /field PeerConnections: is a list/],
  ['no stats', '{"PeerConnections":{"1":{}}}', 'missing', /PeerConnections\[0\]\.stats: is missing/],
  [
    'a list for values',
    internals({ 'a-kind': { statsType: 'transport', values: [] } }),
    'wrongType',
    /stats\[0\]\.values/,
  ],
  [
    'values that are no JSON',
    internals({ 'a-kind': series('transport', '[1,') }),
    'badJson',
    /stats\[0\]\.values/,
  ],
  [
    'no timestamps',
    internals({ 'a-state': series('transport', [1]) }),
    'missing',
    /stats\[0\]: its object has no timestamp/,
  ],
  ['a text for a log', internals({}, { updateLog: '<b>' }), 'wrongType', /updateLog: is of type string/],
  ['a log without types', internals({}, { updateLog: [{}] }), 'missing', /updateLog\[0\]\.type/],
];
for (const [story, text, code, message] of badDumps)
  test(`a webrtc-internals dump with ${story} is refused by field`, () => refused(text, code, message));

test('any JSON in place of a dump is a recording or an ImportError', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom('stats', 'updateLog'), (value, key) => {
      for (const text of [
        JSON.stringify({ PeerConnections: value }),
        JSON.stringify({ PeerConnections: { 1: { stats: {}, [key]: value } } }),
        dump(['g', 'PC_0', value, 1]),
        dump(value),
      ]) {
        try {
          read(text);
        } catch (error) {
          assert.ok(error instanceof ImportError, String(error));
        }
      }
    }),
  );
});

function reader(pieces: Iterator<Uint8Array>): {
  read: () => Promise<{ done: boolean; value?: Uint8Array }>;
  cancel: () => Promise<void>;
  cancelled: number;
} {
  return {
    cancelled: 0,
    async read() {
      const next = pieces.next();
      return next.done === true ? { done: true } : { done: false, value: next.value };
    },
    async cancel() {
      this.cancelled++;
    },
  };
}
const never = new AbortController().signal;

test('bytes of a stream come together in order', async () => {
  const source = reader([Uint8Array.of(1, 2), Uint8Array.of(), Uint8Array.of(3)].values());
  assert.deepEqual(await gatherBytes(source, new ByteGuard(), never), Uint8Array.of(1, 2, 3));
  assert.equal(source.cancelled, 0);
});

test('a stream that grows without end is stopped at the limit and cancelled', async () => {
  let given = 0;
  const endless = (function* () {
    for (;;) {
      given++;
      yield new Uint8Array(1000);
    }
  })();
  const source = reader(endless);
  await assert.rejects(gatherBytes(source, new ByteGuard(undefined, 50_000), never), {
    name: 'ImportError',
    code: 'tooLarge',
  });
  assert.deepEqual([given, source.cancelled], [51, 1]);
});

test('a zip bomb is told by how much it grows', async () => {
  const pieces = Array.from({ length: 64 }, () => new Uint8Array(1024 * 1024));
  await assert.rejects(
    gatherBytes(reader(pieces.values()), new ByteGuard(64 * 1024), never),
    /grows more than 250 times/,
  );
  // As much data from a file that is not that small is fine.
  const bytes = await gatherBytes(reader(pieces.values()), new ByteGuard(1024 * 1024), never);
  assert.equal(bytes.length, 64 * 1024 * 1024);
});

test('a real gzip bomb and a real cut gzip are stopped in the stream', async () => {
  const { gzipSync } = await import('node:zlib');
  const unzip = (bytes: Uint8Array<ArrayBuffer>) =>
    new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip')).getReader();
  const bomb = new Uint8Array(gzipSync(new Uint8Array(32 * 1024 * 1024)));
  await assert.rejects(gatherBytes(unzip(bomb), new ByteGuard(bomb.length), never), { code: 'tooLarge' });
  const whole = new Uint8Array(gzipSync(await archived(callRecording(600))));
  const cut = whole.slice(0, whole.length / 2);
  await assert.rejects(gatherBytes(unzip(cut), new ByteGuard(cut.length), never), { code: 'cut' });
  const bytes = await gatherBytes(unzip(whole), new ByteGuard(whole.length), never);
  assert.deepEqual(read(bytes), [callRecording(600)]);
});

test('who stops an import gets the own reason, and the stream is cancelled', async () => {
  const stop = new AbortController();
  let wake = (): void => {};
  const hanging = {
    cancelled: 0,
    read: () => new Promise<{ done: boolean }>((resolve) => (wake = () => resolve({ done: true }))),
    async cancel() {
      this.cancelled++;
      wake();
    },
  };
  const gathered = gatherBytes(hanging, new ByteGuard(), stop.signal);
  stop.abort(new Error('page left'));
  await assert.rejects(gathered, /page left/);
  assert.ok(hanging.cancelled >= 1);
});
