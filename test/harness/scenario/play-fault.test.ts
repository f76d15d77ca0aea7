import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fault } from '../../../harness/faults/fault.ts';
import { undoOnce } from '../../../harness/faults/undo.ts';
import { playFault, type PlayClock } from '../../../harness/scenario/play-fault.ts';
import { soakPlan } from '../../../harness/scenario/soak-plan.ts';

/** A clock that jumps over every sleep, and a fault that writes down when it came and went. */
function world(abortDuringSleep?: number): {
  clock: PlayClock;
  fault: Fault;
  log: string[];
  stay: AbortController;
} {
  let nowMs = 0;
  let sleeps = 0;
  const log: string[] = [];
  const stay = new AbortController();
  return {
    log,
    stay,
    clock: {
      monoMs: () => nowMs,
      sleep: async (delayMs, signal) => {
        sleeps += 1;
        if (sleeps === abortDuringSleep) stay.abort(new Error('the call ended'));
        signal.throwIfAborted();
        nowMs += delayMs;
      },
    },
    fault: {
      id: 'it',
      apply: async (_target, signal) => {
        log.push(`on ${nowMs}`);
        return undoOnce(() => void log.push(`off ${nowMs}`), signal);
      },
    },
  };
}

test('a fault comes after its calm, stays its time and goes', async () => {
  const { clock, fault, log, stay } = world();
  const played = await playFault(
    { time: { at: 'connected', afterMs: 5_000 }, lastsMs: 20_000 },
    fault,
    {},
    clock,
    stay.signal,
  );
  assert.deepEqual(log, ['on 5000', 'off 25000']);
  assert.equal(played.appliedMonoMs, 5_000);
  assert.equal(played.healedMonoMs, 25_000);
});

test('a repeated fault counts from its first application to its last heal', async () => {
  const { clock, fault, log, stay } = world();
  const played = await playFault(
    { time: { at: 'beforeStart' }, lastsMs: 1_500, repeat: { times: 3, upMs: 3_000 } },
    fault,
    {},
    clock,
    stay.signal,
  );
  assert.deepEqual(log, ['on 0', 'off 1500', 'on 4500', 'off 6000', 'on 9000', 'off 10500']);
  assert.deepEqual([played.appliedMonoMs, played.healedMonoMs], [0, 10_500]);
});

test('a fault that stays is handed over to be released', async () => {
  const { clock, fault, log, stay } = world();
  const played = await playFault(
    { time: { at: 'beforeStart' }, lastsMs: 'untilEnd' },
    fault,
    {},
    clock,
    stay.signal,
  );
  assert.deepEqual(log, ['on 0']);
  await played.release();
  assert.deepEqual(log, ['on 0', 'off 0']);
});

for (const [number, expected] of [
  [1, []],
  [2, ['on 5000', 'off 5000']],
] as const) {
  test(`aborted during sleep ${number} it rejects with the reason and leaves nothing broken`, async () => {
    const { clock, fault, log, stay } = world(number);
    await assert.rejects(
      playFault(
        { time: { at: 'connected', afterMs: 5_000 }, lastsMs: 20_000 },
        fault,
        {},
        clock,
        stay.signal,
      ),
      /the call ended/,
    );
    assert.deepEqual(log, expected);
  });
}

test('a soak has a fault every 20 to 40 s, one at a time, healed before its end, the same for the same seed', () => {
  const totalMs = 30 * 60_000;
  const plan = soakPlan(11, totalMs);
  assert.deepEqual(soakPlan(11, totalMs), plan);
  assert.notDeepEqual(soakPlan(12, totalMs), plan);
  assert.ok(plan.length >= 30 && plan.length <= 88, `${plan.length} faults`);
  plan.forEach(({ atMs }, at) => {
    const before = plan[at - 1];
    const calmMs = atMs - (before === undefined ? 0 : before.atMs + before.lastsMs);
    assert.ok(calmMs >= 20_000 && calmMs <= 40_000, `${calmMs} ms of calm`);
  });
  const last = plan.at(-1)!;
  assert.ok(last.atMs + last.lastsMs <= totalMs - 20_000);
});

test('many soaks together play every kind of fault', () => {
  const kinds = new Set(
    Array.from({ length: 20 }, (_, seed) => soakPlan(seed, 30 * 60_000))
      .flat()
      .map(({ fault }) => JSON.stringify(fault)),
  );
  assert.equal(kinds.size, 16);
});
