import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cutRule, delayRule, judgePacket, lossRule } from '../../../harness/faults/packet-rules.ts';
import { seededRandom, seedFor } from '../../../harness/faults/seeded-random.ts';

test('a cut loses only its side', () => {
  assert.equal(cutRule('up')('up'), 'drop');
  assert.equal(cutRule('up')('down'), 0);
  assert.equal(cutRule('down')('down'), 'drop');
  assert.equal(cutRule('both')('up'), 'drop');
  assert.equal(cutRule('both')('down'), 'drop');
});

test('loss takes its share, the same packets for the same seed', () => {
  const lost = (seed: number): number[] => {
    const rule = lossRule(0.1, seededRandom(seed));
    return Array.from({ length: 10_000 }, (_, index) => index).filter(() => rule('up') === 'drop');
  };
  assert.deepEqual(lost(7), lost(7));
  assert.notDeepEqual(lost(7), lost(8));
  assert.ok(Math.abs(lost(7).length - 1_000) < 90, `${lost(7).length} of 10000 lost at 10 %`); // 3 sigma
});

test('a delay with jitter stays within its two ends and uses the whole width', () => {
  const rule = delayRule(20, 80, seededRandom(1));
  const delays = Array.from({ length: 1_000 }, () => rule('up') as number);
  assert.ok(Math.min(...delays) >= 20 && Math.max(...delays) <= 100);
  assert.ok(Math.min(...delays) < 25 && Math.max(...delays) > 95);
});

test('delays add up, and one drop outweighs all delays', () => {
  assert.equal(judgePacket([() => 5, () => 7], 'up'), 12);
  assert.equal(judgePacket([() => 5, () => 'drop', () => 7], 'up'), 'drop');
  assert.equal(judgePacket([], 'up'), 0);
});

test('every rule is asked for every packet, so that rows of chance stay independent', () => {
  let asked = 0;
  judgePacket([() => 'drop', () => ((asked += 1), 0)], 'up');
  assert.equal(asked, 1);
});

test('seeds of different parts differ, and are the same each time', () => {
  assert.equal(seedFor(1, 'loss-10', 3), seedFor(1, 'loss-10', 3));
  const seeds = new Set(Array.from({ length: 200 }, (_, run) => seedFor(1, 'loss-10', run)));
  assert.equal(seeds.size, 200);
  assert.notEqual(seedFor(1, 'ab', 'c'), seedFor(1, 'a', 'bc'));
  assert.notEqual(seedFor(1, 'a'), seedFor(2, 'a'));
});
