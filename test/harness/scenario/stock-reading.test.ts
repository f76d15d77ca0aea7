import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge, type ObservedCall } from '../../../harness/scenario/judge.ts';
import { MATRIX } from '../../../harness/scenario/matrix.ts';
import { askedOf, readFor } from '../../../harness/scenario/stock-reading.ts';
import { syntheticRun } from './synthetic-calls.ts';

const scenarioOf = (id: string) => MATRIX.find((each) => each.id === id)!;

/** Stock as it is: its final phase is `failed`, 100 ms after the fault, with LiveKit's name. */
function endedCall(id: string, reason: string): ObservedCall {
  const call = syntheticRun({
    id,
    client: 'stock',
    lastsMs: 0,
    toldMs: 100,
    audioBackMs: null,
    shownBackMs: null,
  });
  const atMs = call.faults[0]!.atMs + 100;
  return {
    ...call,
    phases: [
      ...call.phases.filter(({ phase }) => phase !== 'reconnecting'),
      { atMs, phase: 'failed', reason },
    ],
  };
}
const verdict = (client: 'stock' | 'clara', id: string, call: ObservedCall) => {
  const read = readFor(client, scenarioOf(id), call);
  return judge(read.scenario, read.call);
};

for (const [id, name] of [
  ['kick', 'PARTICIPANT_REMOVED'],
  ['room-deleted', 'ROOM_DELETED'],
  ['duplicate', 'DUPLICATE_IDENTITY'],
] as const)
  test(`${id}: stock that ends at once with LiveKit's right name keeps the promise, with a wrong one it does not`, () => {
    assert.deepEqual(verdict('stock', id, endedCall(id, name)), { pass: true, why: [] });
    assert.equal(verdict('stock', id, endedCall(id, 'NONE')).pass, false);
    assert.equal(verdict('clara', id, endedCall(id, name)).pass, false);
  });

test('naming the side, the budget and our notes are asked of ours alone, and told as left out', () => {
  const up = scenarioOf('udp-up-10').pass;
  assert.deepEqual(askedOf('clara', up), { asked: up, without: {} });
  const stock = askedOf('stock', up);
  assert.deepEqual(stock.without, { reasons: ['up'] });
  assert.deepEqual({ ...stock.asked, ...stock.without }, up);
  assert.deepEqual(Object.keys(askedOf('stock', scenarioOf('hole-200').pass).without).sort(), [
    'expectPhases',
    'failsAfter',
    'reasons',
  ]);
  assert.deepEqual(askedOf('stock', scenarioOf('hole-200').pass).asked.afterwards, [
    'microphoneReleased',
    'startWorks',
    'resumeWorks',
  ]);
  assert.deepEqual(askedOf('stock', scenarioOf('room-closed').pass).without, { afterwards: ['contextTold'] });
});

test('what stock does is asked of it in every scenario: times, words, joins and the end', () => {
  for (const { id, pass } of MATRIX) {
    const { reasons: _r, failsAfter: _f, expectPhases: _e, afterwards: _a, ...facts } = pass;
    const { reasons, expectPhases, afterwards, ...asked } = askedOf('stock', pass).asked;
    assert.deepEqual(asked, facts, id);
    assert.ok(
      [reasons, expectPhases, afterwards].every((each) => each === undefined || each.length > 0),
      id,
    );
  }
});

test('a final phase where the call should stand is still a miss', () => {
  const call = endedCall('hole-5', 'NONE');
  assert.match(verdict('stock', 'hole-5', call).why.join(), /ended in failed, not in connected/);
});
