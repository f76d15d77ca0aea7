import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MATRIX, selectScenarios, shardOf } from '../../../harness/scenario/matrix.ts';
import {
  faultSpanMs,
  SCENARIO_GROUPS,
  shortened,
  type Criteria,
} from '../../../harness/scenario/scenario.ts';

/** The ids of the matrix in docs, in words. They are stable: one that goes or changes breaks old reports. */
const PROMISED = [
  'ws-reset ws-fin ws-stall-25 ws-slow ws-refuse ws-401 ws-404 ws-500 ws-mute',
  'udp-cut-3 udp-cut-10 udp-cut-25 udp-cut-45 udp-up-10 udp-down-10',
  'hole-1 hole-5 hole-20 hole-30 hole-60 hole-110 hole-118 refuse-5 refuse-20 refuse-60 off-5 off-30 off-110 hole-200 refuse-200 off-300',
  'classic-5 classic-40 flap rebind loss-1 loss-5 loss-10 loss-30 jitter-80',
  'server-kill-3 server-kill-5 server-kill-20 server-kill-30 server-term server-pause-10 agent-kill agent-hang agent-none',
  'token-expired token-wrong token-429 token-500 token-hang token-html kick room-deleted room-closed duplicate',
  'mic-denied mic-revoked mic-gone mic-silent autoplay sleep-10 sleep-60 reload two-tabs bfcache hostile-data',
].flatMap((line) => line.split(' '));

test('the matrix has every promised id once and no other', () => {
  const ids = MATRIX.map(({ id }) => id);
  assert.deepEqual([...ids].sort(), [...PROMISED].sort());
  assert.equal(new Set(ids).size, ids.length);
  for (const id of ids) assert.match(id, /^[a-z0-9-]+$/);
});

test('the number in an id is the length of its fault in seconds', () => {
  for (const { id, lastsMs, fault } of MATRIX) {
    const number =
      /^(?:hole|refuse|off|classic|udp-cut|udp-up|udp-down|ws-stall|server-kill|server-pause|sleep)-(\d+)$/.exec(
        id,
      )?.[1];
    if (number !== undefined) assert.equal(lastsMs, Number(number) * 1_000, id);
    const percent = /^loss-(\d+)$/.exec(id)?.[1];
    if (percent !== undefined)
      assert.equal(fault?.kind === 'udpImpair' && fault.lossRatio, Number(percent) / 100, id);
  }
});

test('every scenario is judged by at least one number, and every number is a sound one', () => {
  const numbersOf = (criteria: Criteria): number[] =>
    Object.values(criteria).flatMap((value: unknown) => {
      if (typeof value === 'number') return [value];
      return typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.values(value as Record<string, number>)
        : [];
    });
  for (const { id, pass } of MATRIX) {
    const numbers = numbersOf(pass);
    assert.ok(numbers.length > 0, `${id} has no number`);
    assert.ok(
      numbers.every((value) => Number.isInteger(value) && value >= 0),
      `${id} has ${numbers.join(', ')}`,
    );
    for (const list of [pass.expectPhases, pass.neverPhases, pass.reasons, pass.afterwards])
      assert.notEqual(list?.length, 0, `${id} has an empty list`);
  }
});

test('every scenario can be told, printed and grouped', () => {
  for (const scenario of MATRIX) {
    assert.match(scenario.story, /^[A-Z0-9].*\.$/, scenario.id);
    assert.ok(SCENARIO_GROUPS.includes(scenario.group), scenario.id);
    assert.deepEqual(JSON.parse(JSON.stringify(scenario)), scenario, `${scenario.id} is not plain data`);
  }
});

test('every scenario has a fault or a set-up that is one, but for hostile data, which the fake server sends', () => {
  assert.deepEqual(
    MATRIX.filter(({ fault, setup }) => fault === undefined && setup === undefined).map(({ id }) => id),
    ['hostile-data'],
  );
});

test('faults that must be told are told within 4 s, and the browser that knows within 0.3', () => {
  for (const { id, group, fault, lastsMs, pass } of MATRIX) {
    if (group === 'outage' && id !== 'flap' && lastsMs !== 'untilEnd') {
      const expected =
        fault?.kind === 'wholePath' && fault.how === 'off' ? 300 : lastsMs >= 4_000 ? 4_000 : undefined;
      assert.equal(pass.toldMs, expected, id);
    }
  }
});

test('runs follow the length of the fault, and what cannot be played here is not counted', () => {
  const runs = Object.fromEntries(MATRIX.map(({ id, runs: wanted }) => [id, wanted]));
  assert.deepEqual(runs['hole-20'], { clara: 20, stock: 5 });
  assert.deepEqual(runs['hole-60'], { clara: 5, stock: 3 });
  assert.deepEqual(runs['hole-110'], { clara: 3, stock: 2 });
  assert.deepEqual(runs['ws-401'], { clara: 0, stock: 0 });
  for (const { id, rings, runs: wanted } of MATRIX)
    assert.equal(wanted.clara > 0, rings.includes('real'), id);
});

test('the short form keeps outages under 35 s, and past the budget where they were', () => {
  for (const scenario of MATRIX) {
    const short = shortened(scenario);
    if (short === undefined) continue;
    assert.ok(faultSpanMs(short) <= 60_000, `${scenario.id} takes ${faultSpanMs(short)} ms`);
    if (
      scenario.lastsMs === 'untilEnd' ||
      scenario.short.mode !== 'shortened' ||
      short.lastsMs === 'untilEnd'
    )
      continue;
    assert.ok(short.lastsMs <= 50_000, `${scenario.id} lasts ${short.lastsMs} ms`);
    assert.equal(short.lastsMs > scenario.short.budgetMs, scenario.lastsMs > 120_000, scenario.id);
    if (scenario.pass.failsAfter !== undefined) assert.equal(short.pass.failsAfter?.budgetMs, 20_000);
  }
  assert.equal(shortened(MATRIX.find(({ id }) => id === 'classic-40')!), undefined);
  // Within the grace time the session is the same: there is no old context to tell of.
  assert.deepEqual(shortened(MATRIX.find(({ id }) => id === 'off-300')!)?.pass.afterwards, []);
});

test('scenarios are selected by id and by group, in the order of the matrix', () => {
  assert.deepEqual(
    selectScenarios(['agent', 'ws-reset']).map(({ id }) => id),
    ['ws-reset', 'agent-kill', 'agent-hang', 'agent-none'],
  );
  assert.equal(selectScenarios([]), MATRIX);
  assert.throws(() => selectScenarios(['hole-20', 'hole-21']), /no scenario or group is called hole-21/);
});

test('shards are disjoint, complete, and of nearly the same length', () => {
  const shards = [1, 2, 3].map((index) => shardOf(MATRIX, index, 3));
  assert.deepEqual(
    shards
      .flat()
      .map(({ id }) => id)
      .sort(),
    MATRIX.map(({ id }) => id).sort(),
  );
  const lengths = shards.map((shard) => shard.reduce((sum, each) => sum + faultSpanMs(each), 0));
  assert.ok(Math.max(...lengths) < 1.6 * Math.min(...lengths), lengths.join(' '));
  assert.throws(() => shardOf(MATRIX, 4, 3), RangeError);
  assert.throws(() => shardOf(MATRIX, 0, 3), RangeError);
});

test('what the short form leaves out is covered by a scenario that it plays', () => {
  for (const { id, short } of MATRIX) {
    if (short.mode !== 'covered') continue;
    const other = MATRIX.find((each) => each.id === short.by);
    assert.ok(other !== undefined && shortened(other) !== undefined, `${id} is covered by ${short.by}`);
  }
});
