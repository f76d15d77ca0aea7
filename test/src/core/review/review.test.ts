import assert from 'node:assert/strict';
import { test } from 'node:test';
import { causeOf } from '../../../../src/core/review/causes.ts';
import { compareRecordings } from '../../../../src/core/review/compare.ts';
import { openRecording } from '../../../../src/core/review/open-recording.ts';
import { outagesOf } from '../../../../src/core/review/outages.ts';
import { storyOf } from '../../../../src/core/review/story.ts';
import { clockEn, durationEn, storyLineEn } from '../../../../src/core/review/story-en.ts';
import type { Recording, RecordingEvent } from '../../../../src/shared/recording.ts';
import { callEvents, callRecording } from '../../../support/core/recordings.ts';

const cuts = [
  { fromS: 40, toS: 52 },
  { fromS: 100, toS: 130, isRejoin: true },
];
const tell = (recording: Recording): string[] => storyOf(openRecording(recording)).map(storyLineEn);

test('a call with two cuts has two outages, within 1 s of the cuts', () => {
  const { outages } = openRecording(callRecording(200, cuts));
  assert.equal(outages.length, 2);
  outages.forEach((outage, index) => {
    const cut = cuts[index];
    assert.ok(cut !== undefined);
    assert.ok(Math.abs(outage.startMs - cut.fromS * 1000) <= 1000, `start ${outage.startMs}`);
    assert.ok(Math.abs(outage.endMs - cut.toS * 1000) <= 1000, `end ${outage.endMs}`);
    const lostMs = (cut.toS - cut.fromS) * 1000;
    assert.ok(Math.abs((outage.audio?.downMs ?? 0) - lostMs) <= 1000, `${outage.audio?.downMs} ms lost`);
  });
});

test('the story of two cuts says how often, how long, what it cost and why', () => {
  const recording = callRecording(200, cuts);
  const events = [...recording.events, { kind: 'network', atMs: 101_000, hint: 'offline' } as const];
  const story = tell({ ...recording, events });
  assert.deepEqual(story.slice(0, 6), [
    'The session lasted 3 min 20 s.',
    'It was stopped by the user.',
    'The connection was lost 2 times, 43 s in all; the longest took 31 s.',
    '1. At 0:40 for 13 s, came back; 12 s of sound lost: nothing came through the network.',
    '2. At 1:40 for 31 s, came back; 30 s of sound lost: this device had no network.',
    '42 s of the agent’s sound could not arrive.',
  ]);
  assert.ok(story.some((line) => line.startsWith('Most likely cause (1 of 2): this device had no network')));
  assert.ok(story.some((line) => line.includes('had to be made up')));
});

test('a good call is told as one', () => {
  const story = tell(callRecording(120));
  assert.deepEqual(story.slice(0, 3), [
    'The session lasted 2 min.',
    'It was stopped by the user.',
    'The connection was never lost.',
  ]);
  assert.match(story[3] ?? '', /^Estimated quality: MOS 4\.\d of 4\.5 \(0\.\d % lost, 85 ms round trip\)\.$/);
  assert.equal(story.length, 4);
});

test('nothing is told that was not measured', () => {
  const story = tell({ ...callRecording(60, [{ fromS: 20, toS: 25 }]), chunks: [] });
  assert.ok(story.includes('What it did to sound was not measured.'));
  assert.ok(!story.some((line) => /MOS|made up|answered/.test(line)));
});

test('a session that never connected says so and has no outages', () => {
  const { session } = callRecording(1);
  const events: RecordingEvent[] = [
    { kind: 'phase', atMs: 0, phase: 'connecting' },
    { kind: 'error', atMs: 4000, code: 'joinUnreachable' },
    { kind: 'phase', atMs: 4000, phase: 'failed', facts: { code: 'joinUnreachable' } },
  ];
  const outcome = { phase: 'failed', reason: 'joinUnreachable' } as const;
  assert.deepEqual(tell({ session: { ...session, outcome }, events, chunks: [] }), [
    'The session never connected; it was tried for 4 s.',
    'It failed (joinUnreachable).',
  ]);
});

test('a crashed session ends with the last thing that was kept', () => {
  const whole = callRecording(90);
  const { outcome: _, ...session } = whole.session;
  const crashed = {
    ...whole,
    session: { ...session, interrupted: true as const },
    events: whole.events.filter((event) => event.kind !== 'phase' || event.phase !== 'ended'),
  };
  const opened = openRecording(crashed);
  assert.ok(Math.abs(opened.durationMs - 90_000) < 10);
  assert.ok(
    tell(crashed).includes('The page went away before the session ended; the last seconds may be missing.'),
  );
});

test('a broken chunk is left out, counted and told', () => {
  const recording = callRecording(700);
  const [first, ...others] = recording.chunks;
  assert.ok(first !== undefined);
  const broken = { ...recording, chunks: [{ ...first, data: first.data.slice(0, 99) }, ...others] };
  const opened = openRecording(broken);
  assert.deepEqual([opened.brokenRecords, opened.main.rows], [1, 400]);
  assert.ok(tell(broken).includes('1 broken record was left out.'));
});

