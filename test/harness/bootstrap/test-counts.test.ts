import { test } from 'node:test';
import assert from 'node:assert/strict';
// The bootstrap is plain JavaScript: it runs before anything is compiled.
import { countsOfJson, countsOfTap, judgeGroup } from '../../../harness/bootstrap/test-counts.mjs';

const TAP = '# tests 4\n# suites 0\n# pass 2\n# fail 1\n# cancelled 1\n# skipped 0\n# todo 0\n';

test('the totals of TAP are read, a cancelled test as failed', () => {
  assert.deepEqual(countsOfTap(TAP), { passed: 2, failed: 2, skipped: 0 });
});

test('what a test prints is not taken for the totals', () => {
  assert.deepEqual(countsOfTap(`# pass 99\n${TAP}`), { passed: 2, failed: 2, skipped: 0 });
});

test('TAP that was cut off has no totals', () => {
  assert.equal(countsOfTap('ok 1 - something\n'), undefined);
});

test('counts in JSON are read, anything else is none', () => {
  assert.deepEqual(countsOfJson('{"passed":3,"failed":0,"skipped":0}'), { passed: 3, failed: 0, skipped: 0 });
  assert.equal(countsOfJson('{}'), undefined);
  assert.equal(countsOfJson(''), undefined);
});

test('a good group counts as it is', () => {
  assert.deepEqual(judgeGroup({ passed: 3, failed: 0, skipped: 0 }, { code: 0 }), {
    passed: 3,
    failed: 0,
    skipped: 0,
  });
});

test('no counts, no tests, skipped tests and a bad exit each make one failure', () => {
  assert.equal(judgeGroup(undefined, { code: 0 }).failed, 1);
  assert.equal(judgeGroup({ passed: 0, failed: 0, skipped: 0 }, { code: 0 }).failed, 1);
  assert.equal(judgeGroup({ passed: 3, failed: 0, skipped: 1 }, { code: 0 }).failed, 1);
  assert.equal(judgeGroup({ passed: 3, failed: 0, skipped: 0 }, { code: null }).failed, 1);
});

test('failed tests are counted once, whatever the exit', () => {
  assert.equal(judgeGroup({ passed: 3, failed: 2, skipped: 0 }, { code: 1 }).failed, 2);
});
