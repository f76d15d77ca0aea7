import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LifeWatch } from '../../../harness/agent/life-watch.ts';

test('a child that is still loading has 15 s for its first word', () => {
  const life = new LifeWatch(0);
  const verdicts = Array.from({ length: 31 }, (_, at) => life.look(at * 500));
  assert.ok(verdicts.every((verdict) => verdict === 'alive'));
  assert.equal(life.look(15_500), 'silent');
});

test('time in which this process itself stood still is not held against a child', () => {
  const life = new LifeWatch(0);
  life.heard(0, 1);
  assert.equal(life.look(500), 'alive');
  assert.equal(life.look(20_500), 'alive'); // a machine that slept
  life.heard(20_600, 2);
  assert.equal(life.look(21_000), 'alive');
  for (let nowMs = 21_500; nowMs <= 24_000; nowMs += 500) assert.equal(life.look(nowMs), 'alive');
  assert.equal(life.look(24_500), 'silent');
});
