import assert from 'node:assert/strict';
import { test } from 'node:test';
import { breakForeign, whyNotForeign, type ForeignTarget } from '../../../harness/chaos/foreign-fault.ts';
import { flowsBothWays, foreignFacts } from '../../../harness/chaos/foreign-facts.ts';
import { foreignReport, scenariosFor } from '../../../harness/chaos/foreign-report.ts';
import { MATRIX } from '../../../harness/scenario/matrix.ts';
import type { ProbeReport } from '../../../src/shared/probe-report.ts';

const at = <T extends object>(wallMs: number, happening: T) =>
  ({ ...happening, at: { monoMs: wallMs, wallMs } }) as unknown as ProbeReport;
/** Counters every 200 ms; nothing comes or is answered from `cut` to `back`. */
const media = (untilMs: number, cut: number, back: number): ProbeReport[] => {
  let received = 0;
  return Array.from({ length: untilMs / 200 }, (_, number) => {
    const wallMs = number * 200;
    if (wallMs < cut || wallMs >= back) received += 10;
    return at(wallMs, { kind: 'media', sent: number * 10, received, answers: received / 10 });
  });
};

test('silence, sound and path are told from the counters', () => {
  const page = media(30_000, 10_000, 15_600);
  const facts = foreignFacts({ id: 'hole-5', atWallMs: 10_000, healedWallMs: 15_000 }, page, 30_000);
  assert.deepEqual(
    [facts.lastsMs, facts.longestSilenceMs, facts.soundBackMs, facts.pathBackMs],
    [5_000, 5_600, 600, 600],
  );
});

test('sound that never comes back is told as never', () => {
  const facts = foreignFacts(
    { id: 'hole-5', atWallMs: 10_000, healedWallMs: 15_000 },
    media(30_000, 10_000, Infinity),
    30_000,
  );
  assert.deepEqual([facts.soundBackMs, facts.longestSilenceMs], [null, 20_000]);
});

test('sound flows when both counters grow', () => {
  const page = media(10_000, 6_000, Infinity);
  assert.equal(flowsBothWays(page, 5_000, 1_000), true);
  assert.equal(flowsBothWays(page, 9_000, 1_000), false);
});

test('texts are told as they come and go, and what was there before is not new', () => {
  const shown = (wallMs: number, ...lines: string[]) => at(wallMs, { kind: 'shown', lines });
  const page = [
    shown(1_000, 'Welcome'),
    shown(2_000, 'Live', '0:01'),
    shown(11_000, 'Live', '0:10'),
    shown(12_000, 'Connection lost', '0:11'),
    shown(16_000, 'Live', '0:15'),
  ];
  const facts = foreignFacts({ id: 'x', atWallMs: 10_000, healedWallMs: 15_000 }, page, 30_000);
  assert.equal(facts.firstTextMs, 2_000);
  assert.deepEqual(facts.texts, [
    { atMs: 2_000, appeared: ['Connection lost'], went: ['Live'] },
    { atMs: 6_000, appeared: [], went: ['Connection lost'] },
  ]);
});

test('each fault of the matrix is either played on a foreign app or told why not', () => {
  const spec = (id: string) => MATRIX.find((each) => each.id === id)?.fault;
  for (const id of [
    'hole-5',
    'refuse-5',
    'off-5',
    'udp-cut-3',
    'loss-10',
    'ws-reset',
    'sleep-10',
    'reload',
    'mic-gone',
  ])
    assert.equal(whyNotForeign(spec(id)), undefined, id);
  assert.match(whyNotForeign(spec('server-kill-5')) ?? '', /server is not ours/);
  assert.match(whyNotForeign(spec('kick')) ?? '', /keys/);
  assert.match(whyNotForeign(spec('udp-up-10')) ?? '', /both ways/);
  assert.match(whyNotForeign(spec('mic-silent')) ?? '', /set-up/);
  const all = scenariosFor([]);
  assert.ok(all.length > 20);
  assert.ok(all.every(({ fault, time }) => whyNotForeign(fault) === undefined && time.at === 'connected'));
  assert.throws(() => scenariosFor(['hole-6']), /did you mean/);
});

test('a hole holds TCP and loses media, and both are taken back once', async () => {
  const log: string[] = [];
  const target = {
    tcp: { hold: () => (log.push('hold'), () => void log.push('release')) },
    page: {
      setConditions: (conditions: object) => Promise.resolve(void log.push(JSON.stringify(conditions))),
    },
    renderer: { send: (signal: string) => void log.push(signal) },
  } as unknown as ForeignTarget;
  const signal = new AbortController().signal;
  const undo = await breakForeign({ kind: 'wholePath', how: 'hole' }, target, signal);
  assert.deepEqual(log.splice(0), ['{"packetLoss":100,"offline":false}', 'hold']);
  await undo();
  await undo();
  assert.deepEqual(log.splice(0), ['release', '{}']);
  await (
    await breakForeign({ kind: 'processPause', process: 'renderer' }, target, signal)
  )();
  assert.deepEqual(log, ['SIGSTOP', 'SIGCONT']);
  await assert.rejects(
    breakForeign({ kind: 'room', action: 'removeUser' }, target, signal),
    /keys of the app’s server/,
  );
});

test('the report escapes what the page said and loads nothing', () => {
  const html = foreignReport({
    app: 'https://app.example/<x>',
    start: '#go',
    runs: [
      {
        id: 'hole-5',
        run: 1,
        played: true,
        lastsMs: 5_000,
        firstTextMs: 2_000,
        longestSilenceMs: 5_100,
        soundBackMs: null,
        pathBackMs: null,
        pageErrors: 0,
        texts: [{ atMs: 2_000, appeared: ['<script>alert(1)</script>'], went: [] }],
      },
    ],
    notApplicable: [{ id: 'kick', why: 'no keys' }],
  });
  assert.doesNotMatch(html, /<script|https?:\/\/(?!app)/);
  assert.match(html, /&#60;script&#62;/);
  assert.match(html, /never/);
  assert.match(html, /no keys/);
});