test('an outage that goes through several phases is one, and ends as the session ends', () => {
  const events: RecordingEvent[] = [
    { kind: 'phase', atMs: 0, phase: 'connected' },
    { kind: 'phase', atMs: 5000, phase: 'unstable', facts: { cut: 'none', signalDown: true } },
    { kind: 'phase', atMs: 6000, phase: 'reconnecting', facts: { state: 'reconnecting.sdk', side: 'up' } },
    { kind: 'phase', atMs: 9000, phase: 'reconnecting', facts: { state: 'reconnecting.waiting' } },
    { kind: 'phase', atMs: 9500, phase: 'reconnecting', facts: { state: 'reconnecting.joining' } },
    { kind: 'phase', atMs: 9700, phase: 'reconnecting', facts: { state: 'reconnecting.proving' } },
    { kind: 'phase', atMs: 20_000, phase: 'failed' },
  ];
  assert.deepEqual(outagesOf(events, 20_000), [
    {
      startMs: 5000,
      endMs: 20_000,
      noticedMs: 5000,
      side: 'up',
      end: 'failed',
      attempts: 2,
      sameRoom: true,
      isRejoin: true,
    },
  ]);
});

test('an outage that was shown as over for a blink is one outage', () => {
  const phase = (atMs: number, name: string, facts?: Record<string, number | boolean>): RecordingEvent => ({
    kind: 'phase',
    atMs,
    phase: name,
    ...(facts && { facts }),
  });
  const events = [
    phase(900, 'connected'),
    phase(8000, 'unstable'),
    phase(8480, 'connected', { outageMs: 500 }),
    phase(8500, 'unstable'),
    phase(16_000, 'connected', { outageMs: 7600 }),
    phase(20_000, 'unstable'),
    phase(21_000, 'connected', { outageMs: 1000 }),
  ];
  assert.deepEqual(
    outagesOf(events, 30_000).map(({ startMs, endMs, noticedMs }) => [startMs, endMs, noticedMs]),
    [
      [7980, 16_000, 8000],
      [20_000, 21_000, 20_000],
    ],
  );
});

test('an outage begins with its cut, whatever was told of it first and however it ended', () => {
  const phase = (atMs: number, name: string, facts: Record<string, string | number | boolean> = {}) =>
    ({ kind: 'phase', atMs, phase: name, facts }) as const satisfies RecordingEvent;
  const starts = (events: RecordingEvent[]): number[] =>
    outagesOf(events, 40_000).map(({ startMs }) => startMs);
  // As a call in a hole of the network told it: the agent is missed first, and the link is up again for a blink.
  const hole = [
    phase(424, 'connected'),
    phase(7474, 'unstable', { agentMissed: true }),
    phase(8016, 'connected'),
    phase(8017, 'reconnecting', { state: 'reconnecting.sdk', side: 'both' }),
    phase(15_860, 'connected', { outageMs: 10_391, sameRoom: true, side: 'both' }),
  ];
  assert.deepEqual(starts(hole), [5469]);
  // The agent's last answer is up to 1 s older than the cut, which the path knows better.
  const answered = phase(7474, 'unstable', { agentMissed: true, cutForMs: 3003 });
  assert.deepEqual(starts(hole.with(1, answered)), [5469]);
  const long = phase(3000, 'unstable', { agentMissed: true, cutForMs: 1000 });
  assert.deepEqual(starts(hole.with(1, long).toSpliced(2, 1)), [2000], 'it was missed long before');
  const cut = [
    phase(424, 'connected'),
    phase(8017, 'reconnecting', { state: 'reconnecting.sdk', side: 'both', cutForMs: 2548 }),
  ];
  assert.deepEqual(starts(cut), [5469], 'the recording ends in it');
  assert.deepEqual(
    starts([...cut.toSpliced(1, 0, answered)]),
    [5469],
    'the same, with the agent missed first',
  );
  assert.deepEqual(starts([...cut, phase(30_000, 'ended')]), [5469], 'the user gave up');
  assert.deepEqual(starts([...cut, phase(38_000, 'failed')]), [5469], 'the budget was used up');
  const known = phase(9000, 'reconnecting', { state: 'reconnecting.waiting', cutForMs: 4000 });
  assert.deepEqual(starts([...cut.with(1, phase(8017, 'reconnecting')), known]), [5000], 'known later');
});

test('an agent that does not answer while the path is sound is told as that', () => {
  const events: RecordingEvent[] = [
    { kind: 'phase', atMs: 400, phase: 'connected' },
    { kind: 'phase', atMs: 9000, phase: 'unstable', facts: { agentMissed: true, cutForMs: 3000 } },
    { kind: 'phase', atMs: 20_000, phase: 'connected', facts: { outageMs: 14_000, side: 'agent' } },
  ];
  const [outage] = outagesOf(events, 30_000);
  assert.ok(outage !== undefined);
  assert.deepEqual([outage.side, outage.startMs, outage.noticedMs], ['agent', 6000, 9000]);
  assert.deepEqual(causeOf(outage, events), { cause: 'agentGone', isTold: false });
});

