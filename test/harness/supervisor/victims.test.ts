import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProcessFacts } from '../../../harness/supervisor/process-table.ts';
import { findVictims } from '../../../harness/supervisor/victims.ts';
import type { RunMarks } from '../../../harness/supervisor/victims.ts';

const marks: RunMarks = { runId: 'abcdef012345', folder: '/tmp/clara-abcdef012345', groups: [], spare: [] };

function processFacts(facts: Partial<ProcessFacts> & { pid: number }): ProcessFacts {
  return {
    groupId: facts.pid,
    startTime: 's',
    commandLine: 'node\0x.js',
    environment: 'PATH=/bin',
    ...facts,
  };
}

test('all members of a registered group are victims', () => {
  const processes = [
    processFacts({ pid: 10, startTime: 'a' }),
    processFacts({ pid: 11, groupId: 10 }),
    processFacts({ pid: 12 }),
  ];
  assert.deepEqual(findVictims(processes, { ...marks, groups: [{ pid: 10, startTime: 'a' }] }), [10, 11]);
});

test('a group whose leader has ended is still ours', () => {
  const processes = [processFacts({ pid: 11, groupId: 10 })];
  assert.deepEqual(findVictims(processes, { ...marks, groups: [{ pid: 10, startTime: 'a' }] }), [11]);
});

test('a later process with the same pid is left alone', () => {
  const processes = [processFacts({ pid: 10, startTime: 'later' }), processFacts({ pid: 11, groupId: 10 })];
  assert.deepEqual(findVictims(processes, { ...marks, groups: [{ pid: 10, startTime: 'a' }] }), []);
});

test('a process that left its group is found by the marker in its environment', () => {
  const stray = processFacts({ pid: 20, environment: 'A=1\0CLARA_RUN_ID=abcdef012345\0B=2' });
  assert.deepEqual(findVictims([stray], marks), [20]);
});

test("another run's marker does not match, nor does one that merely starts the same", () => {
  const others = [
    processFacts({ pid: 20, environment: 'CLARA_RUN_ID=000000000000' }),
    processFacts({ pid: 21, environment: 'CLARA_RUN_ID=abcdef0123456' }),
  ];
  assert.deepEqual(findVictims(others, marks), []);
});

test('a process that rewrote its environment is found by the run folder in its arguments', () => {
  const browser = processFacts({
    pid: 30,
    commandLine: 'chromium\0--user-data-dir=/tmp/clara-abcdef012345/x',
    environment: '',
  });
  assert.deepEqual(findVictims([browser], marks), [30]);
});

test('the reaper, its parent on an orderly end, and init are never victims', () => {
  const environment = 'CLARA_RUN_ID=abcdef012345';
  const processes = [1, 50, 51, 52].map((pid) => processFacts({ pid, environment }));
  assert.deepEqual(findVictims(processes, { ...marks, spare: [50, 51] }), [52]);
});
