import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  listProcesses,
  parseProcStat,
  parsePsLine,
  startTimeOf,
} from '../../../harness/supervisor/process-table.ts';

/** A line of /proc/<pid>/stat with what matters filled in. */
function statLine(name: string, state: string, groupId: number, startTime: string): string {
  const between = Array.from({ length: 16 }, () => '0').join(' '); // fields 6 to 21
  return `42 (${name}) ${state} 1 ${groupId} ${between} ${startTime} 0 0\n`;
}

test('group and start time are read from a stat line', () => {
  assert.deepEqual(parseProcStat(statLine('node', 'S', 40, '98765')), { groupId: 40, startTime: '98765' });
});

test('a process name with spaces and brackets does not shift the fields', () => {
  assert.deepEqual(parseProcStat(statLine('a) R 1 (b', 'S', 40, '98765')), {
    groupId: 40,
    startTime: '98765',
  });
});

test('a zombie counts as dead', () => {
  assert.equal(parseProcStat(statLine('node', 'Z', 40, '98765')), undefined);
});

test('an empty stat, of a process that ended meanwhile, is no process', () => {
  assert.equal(parseProcStat(''), undefined);
});

test('a line of ps gives group, start time, command and environment', () => {
  const facts = parsePsLine('  123   120 Ss   Mon Jan  5 10:00:00 2026     node x.js CLARA_RUN_ID=ab');
  assert.equal(facts?.pid, 123);
  assert.equal(facts?.groupId, 120);
  assert.equal(facts?.startTime, 'Mon Jan  5 10:00:00 2026');
  assert.match(facts?.environment ?? '', /CLARA_RUN_ID=ab/);
});

test('a zombie of ps counts as dead', () => {
  assert.equal(parsePsLine('  123   120 Z   Mon Jan  5 10:00:00 2026     (node)'), undefined);
});

test('our own process is in the table, with the start time that is asked for alone', () => {
  const own = listProcesses().find(({ pid }) => pid === process.pid);
  assert.ok(own);
  assert.equal(own.startTime, startTimeOf(process.pid));
});