test('phases before the first connection are no outage, and one that never ended is open', () => {
  assert.deepEqual(outagesOf([{ kind: 'phase', atMs: 10, phase: 'reconnecting' }], 500), []);
  const [outage] = outagesOf(
    [
      { kind: 'phase', atMs: 0, phase: 'connected' },
      { kind: 'phase', atMs: 100, phase: 'unstable', facts: { cut: 'down' } },
    ],
    900,
  );
  assert.deepEqual([outage?.end, outage?.endMs, outage?.side], ['open', 900, 'down']);
});

const told: [string, RecordingEvent[], string, boolean][] = [
  ['the browser said offline', [{ kind: 'network', atMs: 41_000, hint: 'offline' }], 'deviceOffline', true],
  ['the page was frozen', [{ kind: 'page', atMs: 40_500, state: 'frozen' }], 'pageSlept', true],
  [
    'the server said that it shuts down',
    [
      {
        kind: 'phase',
        atMs: 43_000,
        phase: 'reconnecting',
        facts: { detail: 'the room ended: SERVER_SHUTDOWN', code: 'roomDisconnected' },
      },
    ],
    'serverRestarted',
    true,
  ],
  ['a token was refused', [{ kind: 'error', atMs: 45_000, code: 'tokenRejected' }], 'accessRefused', true],
  ['the agent left first', [{ kind: 'agentState', atMs: 41_000, state: 'absent' }], 'agentGone', false],
  [
    'the agent vanished in the rejoin',
    [{ kind: 'agentState', atMs: 51_000, state: 'absent' }],
    'pathLost',
    false,
  ],
  [
    'another network came up',
    [{ kind: 'network', atMs: 41_000, hint: 'connectionChange' }],
    'networkChanged',
    false,
  ],
  [
    'the server did not answer',
    [
      {
        kind: 'attempt',
        atMs: 48_000,
        by: 'rejoin',
        attempt: 1,
        cause: 'joinUnreachable',
        result: 'failed',
        tookMs: 4000,
      },
    ],
    'serverUnreachable',
    false,
  ],
  [
    'offline came half a minute before',
    [{ kind: 'network', atMs: 10_000, hint: 'offline' }],
    'pathLost',
    false,
  ],
];
for (const [story, more, cause, isTold] of told)
  test(`the cause is ${cause} when ${story}`, () => {
    const events = [...callEvents(60, [{ fromS: 40, toS: 52 }]), ...more].sort((a, b) => a.atMs - b.atMs);
    const [outage] = outagesOf(events, 60_000);
    assert.ok(outage !== undefined);
    assert.deepEqual(causeOf(outage, events), { cause, isTold });
  });

test('two sessions meet at the join, or at their first outage', () => {
  const good = openRecording(callRecording(200, [{ fromS: 60, toS: 64 }]));
  const bad = openRecording(callRecording(200, cuts));
  const atJoin = compareRecordings(good, bad, 'join');
  assert.deepEqual([atJoin.firstZeroMs, atJoin.secondZeroMs], [900, 900]);
  const atCut = compareRecordings(good, bad, 'firstReconnect');
  assert.deepEqual(
    [atCut.alignment, atCut.firstZeroMs, atCut.secondZeroMs],
    ['firstReconnect', 60_000, 40_000],
  );
  const verdicts = Object.fromEntries(atCut.facts.map(({ fact, better }) => [fact, better]));
  assert.equal(verdicts['outages'], 'first');
  assert.equal(verdicts['audioLostMs'], 'first');
  assert.equal(verdicts['concealedRatio'], 'first');
  assert.equal(verdicts['durationMs'], undefined);
  assert.equal(verdicts['heardLatencyMs'], undefined);
});

test('scores that nobody hears apart are alike', () => {
  const one = openRecording(callRecording(200));
  const mosOf = (mos: number) => ({ ...one, summary: { ...one.summary!, mos } });
  const betterOf = (mos: number) =>
    compareRecordings(mosOf(4.4), mosOf(mos), 'join').facts.find(({ fact }) => fact === 'mos')?.better;
  assert.deepEqual([4.39, 4.44, 4.2, 4.5].map(betterOf), [undefined, undefined, 'first', 'second']);
});

test('a session without an outage is laid at the join, and the answer says so', () => {
  const { alignment } = compareRecordings(
    openRecording(callRecording(20)),
    openRecording(callRecording(200, cuts)),
    'firstReconnect',
  );
  assert.equal(alignment, 'join');
});

test('durations and places read as people say them', () => {
  assert.deepEqual([400, 5000, 12_300, 60_000, 200_000, 3_720_000].map(durationEn), [
    '0.4 s',
    '5 s',
    '12 s',
    '1 min',
    '3 min 20 s',
    '1 h 2 min',
  ]);
  assert.deepEqual([7000, 750_000, 3_723_000].map(clockEn), ['0:07', '12:30', '1:02:03']);
});
