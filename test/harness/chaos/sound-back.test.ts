import assert from 'node:assert/strict';
import { test } from 'node:test';
import { soundBackWallMs } from '../../../harness/chaos/sound-back.ts';

/** Two words a second, but for what a fault of 5 s from 3,000 on took, and what else is cut out. */
function heard(untilMs: number, backMs: number, without: readonly [number, number][] = []) {
  return Array.from({ length: Math.ceil(untilMs / 500) }, (_, index) => ({
    index,
    atWallMs: index * 500,
  })).filter(
    ({ atWallMs }) =>
      !(atWallMs >= 3_000 && atWallMs < backMs) &&
      !without.some(([fromMs, toMs]) => atWallMs >= fromMs && atWallMs < toMs),
  );
}
const FAULT = { atWallMs: 3_000, healedWallMs: 8_000, untilWallMs: 20_000 };

test('sound is back with its first word after the heal, when no later break tears it', () => {
  assert.equal(soundBackWallMs({ ...FAULT, heard: heard(20_000, 8_500) }), 8_500);
  assert.equal(soundBackWallMs({ ...FAULT, heard: heard(20_000, 8_500, [[12_000, 15_000]]) }), 15_000);
  assert.equal(soundBackWallMs({ ...FAULT, heard: heard(20_000, 8_500, [[12_000, 12_500]]) }), 8_500);
});

test('a last word that is still on its way is no break, and a silence that lasts to the end is', () => {
  assert.equal(soundBackWallMs({ ...FAULT, heard: heard(20_000, 8_500, [[19_000, 20_000]]) }), 8_500);
  assert.equal(soundBackWallMs({ ...FAULT, heard: heard(20_000, 8_500, [[16_000, 20_000]]) }), undefined);
  assert.equal(soundBackWallMs({ ...FAULT, heard: heard(20_000, 20_000) }), undefined);
});
