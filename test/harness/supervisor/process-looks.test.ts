import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Deadlines } from '../../../harness/supervisor/deadlines.ts';
import { ProcessLooks, membersOf } from '../../../harness/supervisor/process-looks.ts';
import {
  findMark,
  parsePsSample,
  parsePsTime,
  parseStatSample,
  systemProcessSource,
} from '../../../harness/supervisor/process-sample.ts';
import { UsageMonitor } from '../../../harness/supervisor/usage-monitor.ts';
import type { TreeUsage } from '../../../harness/supervisor/usage-monitor.ts';
import { FakeEngineClock } from '../../support/node/fake-engine-clock.ts';
import { FakeProcesses } from '../../support/node/fake-processes.ts';

const MB = 1024 * 1024;
const GROUP = { leaderPid: 10, leaderStartTime: 'start-10', mark: 'mark-a' };

function build() {
  const clock = new FakeEngineClock();
  const processes = new FakeProcesses();
  const errors: unknown[] = [];
  const deadlines = new Deadlines(clock, (error) => errors.push(error));
  const looks = new ProcessLooks(processes, clock);
  const usage = new UsageMonitor({ looks, deadlines, clock, onError: (error) => errors.push(error) });
  return { clock, processes, deadlines, looks, usage, errors };
}

const pidsOf = (members: readonly { pid: number }[]): number[] =>
  members.map(({ pid }) => pid).sort((a, b) => a - b);

test('memory in pages and time in ticks are read from a stat line whose name has brackets', () => {
  const fields = ['S', 7, 40, 40, 0, -1, 0, 0, 0, 0, 0, 11, 12, 13, 14, 20, 0, 4, 0, 98765, 1e9, 250];
  assert.deepEqual(parseStatSample(42, `42 (a) R (b) ${fields.join(' ')} 0`, 4096), {
    pid: 42,
    parentPid: 7,
    groupId: 40,
    state: 'S',
    startTime: '98765',
    rssBytes: 250 * 4096,
    cpuMs: 500,
  });
  assert.equal(parseStatSample(42, '', 4096), undefined);
});

test('a line of ps is read on systems without /proc', () => {
  assert.deepEqual(parsePsSample('  12   1  10 Ss+  2048  01:02.50 Mon Jan  5 10:00:00 2026'), {
    pid: 12,
    parentPid: 1,
    groupId: 10,
    state: 'S',
    rssBytes: 2 * MB,
    cpuMs: 62_500,
    startTime: 'Mon Jan  5 10:00:00 2026',
  });
  assert.equal(parsePsTime('2-03:04:05'), ((2 * 24 + 3) * 3600 + 4 * 60 + 5) * 1000);
});

test('a mark is found among the entries of an environment, by its whole name', () => {
  assert.equal(findMark('A=1\0CLARA_SESSION_MARK=ab12\0B=2'), 'ab12');
  assert.equal(findMark('XCLARA_SESSION_MARK=no'), undefined);
});

test('our own memory is measured in bytes as Node measures it', () => {
  const own = systemProcessSource().one(process.pid);
  assert.ok(own);
  const ratio = own.rssBytes / process.memoryUsage.rss();
  assert.ok(ratio > 0.8 && ratio < 1.25, `ratio ${ratio}`);
});

test('members are the group, what carries the mark, and what these started', () => {
  const { processes, looks } = build();
  processes.put({ pid: 10 });
  processes.put({ pid: 11, groupId: 10 });
  processes.put({ pid: 20, parentPid: 1 }, 'mark-a'); // left by setsid, its parent is gone
  processes.put({ pid: 21, parentPid: 20 }); // cleaned its environment
  processes.put({ pid: 30 }, 'mark-b');
  assert.deepEqual(pidsOf(membersOf(looks.look(), GROUP)), [10, 11, 20, 21]);
});

test('what we have started ourselves is nobody else’s, whatever mark we carry', () => {
  const { processes, looks } = build();
  processes.put({ pid: process.pid }, 'mark-a'); // started in a session whose supervisor is dead
  processes.put({ pid: 40, parentPid: process.pid }, 'mark-b');
  processes.put({ pid: 20 }, 'mark-a');
  assert.deepEqual(pidsOf(membersOf(looks.look(), GROUP)), [20]);
});

test('a zombie is no member, and a later process with the pid of the leader is none either', () => {
  const { processes, looks } = build();
  processes.put({ pid: 10, state: 'Z' });
  assert.deepEqual(membersOf(looks.look(), GROUP), []);
  processes.put({ pid: 10, state: 'S', startTime: 'later' });
  assert.deepEqual(membersOf(looks.look(), GROUP), []);
});

