import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReadyPool } from '../../../harness/supervisor/ready-pool.ts';
import { FakeEngineClock, turn } from '../../support/node/fake-engine-clock.ts';

interface Item {
  readonly id: number;
  readonly ended: Promise<void>;
  readonly end: () => void;
}

function build(size: number) {
  const clock = new FakeEngineClock();
  const disposed: number[] = [];
  const errors: string[] = [];
  const made: Item[] = [];
  const control = { fail: false, hang: false, hangDispose: false };
  const pool = new ReadyPool<Item>({
    size,
    clock,
    onError: (_, doing) => errors.push(doing),
    factory: {
      create: async (signal) => {
        if (control.fail) throw new Error('no');
        if (control.hang)
          await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
        let end: () => void = () => undefined;
        const ended = new Promise<void>((resolve) => (end = resolve));
        const item = { id: made.length, ended, end };
        made.push(item);
        return item;
      },
      dispose: (item) => {
        disposed.push(item.id);
        return control.hangDispose ? new Promise(() => undefined) : Promise.resolve();
      },
      ended: (item) => item.ended,
    },
  });
  return { clock, pool, disposed, errors, made, control };
}

test('as many as wanted wait, and one that is taken is replaced', async () => {
  const { pool, made } = build(2);
  pool.fill();
  await turn();
  assert.equal(pool.waiting, 2);
  assert.equal((await pool.take()).id, 0);
  await turn();
  assert.equal(pool.waiting, 2);
  assert.equal(made.length, 3);
});

test('an empty pool makes one when it is asked', async () => {
  const { pool } = build(0);
  pool.fill();
  assert.equal((await pool.take()).id, 0);
  assert.equal(pool.waiting, 0);
});

test('one that ends while it waits is not given out, and is replaced after a pause', async () => {
  const { clock, pool, made } = build(1);
  pool.fill();
  await turn();
  made[0]?.end();
  await turn();
  assert.equal(pool.waiting, 0);
  await clock.advance(2000);
  assert.equal(pool.waiting, 1);
  assert.equal((await pool.take()).id, 1);
});

test('a start that fails is told and tried again after a pause, not in a circle', async () => {
  const { clock, pool, errors, control } = build(1);
  control.fail = true;
  pool.fill();
  await clock.advance(1999);
  assert.deepEqual(errors, ['create']);
  await clock.advance(2000);
  assert.deepEqual(errors, ['create', 'create']);
  control.fail = false;
  await clock.advance(2000);
  assert.equal(pool.waiting, 1);
  await assert.doesNotReject(pool.take());
});

test('a start that hangs is given up after its limit, and what it brings late is disposed of', async () => {
  const { clock, pool, errors, control } = build(1);
  control.hang = true;
  pool.fill();
  await clock.advance(30_000);
  assert.deepEqual(errors, ['create']);
});

test('draining ends those that wait and keeps none ready, while one can still be taken', async () => {
  const { clock, pool, disposed } = build(2);
  pool.fill();
  await turn();
  await pool.drain();
  assert.deepEqual(disposed, [0, 1]);
  assert.equal((await pool.take()).id, 2);
  await clock.advance(10_000);
  assert.equal(pool.waiting, 0);
});

test('a stop ends the starts under way too, refuses takers, and leaves no timer', async () => {
  const { clock, pool, control } = build(1);
  control.hang = true;
  pool.fill();
  await turn();
  await pool.stop();
  await pool.stop();
  await assert.rejects(pool.take(), /stopped/);
  assert.equal(clock.timerCount, 0);
});

test('an end that hangs does not hold up the stop', async () => {
  const { clock, pool, errors, control } = build(1);
  control.hangDispose = true;
  pool.fill();
  await turn();
  const stopping = pool.stop();
  await clock.advance(5000);
  await stopping;
  assert.deepEqual(errors, ['dispose']);
});
