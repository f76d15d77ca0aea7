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

test('a browser that rewrote its environment is found by its profile in the run folder', () => {
  const browser = processFacts({
    pid: 30,
    commandLine: 'chromium\0--user-data-dir=/tmp/clara-abcdef012345/x',
    environment: '',
  });
  assert.deepEqual(findVictims([browser], marks), [30]);
});

test('children of such a browser that show nothing of their own go with the group it leads', () => {
  const commandLine = 'chromium\0--user-data-dir=/tmp/clara-abcdef012345/x\0--remote-debugging-pipe';
  const processes = [
    processFacts({ pid: 30, commandLine, environment: '' }),
    processFacts({ pid: 31, groupId: 30, commandLine: 'chromium --type=renderer', environment: '' }),
    processFacts({ pid: 32, groupId: 31 }),
  ];
  assert.deepEqual(findVictims(processes, marks), [30, 31]);
});

test("a person's processes are left alone that name the run folder, or share a group with a child of the run", () => {
  const people = [
    ...[
      'tail\0-f\0/tmp/clara-abcdef012345/log',
      'vi /tmp/clara-abcdef012345/a b',
      'ls\0/tmp/clara-abcdef012345',
    ],
    'chromium\0--user-data-dir=/tmp/clara-abcdef0123456',
  ].map((commandLine, index) => processFacts({ pid: 40 + index, commandLine }));
  const shellJob = [
    processFacts({ pid: 60 }),
    processFacts({ pid: 61, groupId: 60, commandLine: 'tee\0log' }),
    processFacts({ pid: 62, groupId: 60, environment: 'CLARA_RUN_ID=abcdef012345' }),
  ];
  assert.deepEqual(findVictims([...people, ...shellJob], marks), [62]);
});

test('the reaper, its parent on an orderly end, and init are never victims', () => {
  const environment = 'CLARA_RUN_ID=abcdef012345';
  const processes = [1, 50, 51, 52].map((pid) => processFacts({ pid, environment }));
  assert.deepEqual(findVictims(processes, { ...marks, spare: [50, 51] }), [52]);
});
