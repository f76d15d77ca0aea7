import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  CODEC_PROFILES,
  delayImpairment,
  equipmentImpairment,
  measuredQuality,
  mosOf,
  mouthToEarMs,
  qualityOf,
} from '../../../../src/core/metrics/quality.ts';

const near = (actual: number, expected: number, within = 0.001) =>
  assert.ok(Math.abs(actual - expected) <= within, `${actual} is not ${expected}`);

for (const [rating, mos] of [
  [93.2, 4.409],
  [90, 4.339],
  [80, 4.024],
  [70, 3.597],
  [60, 3.1],
  [50, 2.575],
] as const)
  test(`R ${rating} is MOS ${mos}`, () => near(mosOf(rating), mos));

for (const [delayMs, idd] of [
  [150, 0.16],
  [200, 3.04],
  [300, 14.76],
  [400, 24.07],
] as const)
  // The published values have two digits.
  test(`a delay of ${delayMs} ms impairs by ${idd}`, () => near(delayImpairment(delayMs), idd, 0.005));

test('up to 100 ms delay does not impair', () => {
  assert.equal(delayImpairment(0), 0);
  assert.equal(delayImpairment(100), 0);
  assert.ok(delayImpairment(101) < 0.001);
});

test('loss impairs by the formula of the E-model', () => {
  const [g711] = CODEC_PROFILES;
  assert.equal(equipmentImpairment(0, g711), 0);
  near(equipmentImpairment(0.01, g711), 95 / 26.1);
  near(equipmentImpairment(0.05, g711), (95 * 5) / 30.1);
  near(equipmentImpairment(0.05, g711, 2), (95 * 5) / 27.6);
  near(equipmentImpairment(0.05, { name: 'other', ie: 11, bpl: 19, isStandIn: false }), 11 + (84 * 5) / 24);
});

test('a score shows its parts, and they add up', () => {
  const quality = qualityOf({ delayMs: 200, lossRatio: 0.02 });
  near(quality.rating, 93.2 - quality.delayImpairment - quality.equipmentImpairment, 1e-12);
  near(quality.delayImpairment, 3.04, 0.005);
  assert.equal(quality.profile.isStandIn, true);
  assert.match(quality.profile.name, /standing in for Opus/);
});

const delays = fc.double({ min: 0, max: 5000, noNaN: true });
const ratios = fc.double({ min: 0, max: 1, noNaN: true });
const profiles = fc.constantFrom(...CODEC_PROFILES);
/** Rounding of doubles may turn equal values by their last bits. */
const EPSILON = 1e-9;

test('more delay never scores better', () => {
  fc.assert(
    fc.property(delays, delays, ratios, profiles, (one, other, lossRatio, profile) => {
      const less = qualityOf({ delayMs: Math.min(one, other), lossRatio }, profile);
      const more = qualityOf({ delayMs: Math.max(one, other), lossRatio }, profile);
      assert.ok(more.rating <= less.rating + EPSILON && more.mos <= less.mos + EPSILON);
    }),
  );
});

test('more loss never scores better', () => {
  fc.assert(
    fc.property(ratios, ratios, delays, profiles, (one, other, delayMs, profile) => {
      const less = qualityOf({ delayMs, lossRatio: Math.min(one, other) }, profile);
      const more = qualityOf({ delayMs, lossRatio: Math.max(one, other) }, profile);
      assert.ok(more.rating <= less.rating + EPSILON && more.mos <= less.mos + EPSILON);
    }),
  );
});

test('losses in bursts never score better than the same losses at random', () => {
  fc.assert(
    fc.property(ratios, fc.double({ min: 1, max: 8, noNaN: true }), (lossRatio, burstRatio) => {
      const random = qualityOf({ delayMs: 0, lossRatio }).rating;
      assert.ok(qualityOf({ delayMs: 0, lossRatio, burstRatio }).rating <= random + EPSILON);
    }),
  );
});

test('a MOS lies between 1 and 4.5 and never falls with the rating', () => {
  const ratings = fc.double({ min: -500, max: 500, noNaN: true });
  fc.assert(
    fc.property(ratings, ratings, (one, other) => {
      const low = mosOf(Math.min(one, other));
      const high = mosOf(Math.max(one, other));
      assert.ok(low >= 1 && high <= 4.5 && low <= high + EPSILON);
    }),
  );
});

test('what was not measured has no score', () => {
  const whole = { rttMs: 80, bufferMs: 60, downMissingRatio: 0.01 };
  assert.ok(measuredQuality(whole) !== undefined);
  for (const missing of Object.keys(whole) as (keyof typeof whole)[]) {
    const { [missing]: _, ...rest } = whole;
    assert.equal(measuredQuality(rest), undefined, missing);
  }
  assert.throws(() => qualityOf({ delayMs: NaN, lossRatio: 0 }), RangeError);
});

test('delay from mouth to ear is half the round trip, a packet, the buffer and the playout', () => {
  assert.equal(mouthToEarMs(80, 60, 10), 40 + 20 + 60 + 10);
  assert.equal(measuredQuality({ rttMs: 80, bufferMs: 60, downMissingRatio: 0 })?.input.delayMs, 120);
});
