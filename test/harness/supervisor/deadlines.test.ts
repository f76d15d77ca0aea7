import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Deadlines } from '../../../harness/supervisor/deadlines.ts';
import { FakeEngineClock } from '../../support/node/fake-engine-clock.ts';

function build() {
  const clock = new FakeEngineClock();
  const errors: unknown[] = [];
  const fired: string[] = [];
  const deadlines = new Deadlines(clock, (error) => errors.push(error));
  const set = (owner: string, name: string, inMs: number) =>
    deadlines.set(owner, name, inMs, () => fired.push(`${owner}.${name}@${clock.monoMs()}`));
  return { clock, errors, fired, deadlines, set };
}

test('deadlines of many sessions fire in order, on one timer', async () => {
  const { clock, fired, set } = build();
  set('b', 'x', 300);
  set('a', 'x', 100);
  set('a', 'y', 200);
  assert.equal(clock.timerCount, 1);
  await clock.advance(1000);
  assert.deepEqual(fired, ['a.x@100', 'a.y@200', 'b.x@300']);
  assert.equal(clock.timerCount, 0);
});

test('a deadline that is set again is moved, and its earlier time does nothing', async () => {
  const { clock, fired, set } = build();
  set('a', 'x', 100);
  set('a', 'x', 500);
  await clock.advance(499);
  assert.deepEqual(fired, []);
  await clock.advance(1);
  assert.deepEqual(fired, ['a.x@500']);
});

test('moving a deadline back a thousand times sets no new timer', () => {
  const { clock, set } = build();
  set('a', 'x', 100);
  for (let i = 0; i < 1000; i += 1) set('a', 'x', 200 + i);
  assert.equal(clock.timersSet, 1);
});

test('a cancelled deadline and those of a forgotten owner never fire', async () => {
  const { clock, fired, deadlines, set } = build();
  set('a', 'x', 100);
  set('b', 'x', 100);
  set('b', 'y', 150);
  set('c', 'x', 200);
  assert.equal(deadlines.cancel('a', 'x'), true);
  assert.equal(deadlines.cancel('a', 'x'), false);
  deadlines.forget('b');
  await clock.advance(1000);
  assert.deepEqual(fired, ['c.x@200']);
  assert.equal(deadlines.size, 0);
});

test('a deadline that throws keeps none of the others from firing', async () => {
  const { clock, errors, fired, deadlines, set } = build();
  deadlines.set('a', 'bad', 100, () => {
    throw new Error('broken');
  });
  set('b', 'x', 100);
  await clock.advance(100);
  assert.deepEqual(fired, ['b.x@100']);
  assert.equal(errors.length, 1);
});

test('a deadline that sets itself again for at once does not hold up the loop', async () => {
  const { clock, deadlines } = build();
  let times = 0;
  const again = (): void => {
    times += 1;
    if (times < 5) deadlines.set('a', 'x', 0, again);
  };
  deadlines.set('a', 'x', 10, again);
  await clock.advance(10);
  assert.equal(times, 5);
});

test('after a sleep of the machine deadlines know how late they are', async () => {
  const { clock, deadlines } = build();
  const late: number[] = [];
  deadlines.set('a', 'x', 100, (lateMs) => late.push(lateMs));
  await clock.sleepThrough(60_100);
  assert.deepEqual(late, [60_000]);
});

test('a stop takes the timer back and no deadline can be set after it', () => {
  const { clock, deadlines, set } = build();
  set('a', 'x', 100);
  deadlines.stop();
  set('a', 'y', 100);
  assert.equal(clock.timerCount, 0);
  assert.equal(deadlines.size, 0);
});

test('whatever is set, moved and cancelled, each remaining deadline fires once, at its time, in order', async () => {
  const command = fc.record({
    owner: fc.constantFrom('a', 'b', 'c'),
    name: fc.constantFrom('x', 'y', 'z'),
    inMs: fc.option(fc.integer({ min: 0, max: 500 }), { freq: 3 }), // null cancels
  });
  await fc.assert(
    fc.asyncProperty(fc.array(command, { maxLength: 40 }), async (commands) => {
      const { clock, fired, deadlines, set } = build();
      const expected = new Map<string, number>();
      for (const { owner, name, inMs } of commands) {
        if (inMs === null) {
          deadlines.cancel(owner, name);
          expected.delete(`${owner}.${name}`);
        } else {
          set(owner, name, inMs);
          expected.set(`${owner}.${name}`, inMs);
        }
      }
      await clock.advance(1000);
      assert.deepEqual([...fired].sort(), [...expected].map(([key, at]) => `${key}@${at}`).sort());
      const times = fired.map((line) => Number(line.split('@')[1]));
      assert.deepEqual(
        times,
        [...times].sort((a, b) => a - b),
      );
    }),
    { numRuns: 60 },
  );
});
