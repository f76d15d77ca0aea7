import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StopStack } from '../../../harness/supervisor/stop-stack.ts';
import { silentLog } from '../../support/node/silent-log.ts';

function recordingStack(): {
  stack: StopStack;
  order: string[];
  step: (name: string) => () => Promise<void>;
} {
  const order: string[] = [];
  const step = (name: string) => () => Promise.resolve(void order.push(name));
  return { stack: new StopStack(silentLog), order, step };
}

test('what was started last is stopped first', async () => {
  const { stack, order, step } = recordingStack();
  for (const name of ['server', 'agent', 'gateway']) stack.defer(name, step(name));
  await stack.stop();
  assert.deepEqual(order, ['gateway', 'agent', 'server']);
});

test('a part that throws does not keep the others alive', async () => {
  const { stack, order, step } = recordingStack();
  stack.defer('server', step('server'));
  stack.defer('agent', () => Promise.reject(new Error('broken')));
  await stack.stop();
  assert.deepEqual(order, ['server']);
});

test('a part that hangs is given up after its limit', async () => {
  const { stack, order, step } = recordingStack();
  stack.defer('server', step('server'));
  stack.defer('agent', () => new Promise(() => undefined), 20);
  await stack.stop();
  assert.deepEqual(order, ['server']);
});

test('stopping twice runs each step once', async () => {
  const { stack, order, step } = recordingStack();
  stack.defer('server', step('server'));
  await Promise.all([stack.stop(), stack.stop()]);
  assert.deepEqual(order, ['server']);
});

test('nothing can be added once the stop has begun', async () => {
  const { stack, step } = recordingStack();
  await stack.stop();
  assert.throws(() => stack.defer('late', step('late')), /late/);
});
