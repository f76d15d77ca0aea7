import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultLanes } from '../../../harness/chaos/chaos.ts';
import { limitMs, nearestNames, plannedMs, planRuns } from '../../../harness/chaos/chaos-plan.ts';
import { scenarioOf, unknownNames } from '../../../harness/chaos/faulted-call.ts';
import { unplayedRun } from '../../../harness/chaos/observe-call.ts';
import { playMatrix } from '../../../harness/chaos/play-matrix.ts';
import type { PlayedRun } from '../../../harness/chaos/play-run.ts';
import { minutes, runLine, timeLeftMs } from '../../../harness/chaos/progress.ts';
import { isGood } from '../../../harness/cli/chaos.ts';
import { MATRIX } from '../../../harness/scenario/matrix.ts';

const namesOf = (planned: ReturnType<typeof planRuns>): string[] =>
  planned.map(({ scenario, client, run }) => `${scenario.id} ${client} ${run}`);

test('every scenario is played once before any is played again, the longest first', () => {
  const planned = planRuns({ only: ['hole-1', 'hole-20', 'hole-60'], client: 'clara', runs: 2 });
  assert.deepEqual(namesOf(planned), [
    'hole-60 clara 1',
    'hole-20 clara 1',
    'hole-1 clara 1',
    'hole-60 clara 2',
    'hole-20 clara 2',
    'hole-1 clara 2',
  ]);
});

test('without a number each is played as often as it wants, stock less often', () => {
  const count = (client: 'clara' | 'stock', id: string): number =>
    planRuns({ only: [id], client: 'both' }).filter((each) => each.client === client).length;
  assert.deepEqual([count('clara', 'hole-5'), count('stock', 'hole-5')], [20, 5]);
  assert.deepEqual([count('clara', 'hole-60'), count('stock', 'hole-60')], [5, 3]);
  assert.deepEqual([count('clara', 'hole-110'), count('stock', 'hole-110')], [3, 2]);
});

test('stock plays only what it can be compared in, unless it is asked for by name', () => {
  assert.deepEqual(namesOf(planRuns({ only: ['reload'], client: 'both', runs: 1 })), ['reload clara 1']);
  assert.deepEqual(namesOf(planRuns({ only: ['reload'], client: 'stock' })), ['reload stock 1']);
});

test('the whole matrix is what can be played on a real server', () => {
  const ids = new Set(planRuns({ only: [], client: 'clara', runs: 1 }).map(({ scenario }) => scenario.id));
  const expected = MATRIX.filter(({ rings }) => rings.includes('real')).map(({ id }) => id);
  assert.deepEqual([...ids].sort(), [...expected].sort());
});

test("what only the page's tests play comes in by its id, where a call can play it", () => {
  assert.deepEqual(namesOf(planRuns({ only: ['ws-401'], client: 'clara' })), ['ws-401 clara 1']);
  assert.throws(
    () => planRuns({ only: ['hostile-data'], client: 'clara' }),
    /hostile-data cannot be played by a call/,
  );
});

test('shards share all scenarios and no two have the same', () => {
  const all = namesOf(planRuns({ only: [], client: 'clara', runs: 1 })).sort();
  const shards = [1, 2, 3].flatMap((index) =>
    namesOf(planRuns({ only: [], client: 'clara', runs: 1, shard: { index, count: 3 } })),
  );
  assert.deepEqual(shards.sort(), all);
});

test('the short form shortens long faults under a budget of 20 s and leaves out what only a fake clock plays', () => {
  const short = planRuns({ only: [], client: 'clara', runs: 1, short: true });
  const hole = short.find(({ scenario }) => scenario.id === 'hole-118');
  assert.deepEqual([hole?.scenario.lastsMs, hole?.budgetSeconds], [19_667, 20]);
  assert.equal(
    short.some(({ scenario }) => scenario.id === 'classic-40'),
    false,
  );
});

test('a call is stuck well after it should have been done', () => {
  const [planned] = planRuns({ only: ['hole-60'], client: 'clara', runs: 1 });
  assert.ok(planned !== undefined);
  assert.equal(plannedMs(planned), 9_000 + 3_000 + 60_000 + 15_000);
  assert.ok(limitMs(planned) > plannedMs(planned) + 60_000);
});

