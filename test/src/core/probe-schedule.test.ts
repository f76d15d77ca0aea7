import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  isSilent,
  NO_KNOCKS,
  nextKnock,
  nextProbePool,
  PROBE_EVERY_MS,
  PROBE_LIMIT_MS,
  PROBE_POOLS,
  type Knocks,
  type PendingProbe,
} from '../../../src/core/reconnect/probe-schedule.ts';

/** When a SYN is sent again, ms after the first. */
const SYN_AGES_MS = {
  doubled: [1, 3, 7, 15, 31, 63].map((ageS) => ageS * 1000),
  'Linux since 6.5': [1, 2, 3, 4, 5, 7, 11, 19, 35, 67].map((ageS) => ageS * 1000),
};
const HOLE_MS = 120_000;

/** All that is asked in a hole of {@link HOLE_MS}, as the driver asks. */
function askedInHole(): PendingProbe[] {
  const pending: PendingProbe[] = [];
  for (let askedMonoMs = 0; askedMonoMs < HOLE_MS; askedMonoMs += PROBE_EVERY_MS) {
    const pool = nextProbePool(pending, true, askedMonoMs);
    if (pool !== undefined) pending.push({ pool, askedMonoMs });
  }
  return pending;
}

/** When each knock is begun and given up, ms. */
function knocksInHole(): { fromMs: number; toMs: number }[] {
  const first: PendingProbe = { pool: 'anonymous', askedMonoMs: 0 };
  const begun: number[] = [];
  let knocks = NO_KNOCKS;
  for (let atMs = 0; atMs < HOLE_MS; atMs += PROBE_EVERY_MS) {
    const next = nextKnock([first], knocks, atMs);
    if (next !== undefined) begun.push(atMs);
    knocks = next ?? knocks;
  }
  return begun.map((fromMs, index) => ({ fromMs, toMs: begun[index + 1] ?? HOLE_MS }));
}

/** How long after the end of a hole the next SYN is sent, for holes that end at each 100 ms of `fromMs` to `toMs`. */
function waitsMs(agesMs: readonly number[], fromMs: number, toMs: number): number[] {
  const askedSynsMs = askedInHole().flatMap(({ askedMonoMs }) =>
    [0, ...agesMs].map((ageMs) => askedMonoMs + ageMs),
  );
  const knockSynsMs = knocksInHole().flatMap(({ fromMs, toMs }) =>
    [0, ...agesMs].map((ageMs) => fromMs + ageMs).filter((synMs) => synMs < toMs),
  );
  const synsMs = [...askedSynsMs, ...knockSynsMs];
  const waits: number[] = [];
  for (let endMs = fromMs; endMs <= toMs; endMs += 100)
    waits.push(Math.min(...synsMs.filter((synMs) => synMs >= endMs)) - endMs);
  return waits;
}

test('what is answered or refused at once is asked again at once', () => {
  assert.equal(nextProbePool([], false, 0), 'anonymous');
  const old: PendingProbe = { pool: 'anonymous', askedMonoMs: 0 };
  assert.equal(nextProbePool([old], false, 500), 'credentialed', 'also beside one that hangs');
});

test('the second question waits 2.5 s in silence, the third 10 s more, and later ones 13 s each', () => {
  const atS = askedInHole().map(({ askedMonoMs }) => askedMonoMs / 1000);
  assert.deepEqual(atS, [0, 2.5, 12.5, 25.5, 38.5, 51.5, 64.5, 77.5, 90.5, 103.5]);
});

test('no pool is asked for more connections than Chromium opens, as it takes one for itself', () => {
  const asked = askedInHole();
  for (const pool of PROBE_POOLS) assert.equal(asked.filter((probe) => probe.pool === pool).length, 5);
  assert.equal(nextProbePool(asked, false, HOLE_MS), undefined);
  assert.equal(nextProbePool(asked.slice(1), false, HOLE_MS), 'anonymous', 'one that has failed makes room');
});

