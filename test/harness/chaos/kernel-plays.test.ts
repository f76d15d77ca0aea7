import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missedByKernel, playableByKernel } from '../../../harness/chaos/kernel-plays.ts';
import { refuseForKernel } from '../../../harness/chaos/kernel-start.ts';
import { UsageError } from '../../../harness/config/usage-error.ts';
import { MATRIX } from '../../../harness/scenario/matrix.ts';

test('the kernel plays every cut of the path, and all that is no fault of the path', () => {
  const { playable, notPlayable } = playableByKernel(MATRIX);
  assert.deepEqual(
    notPlayable.map(({ id }) => id),
    [
      'ws-reset',
      'ws-fin',
      'ws-slow',
      'ws-refuse',
      'ws-401',
      'ws-404',
      'ws-500',
      'ws-mute',
      'rebind',
      'loss-1',
      'loss-5',
      'loss-10',
      'loss-30',
      'jitter-80',
      'token-expired',
      'token-wrong',
      'token-429',
      'token-500',
      'token-hang',
      'token-html',
      'room-closed',
    ],
  );
  assert.equal(playable.length + notPlayable.length, MATRIX.length);
  for (const { id, why } of notPlayable) assert.match(why, /--way N/, id);
});

test('a cut that met no media, or refused nobody, has missed; what is no cut has nothing to count', () => {
  const counts = (lost: number, refused = 0) => ({ passed: 10, lost, refused });
  for (const fault of [
    { kind: 'wholePath', how: 'hole' },
    { kind: 'udpCut', side: 'up' },
  ] as const) {
    assert.equal(missedByKernel(fault, counts(3), counts(12)), '9 packets were cut, at least 10 have to be');
    assert.equal(missedByKernel(fault, counts(3), counts(13)), undefined);
  }
  for (const how of ['refuse', 'off'] as const) {
    const fault = { kind: 'wholePath', how } as const;
    assert.equal(missedByKernel(fault, counts(3, 1), counts(99, 1)), 'no connection was refused');
    assert.equal(missedByKernel(fault, counts(3, 1), counts(99, 2)), undefined);
  }
  assert.equal(missedByKernel({ kind: 'signalStall' }, counts(3), counts(3)), 'no packet was cut');
  assert.equal(missedByKernel({ kind: 'signalStall' }, counts(3), counts(4)), undefined);
  assert.equal(missedByKernel({ kind: 'page', action: 'reload' }, counts(3), counts(3)), undefined);
});

test('settings that lead out of the namespace are refused by name', () => {
  const config = (values: object) => ({ values: { redisUrl: '', webhookUrl: '', ...values } }) as never;
  refuseForKernel(config({}));
  for (const [name, values] of [
    ['CLARA_REDIS_URL', { redisUrl: 'redis://127.0.0.1:6379' }],
    ['CLARA_WEBHOOK_URL', { webhookUrl: 'http://127.0.0.1:1/x' }],
  ] as const)
    assert.throws(
      () => refuseForKernel(config(values)),
      (error: unknown) => error instanceof UsageError && error.message.includes(name),
    );
});