test('an unknown name is told with what was perhaps meant', () => {
  assert.deepEqual(nearestNames('outag', ['outage', 'agent', 'hole-5']), ['outage']);
  assert.match(unknownNames(['hole-6'], 'fault'), /^no fault is called "hole-6" \(did you mean hole-/);
  assert.match(unknownNames(['zzzzzz'], 'fault'), /"zzzzzz";/);
  assert.throws(() => scenarioOf('hole5'), /did you mean hole-5/);
  assert.throws(() => scenarioOf('outage'), /no fault is called "outage"/);
});

const played = (id: string, pass: boolean): PlayedRun => ({
  run: { ...unplayedRun(id, { client: 'clara', run: 1 }, ''), pass, ok: pass, unplayed: false },
  log: [],
});

test('lanes play side by side, each run is kept before the next one of its lane begins', async () => {
  const log: string[] = [];
  let playing = 0;
  let most = 0;
  await playMatrix(
    {
      planned: planRuns({ only: ['outage'], client: 'clara', runs: 1 }).slice(0, 6),
      lanes: 2,
      tell: () => undefined,
      play: async ({ scenario }) => {
        most = Math.max(most, (playing += 1));
        await new Promise((resolve) => setImmediate(resolve));
        playing -= 1;
        return played(scenario.id, true);
      },
      onRun: ({ run }) => Promise.resolve(void log.push(run.id)),
    },
    new AbortController().signal,
  );
  assert.deepEqual([log.length, most], [6, 2]);
});

test('a result that cannot be kept ends the matrix, with that error', async () => {
  await assert.rejects(
    playMatrix(
      {
        planned: planRuns({ only: ['outage'], client: 'clara', runs: 1 }),
        lanes: 2,
        tell: () => undefined,
        play: ({ scenario }) => Promise.resolve(played(scenario.id, true)),
        onRun: () => Promise.reject(new Error('disk full')),
      },
      new AbortController().signal,
    ),
    /disk full/,
  );
});

test('an interrupt ends the matrix with its reason', async () => {
  const stay = new AbortController();
  const playing = playMatrix(
    {
      planned: planRuns({ only: ['outage'], client: 'clara', runs: 1 }),
      lanes: 2,
      tell: () => undefined,
      play: (_planned, signal) =>
        new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason as Error)),
        ),
      onRun: () => Promise.resolve(),
    },
    stay.signal,
  );
  stay.abort(new Error('Ctrl-C'));
  await assert.rejects(playing, /Ctrl-C/);
});

test('the time left follows what the done ones took, and is never less than the longest that is left', () => {
  const [long, short] = planRuns({ only: ['hole-60', 'hole-1'], client: 'clara', runs: 1 });
  assert.ok(long !== undefined && short !== undefined);
  assert.equal(timeLeftMs([long, short], [], 1), plannedMs(long) + plannedMs(short));
  assert.equal(timeLeftMs([long, short], [], 4), plannedMs(long));
  assert.equal(
    timeLeftMs([long], [{ planned: short, tookMs: 2 * plannedMs(short) }], 1),
    2 * plannedMs(long),
  );
});

test('a line tells a run and what is left', () => {
  assert.equal(
    runLine({ ...played('kick', false).run, why: ['ended in failed, not in ended'] }, 1, 9, 300_000),
    '1/9 kick clara 1: MISS, connected never [ended in failed, not in ended], about 5 min left',
  );
  assert.deepEqual([40_000, 300_000, 7_200_000].map(minutes), ['40 s', '5 min', '2 h 0 min']);
});

test('the check is good when ours keeps its promises and stock was played', () => {
  const stock = { ...played('kick', false).run, client: 'stock' } as const;
  assert.equal(isGood({ runs: [played('kick', true).run, stock] }), true);
  assert.equal(isGood({ runs: [played('kick', false).run] }), false);
  assert.equal(isGood({ runs: [{ ...stock, unplayed: true }] }), false);
});

test('two cores bear three calls, and every machine bears one', () => {
  assert.deepEqual([1, 2, 4].map(defaultLanes), [1, 3, 6]);
});