test('an environment is read until its answer is sure, not at each look', () => {
  const { processes, looks } = build();
  processes.put({ pid: 10 });
  looks.look(); // between fork and exec: not sure yet
  processes.put({ pid: 10 }, 'mark-a');
  assert.equal(looks.look().byMark.get('mark-a')?.length, 1);
  const reads = processes.markReads;
  for (let i = 0; i < 5; i += 1) looks.look();
  assert.equal(processes.markReads, reads);
});

test('looks that are asked for together are one look, taken after the asking', async () => {
  const { clock, processes, looks } = build();
  const both = Promise.all([looks.soon(), looks.soon()]);
  processes.put({ pid: 10 });
  await clock.advance(10);
  const [one, other] = await both;
  assert.equal(one, other);
  assert.equal(one.byPid.size, 1);
  assert.equal(processes.lists, 1);
});

test('the usage of a session is that of its whole tree', async () => {
  const { clock, processes, usage } = build();
  processes.put({ pid: 10, rssBytes: 30 * MB, cpuMs: 100 });
  processes.put({ pid: 11, parentPid: 10, groupId: 11, rssBytes: 50 * MB, cpuMs: 200 });
  const seen: TreeUsage[] = [];
  usage.watch('s', GROUP, {}, (one) => seen.push(one));
  await clock.advance(64);
  assert.deepEqual(seen, [{ atMonoMs: 32, rssBytes: 80 * MB, cpuMs: 300, processes: 2 }]);
  assert.deepEqual(usage.usageOf('s'), seen[0]);
});

test('near the limit only the known processes and their children are read, and the tree is still complete', async () => {
  const { clock, processes, usage } = build();
  processes.put({ pid: 10, rssBytes: 500 * MB });
  for (let pid = 100; pid < 200; pid += 1) processes.put({ pid });
  const seen: number[] = [];
  usage.watch('s', GROUP, { maxRssBytes: 512 * MB }, (one) => seen.push(one.rssBytes / MB));
  await clock.advance(64);
  const lists = processes.lists;
  processes.put({ pid: 11, parentPid: 10, groupId: 11, rssBytes: 5 * MB });
  await clock.advance(500);
  assert.equal(processes.lists, lists);
  assert.equal(seen.at(-1), 505);
  assert.ok(seen.length >= 4, `${seen.length} looks`);
});

test('two hundred sessions share one look at the table', async () => {
  const { clock, processes, usage } = build();
  for (let i = 0; i < 200; i += 1) {
    processes.put({ pid: 1000 + i, rssBytes: 50 * MB });
    const group = { leaderPid: 1000 + i, leaderStartTime: `start-${1000 + i}`, mark: `m${i}` };
    usage.watch(`s${i}`, group, { maxRssBytes: 512 * MB }, () => undefined);
    await clock.advance(7); // they begin at different times
  }
  await clock.advance(10_000);
  const lists = processes.lists;
  await clock.advance(20_480);
  assert.equal(processes.lists - lists, 10);
});

test('CPU time never goes back when a process takes its share to the grave', async () => {
  const { clock, processes, usage } = build();
  processes.put({ pid: 10, cpuMs: 100 });
  processes.put({ pid: 11, parentPid: 10, cpuMs: 900 });
  usage.watch('s', GROUP, {}, () => undefined);
  await clock.advance(64);
  processes.samples.delete(11);
  await clock.advance(5000);
  assert.equal(usage.usageOf('s')?.cpuMs, 1000);
});

test('a table that cannot be read, and a watcher that throws, are told, and looking goes on', async () => {
  const { clock, processes, usage, errors } = build();
  processes.put({ pid: 10, rssBytes: MB });
  let calls = 0;
  usage.watch('s', GROUP, {}, () => {
    calls += 1;
    throw new Error('watcher');
  });
  processes.fail = new Error('EMFILE');
  await clock.advance(64);
  processes.fail = undefined;
  await clock.advance(20_000);
  assert.ok(calls >= 3);
  assert.equal(errors.length, calls + 2);
});

test('after unwatch nothing is looked at and no deadline is left', async () => {
  const { clock, processes, usage, deadlines } = build();
  usage.watch('s', GROUP, {}, () => undefined);
  usage.unwatch('s');
  await clock.advance(10_000);
  assert.equal(processes.lists, 0);
  assert.equal(deadlines.size, 0);
  assert.equal(usage.size, 0);
});