test('in silence there is a knock after 14 s and then every 16.5 s, seven at most', () => {
  assert.deepEqual(
    knocksInHole().map(({ fromMs }) => fromMs / 1000),
    [14, 30.5, 47, 63.5, 80, 96.5, 113],
  );
  const first: PendingProbe = { pool: 'anonymous', askedMonoMs: 0 };
  assert.equal(nextKnock([first], { scheduled: 7, hoped: 0, latestMonoMs: 113_000 }, 1e9), undefined);
  assert.equal(nextKnock([], NO_KNOCKS, 1e9), undefined);
});

test('a knock waits for 14 s of silence on a new network too, and goes on from there', () => {
  const knocks = { scheduled: 3, hoped: 0, latestMonoMs: 47_000 };
  const anew: PendingProbe = { pool: 'anonymous', askedMonoMs: 55_500 };
  assert.equal(nextKnock([anew], knocks, 69_000), undefined);
  assert.deepEqual(nextKnock([anew], knocks, 69_500), { scheduled: 4, hoped: 0, latestMonoMs: 69_500 });
});

test('hope brings two questions forward and not more than one every 2.5 s; the rest is left for the outage', () => {
  const pending: PendingProbe[] = [];
  for (let askedMonoMs = 0; askedMonoMs < HOLE_MS; askedMonoMs += PROBE_EVERY_MS) {
    const pool = nextProbePool(pending, true, askedMonoMs, true);
    if (pool !== undefined) pending.push({ pool, askedMonoMs });
  }
  const atS = pending.map(({ askedMonoMs }) => askedMonoMs / 1000);
  assert.deepEqual(atS, [0, 2.5, 5, 7.5, 12.5, 25.5, 38.5, 51.5, 64.5, 77.5]);
});

test('hope that gets no question has a knock, unless something young is under way, and three at most', () => {
  const pending: PendingProbe[] = [{ pool: 'anonymous', askedMonoMs: 0 }];
  const atHope = (knocks: Knocks, atMonoMs: number) => nextKnock(pending, knocks, atMonoMs, true);
  assert.equal(atHope(NO_KNOCKS, 2400), undefined);
  const one = atHope(NO_KNOCKS, 2500);
  assert.deepEqual(one, { scheduled: 0, hoped: 1, latestMonoMs: 2500 });
  assert.equal(atHope(one, 4900), undefined);
  const three = { scheduled: 0, hoped: 3, latestMonoMs: 7500 };
  assert.equal(atHope(three, 12_000), undefined);
  assert.deepEqual(
    atHope(three, 24_000),
    { scheduled: 1, hoped: 3, latestMonoMs: 24_000 },
    'by the schedule',
  );
  assert.equal(nextKnock([], NO_KNOCKS, 5000, true), undefined);
});

for (const [system, meanMs, worstMs] of [
  ['doubled', 900, 4500],
  ['Linux since 6.5', 550, 2500],
] as const)
  test(`the first SYN after a hole is never far (${system})`, () => {
    const waits = waitsMs(SYN_AGES_MS[system], 1000, 117_000);
    const mean = waits.reduce((sum, waitMs) => sum + waitMs, 0) / waits.length;
    assert.ok(mean <= meanMs, `${mean} ms in the mean`);
    assert.ok(Math.max(...waits) <= worstMs, `${Math.max(...waits)} ms at the worst`);
  });

test('silence counts from the oldest question', () => {
  const pending: PendingProbe[] = [
    { pool: 'anonymous', askedMonoMs: 100 },
    { pool: 'credentialed', askedMonoMs: 2000 },
  ];
  assert.ok(!isSilent([], 1e6));
  assert.ok(!isSilent(pending, 99 + PROBE_LIMIT_MS));
  assert.ok(isSilent(pending, 100 + PROBE_LIMIT_MS));
});
