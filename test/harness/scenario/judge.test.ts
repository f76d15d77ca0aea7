import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge, type ObservedCall } from '../../../harness/scenario/judge.ts';
import { MATRIX } from '../../../harness/scenario/matrix.ts';
import type { Criteria, Scenario } from '../../../harness/scenario/scenario.ts';
import { syntheticRun } from './synthetic-calls.ts';

const HOLE = MATRIX.find(({ id }) => id === 'hole-20')!;

/** A scenario that asks for nothing but `pass`. */
const asking = (pass: Criteria): Scenario => ({ ...HOLE, pass });

const good: ObservedCall = {
  ...syntheticRun({
    id: 'hole-20',
    client: 'clara',
    lastsMs: 20_000,
    toldMs: 3_100,
    audioBackMs: 700,
    shownBackMs: 1_500,
  }),
  afterwards: { sameMicrophone: true, onePublication: true },
};
const fault = good.faults[0]!;

test('a call that keeps every promise passes', () => {
  assert.deepEqual(judge(HOLE, good), { pass: true, why: [] });
});

/** Each criterion once: one call that just keeps it, one that misses it, and the sentence that is told. */
const CASES: { pass: Criteria; keeps: ObservedCall; misses: ObservedCall; why: RegExp }[] = [
  {
    pass: { toldMs: 3_100 },
    keeps: good,
    misses: { ...good, faults: [{ ...fault, firstUiStateMs: 3_101 }] },
    why: /told after 3101 ms, at most 3100/,
  },
  {
    pass: { toldMs: 4_000 },
    keeps: good,
    misses: { ...good, faults: [{ ...fault, firstUiStateMs: null }] },
    why: /nothing was shown/,
  },
  {
    pass: { toldAfterHealMs: 100 },
    keeps: { ...good, faults: [{ ...fault, firstUiStateMs: 20_100 }] },
    misses: { ...good, faults: [{ ...fault, firstUiStateMs: 20_101 }] },
    why: /told after the heal after 101 ms/,
  },
  {
    pass: { audioBackMs: 700 },
    keeps: good,
    misses: { ...good, faults: [{ ...fault, audioBackMs: 701 }] },
    why: /sound back after 701 ms/,
  },
  {
    pass: { audioBackMs: 700 },
    keeps: good,
    misses: { ...good, faults: [{ ...fault, audioBackMs: null }] },
    why: /sound did not come back/,
  },
  {
    pass: { shownBackMs: 1_500 },
    keeps: good,
    misses: { ...good, faults: [{ ...fault, shownBackMs: 1_501 }] },
    why: /shown as back after 1501 ms/,
  },
  {
    pass: { shownBackMs: 1_500 },
    keeps: good,
    misses: { ...good, faults: [{ ...fault, shownBackMs: null }] },
    why: /never shown as back/,
  },
  {
    pass: { shownAfterAudioMs: 800 },
    keeps: good,
    misses: { ...good, faults: [{ ...fault, shownBackMs: 1_501 }] },
    why: /801 ms/,
  },
  {
    pass: { shownAfterAudioMs: 800 },
    keeps: good,
    misses: { ...good, faults: [{ ...fault, audioBackMs: null }] },
    why: /never both/,
  },
  { pass: { connectMs: 420 }, keeps: good, misses: { ...good, connectMs: null }, why: /never connected/ },
  {
    pass: { finalWithinMs: 9_000 },
    keeps: { ...good, phases: [...good.phases, { atMs: 9_000, phase: 'failed' }] },
    misses: { ...good, phases: [...good.phases, { atMs: 9_001, phase: 'failed' }] },
    why: /final phase after 9001 ms/,
  },
  {
    pass: { failsAfter: { budgetMs: 120_000, toleranceMs: 2_000 } },
    keeps: { ...good, phases: [...good.phases, { atMs: fault.atMs + 3_100 + 118_000, phase: 'failed' }] },
    misses: { ...good, phases: [...good.phases, { atMs: fault.atMs + 3_100 + 117_999, phase: 'failed' }] },
    why: /failed after 117999 ms, the budget is 120000 ms ± 2000 ms/,
  },
  {
    pass: { maxWordsLost: 40 },
    keeps: { ...good, faults: [{ ...fault, wordsLost: { toAgent: 40, fromAgent: 3 } }] },
    misses: { ...good, faults: [{ ...fault, wordsLost: { toAgent: 0, fromAgent: 41 } }] },
    why: /41 from it were lost/,
  },
  {
    pass: { maxExtraJoins: 1 },
    keeps: { ...good, joins: 2 },
    misses: { ...good, joins: 3 },
    why: /2 joins beyond the first, at most 1/,
  },
  { pass: { maxAgents: 1 }, keeps: good, misses: { ...good, agents: 2 }, why: /2 agents/ },
  {
    pass: { maxFalseConnectedMs: 4_000 },
    keeps: good,
    misses: { ...good, falseConnectedMs: 4_001 },
    why: /4001 ms shown as connected/,
  },
  {
    pass: { maxPhaseChanges: 2 },
    keeps: good,
    misses: { ...good, phases: [...good.phases, { atMs: 30_000, phase: 'unstable' }] },
    why: /3 changes/,
  },
  {
    pass: { minPhaseMs: 300 },
    keeps: good,
    misses: { ...good, phases: [...good.phases, { atMs: 27_799, phase: 'unstable' }] },
    why: /299 ms only/,
  },
  {
    pass: { maxPageErrors: 0 },
    keeps: { ...good, pageErrors: 0 },
    misses: { ...good, pageErrors: 1 },
    why: /1 errors/,
  },
  { pass: { maxPageErrors: 0 }, keeps: { ...good, pageErrors: 0 }, misses: good, why: /not counted/ },
  {
    pass: { maxElementsFromText: 0 },
    keeps: { ...good, elementsFromText: 0 },
    misses: good,
    why: /not counted/,
  },
  {
    pass: { sameConversation: true },
    keeps: good,
    misses: { ...good, sessionLost: true },
    why: /session was lost/,
  },
  {
    pass: { expectPhases: ['reconnecting'] },
    keeps: good,
    misses: { ...good, phases: good.phases.slice(0, 3) },
    why: /never showed reconnecting/,
  },
  {
    pass: { neverPhases: ['failed'] },
    keeps: good,
    misses: { ...good, phases: [...good.phases, { atMs: 30_000, phase: 'failed' }] },
    why: /showed failed/,
  },
  {
    pass: { endsIn: 'connected' },
    keeps: good,
    misses: { ...good, phases: [...good.phases, { atMs: 30_000, phase: 'failed' }] },
    why: /ended in failed, not in connected/,
  },
  {
    pass: { reasons: ['both', 'up'] },
    keeps: good,
    misses: { ...good, phases: good.phases.map(({ atMs, phase }) => ({ atMs, phase })) },
    why: /both or up was not told/,
  },
  {
    pass: { afterwards: ['startWorks'] },
    keeps: { ...good, afterwards: { startWorks: true } },
    misses: { ...good, afterwards: { startWorks: false } },
    why: /startWorks is not so/,
  },
  {
    pass: { afterwards: ['startWorks'] },
    keeps: { ...good, afterwards: { startWorks: true } },
    misses: good,
    why: /startWorks was not looked at/,
  },
];

