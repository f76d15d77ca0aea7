import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServerLog } from '../../../harness/server/server-log.ts';
import { silentLog } from '../../support/node/silent-log.ts';

test('secrets and tokens are masked in what is kept', () => {
  const log = new ServerLog(silentLog, ['very-secret']);
  log.take('key very-secret token eyJhbGciOi.eyJleHAiOjE.c2lnbmF0dXJl end');
  assert.equal(log.tail, 'key <secret> token <token> end');
});

test('the last twenty lines are kept', () => {
  const log = new ServerLog(silentLog, []);
  for (let i = 1; i <= 25; i++) log.take(`line ${i}`);
  const lines = log.tail.split('\n');
  assert.equal(lines.length, 20);
  assert.equal(lines[0], 'line 6');
});

test('the version is read from the line of the start', () => {
  const log = new ServerLog(silentLog, []);
  log.take('{"level":"info","msg":"starting LiveKit server","portHttp":1,"version":"1.13.5"}');
  log.take('{"msg":"something","version":"9.9.9"}');
  assert.equal(log.version, '1.13.5');
});
