import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError } from '../../../harness/config/usage-error.ts';
import { PartMissingError } from '../../../harness/parts/part-missing-error.ts';
import { parseDisabledWays, tryWays } from '../../../harness/parts/try-ways.ts';
import type { Way } from '../../../harness/parts/try-ways.ts';

const never = new AbortController().signal;
const asked: string[] = [];

function way(id: Way<string>['id'], result: { part: string } | { reason: string }): Way<string> {
  return { id, what: `way ${id}`, find: () => Promise.resolve((asked.push(id), result)) };
}

function find(ways: readonly Way<string>[], disabled = '', signal = never) {
  asked.length = 0;
  return tryWays(
    { name: 'The part', neededFor: 'a test', how: 'make one', ways },
    parseDisabledWays(disabled),
    signal,
  );
}

test('the first way that works is taken and no later one is tried', async () => {
  const ways = [
    way('server-env', { reason: 'no' }),
    way('server-path', { part: 'it' }),
    way('server-go', { part: 'other' }),
  ];
  assert.equal(await find(ways), 'it');
  assert.deepEqual(asked, ['server-env', 'server-path']);
});

test('a way that is switched off is not tried', async () => {
  await find([way('server-env', { part: 'a' }), way('server-path', { part: 'b' })], 'server-env');
  assert.deepEqual(asked, ['server-path']);
});

test('the error tells what for, each way with its reason, and what helps', async () => {
  const finding = find(
    [way('server-env', { reason: 'not set' }), way('server-go', { part: 'x' })],
    'server-go',
  );
  await assert.rejects(finding, (error: unknown) => {
    assert.ok(error instanceof PartMissingError);
    assert.equal(
      error.message,
      [
        'The part is missing; it is needed for a test.',
        '  - way server-env [server-env]: not set',
        '  - way server-go [server-go]: switched off by CLARA_DISABLE',
        '  What helps: make one',
      ].join('\n'),
    );
    return true;
  });
});

test('an abort ends the search', async () => {
  await assert.rejects(
    find([way('server-env', { part: 'a' })], '', AbortSignal.abort(new Error('enough'))),
    /enough/,
  );
  assert.deepEqual(asked, []);
});

test('a star switches off all ways of one part', () => {
  assert.deepEqual(
    [...parseDisabledWays('chromium-*, server-go')],
    ['chromium-env', 'chromium-system', 'chromium-playwright', 'chromium-package', 'server-go'],
  );
  assert.equal(parseDisabledWays(undefined).size, 0);
});

test('a way that does not exist is refused', () => {
  assert.throws(() => parseDisabledWays('server-og'), UsageError);
});