for (const { pass, keeps, misses, why } of CASES) {
  test(`${JSON.stringify(pass)} is kept or missed: ${why.source}`, () => {
    assert.deepEqual(judge(asking(pass), keeps), { pass: true, why: [] });
    const verdict = judge(asking(pass), misses);
    assert.equal(verdict.pass, false);
    assert.equal(verdict.why.length, 1);
    assert.match(verdict.why[0] ?? '', why);
  });
}

test('a fault that was never applied never passes', () => {
  assert.deepEqual(judge(HOLE, { ...good, faults: [] }), {
    pass: false,
    why: ['the fault was never applied'],
  });
});

test("the harness's own hanging up is no end of the session", () => {
  const phases = [...good.phases, { atMs: 40_000, phase: 'ended', reason: 'stopped' }];
  assert.equal(
    judge(asking({ endsIn: 'connected', neverPhases: ['ended'] }), { ...good, phases }).pass,
    true,
  );
  const kicked = [...good.phases, { atMs: 40_000, phase: 'ended', reason: 'removed' }];
  assert.equal(judge(asking({ endsIn: 'connected' }), { ...good, phases: kicked }).pass, false);
});

test('a call that never stopped being shown as connected has nothing to be shown as back', () => {
  const quiet = {
    ...good,
    phases: good.phases.slice(0, 3),
    faults: [{ ...fault, firstUiStateMs: null, shownBackMs: null }],
  };
  assert.equal(judge(asking({ shownBackMs: 3_000, shownAfterAudioMs: 2_000 }), quiet).pass, true);
});

test('phases before the fault do not count for or against what comes after it', () => {
  const early = { ...good, phases: [{ atMs: 10, phase: 'reconnecting' }, ...good.phases.slice(2, 3)] };
  assert.equal(judge(asking({ neverPhases: ['reconnecting'] }), early).pass, true);
  assert.equal(judge(asking({ expectPhases: ['reconnecting'] }), early).pass, false);
});

test('where the set-up is the fault, told counts from the click', () => {
  const { setup, fault: _none, ...rest } = MATRIX.find(({ id }) => id === 'mic-denied')!;
  const scenario = { ...rest, ...(setup !== undefined && { setup }) };
  const call = {
    ...good,
    faults: [],
    phases: [
      { atMs: 5, phase: 'requestingMic' },
      { atMs: 900, phase: 'failed', reason: 'micDenied' },
    ],
  };
  assert.deepEqual(judge(scenario, call), { pass: true, why: [] });
  assert.equal(
    judge(scenario, { ...call, phases: [{ atMs: 1_001, phase: 'failed', reason: 'micDenied' }] }).pass,
    false,
  );
});

test('slack lengthens times, forgives one word each way, and nothing else', () => {
  const late = {
    ...good,
    faults: [{ ...fault, audioBackMs: 3_900, shownBackMs: 8_000, wordsLost: { toAgent: 50, fromAgent: 50 } }],
  };
  assert.equal(judge(asking({ audioBackMs: 1_000 }), late).pass, false);
  assert.equal(judge(asking({ audioBackMs: 1_000 }), late, { slackMs: 3_000 }).pass, true);
  assert.equal(judge(asking({ maxWordsLost: 49 }), late).pass, false);
  assert.equal(judge(asking({ maxWordsLost: 49 }), late, { slackMs: 3_000 }).pass, true);
  assert.equal(judge(asking({ maxWordsLost: 48 }), late, { slackMs: 3_000 }).pass, false);
  assert.equal(judge(asking({ maxExtraJoins: 0 }), { ...late, joins: 2 }, { slackMs: 3_000 }).pass, false);
});

test('all misses of a call are told, not only the first', () => {
  const stock = syntheticRun({
    id: 'hole-20',
    client: 'stock',
    lastsMs: 20_000,
    toldMs: 15_300,
    audioBackMs: null,
    shownBackMs: null,
  });
  const { pass, why } = judge(HOLE, stock);
  assert.equal(pass, false);
  assert.ok(why.length >= 4, why.join('; '));
});
