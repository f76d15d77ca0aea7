import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { InterruptedError, watchInterrupts } from '../../../harness/cli/interrupts.ts';

function watch() {
  const source = new EventEmitter();
  const killed: number[] = [];
  const clock = { nowMs: 1000 };
  const interrupts = watchInterrupts(
    source,
    (code) => killed.push(code),
    () => clock.nowMs,
  );
  return { source, killed, clock, interrupts };
}

test('the first Ctrl-C aborts and kills nothing', () => {
  const { source, killed, interrupts } = watch();
  source.emit('SIGINT');
  assert.ok(interrupts.signal.reason instanceof InterruptedError);
  assert.deepEqual(killed, []);
});

test('the same key press, sent on by npm a moment later, does not count twice', () => {
  const { source, killed, clock } = watch();
  source.emit('SIGINT');
  clock.nowMs += 30;
  source.emit('SIGINT');
  assert.deepEqual(killed, []);
});

test('a second Ctrl-C kills at once with code 130', () => {
  const { source, killed, clock } = watch();
  source.emit('SIGINT');
  clock.nowMs += 600;
  source.emit('SIGINT');
  assert.deepEqual(killed, [130]);
});

test('no listener is left behind', () => {
  const { source, interrupts } = watch();
  interrupts[Symbol.dispose]();
  assert.deepEqual(source.eventNames(), []);
});
