import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Deadlines } from '../../../harness/supervisor/deadlines.ts';
import { ProcessLooks } from '../../../harness/supervisor/process-looks.ts';
import type { Exit } from '../../../harness/supervisor/process-group.ts';
import { UsageMonitor } from '../../../harness/supervisor/usage-monitor.ts';
import { WatchedGroup } from '../../../harness/supervisor/watched-group.ts';
import type { GroupEnd, GroupEvent, WatchPolicy } from '../../../harness/supervisor/watched-group.ts';
import { FakeEngineClock } from '../../support/node/fake-engine-clock.ts';
import { FakeProcesses } from '../../support/node/fake-processes.ts';

const MB = 1024 * 1024;
/** Far above any real pid: killing it reaches nobody. */
const PID = 2 ** 30;

function build(
  policy: WatchPolicy,
  options: { dies?: 'SIGTERM' | 'SIGKILL' | 'never'; throws?: boolean } = {},
) {
  const clock = new FakeEngineClock();
  const processes = new FakeProcesses();
  const errors: unknown[] = [];
  const events: GroupEvent[] = [];
  const signals: string[] = [];
  const deadlines = new Deadlines(clock, (error) => errors.push(error));
  const looks = new ProcessLooks(processes, clock);
  const usage = new UsageMonitor({ looks, deadlines, clock, onError: (error) => errors.push(error) });
  processes.put({ pid: PID, rssBytes: MB });
  let die: (exit: Exit) => void = () => undefined;
  const exited = new Promise<Exit>((resolve) => (die = resolve));
  const exit = (code: number | null, signal: NodeJS.Signals | null = null): void => {
    processes.samples.delete(PID);
    die({ code, signal });
  };
  const watched = new WatchedGroup({
    policy,
    sessionId: 's',
    group: {
      pid: PID,
      exited,
      signal: (name) => {
        signals.push(name);
        const wanted = options.dies ?? 'SIGTERM';
        if (wanted !== 'never' && (name === wanted || name === 'SIGKILL')) exit(null, name);
        return true;
      },
    },
    mark: { leaderPid: PID, leaderStartTime: `start-${PID}`, mark: 'mark' },
    tools: { deadlines, usage, looks, clock, onError: (error) => errors.push(error) },
    onEvent: (event) => {
      if (options.throws) throw new Error('listener');
      if (event.type !== 'usage') events.push(event);
    },
  });
  let end: GroupEnd | undefined;
  void watched.ended.then((value) => (end = value));
  return { clock, processes, deadlines, usage, events, errors, signals, watched, exit, end: () => end };
}

const life = { silentAfterMs: 3000, stuckAfterMs: 10_000 };

test('a process that exits by itself is told with its code, and nothing is watched any more', async () => {
  const { clock, deadlines, usage, exit, end } = build({
    life,
    limits: { maxAgeMs: 7_200_000, maxIdleMs: 300_000 },
  });
  await clock.advance(1000);
  exit(3);
  await clock.advance(100);
  assert.equal(end()?.cause, 'exited');
  assert.deepEqual(end()?.exit, { code: 3, signal: null });
  assert.equal(end()?.report.gone, true);
  assert.equal(deadlines.size, 0);
  assert.equal(usage.size, 0);
  assert.equal(clock.timerCount, 0);
});

test('a process that shows no life is ended politely, as hung, with a note', async () => {
  const { clock, watched, events, signals, end } = build({ life });
  await clock.advance(2000);
  watched.sign();
  await clock.advance(2999);
  assert.equal(events.length, 0);
  await clock.advance(200);
  assert.deepEqual(events, [{ type: 'hung', how: 'silent', forMs: 3000, limitMs: 3000 }]);
  const ended = end();
  assert.ok(ended?.cause === 'hung');
  assert.equal(ended.note.processState, '?');
  assert.deepEqual(signals.slice(0, 2), ['SIGTERM', 'SIGCONT']);
});

test('a busy process that answers but gets nowhere is hung; one without work is not', async () => {
  const busy = build({ life });
  const idle = build({ life, isBusy: false });
  for (let i = 0; i < 12; i += 1) {
    for (const { watched, clock } of [busy, idle]) {
      watched.sign(1);
      await clock.advance(1000);
    }
  }
  const ended = busy.end();
  assert.ok(ended?.cause === 'hung' && ended.how === 'stuck');
  assert.equal(idle.end(), undefined);
  idle.watched.setBusy(true);
  for (let i = 0; i < 11; i += 1) {
    idle.watched.sign(1);
    await idle.clock.advance(1000);
  }
  assert.equal(idle.end()?.cause, 'hung');
});

test('after a standstill of this process silence is forgiven once', async () => {
  const { clock, events } = build({ life });
  await clock.sleepThrough(60_000);
  assert.equal(events.length, 0);
  await clock.advance(4000);
  assert.equal(events[0]?.type, 'hung');
});

test('one that ignores SIGTERM is killed after the grace time', async () => {
  const { clock, watched, signals, end } = build({ end: { graceMs: 500 } }, { dies: 'SIGKILL' });
  void watched.end('by hand');
  await clock.advance(499);
  assert.deepEqual(signals, ['SIGTERM', 'SIGCONT']);
  await clock.advance(200);
  const ended = end();
  assert.ok(ended?.cause === 'asked' && ended.reason === 'by hand');
  assert.equal(ended.report.wasForced, true);
  assert.equal(ended.report.gone, true);
});

test('one that nothing can kill is told as a survivor, in bounded time', async () => {
  const { clock, watched, end } = build({ end: { graceMs: 500, killLimitMs: 1000 } }, { dies: 'never' });
  void watched.end('by hand');
  await clock.advance(1700);
  assert.deepEqual(end()?.report.survivors, [PID]);
  assert.equal(end()?.report.gone, false);
});

test('memory above the limit ends it at once, without grace', async () => {
  const { clock, processes, events, signals, end } = build(
    { limits: { maxRssBytes: 512 * MB } },
    { dies: 'SIGKILL' },
  );
  processes.put({ pid: PID, rssBytes: 513 * MB });
  await clock.advance(200);
  assert.deepEqual(events, [
    { type: 'limit', breach: { limit: 'memory', value: 513 * MB, allowed: 512 * MB } },
  ]);
  assert.equal(signals[0], 'SIGKILL');
  assert.equal(end()?.cause, 'limit');
});

test('age and idleness end it at their limits; activity counts for idleness only', async () => {
  const old = build({ limits: { maxAgeMs: 10_000, maxIdleMs: 3000 } });
  for (let i = 0; i < 11; i += 1) {
    old.watched.activity();
    await old.clock.advance(1000);
  }
  const aged = old.end();
  assert.ok(aged?.cause === 'limit');
  assert.deepEqual(aged.breach, { limit: 'age', value: 10_000, allowed: 10_000 });
  const quiet = build({ limits: { maxAgeMs: 10_000, maxIdleMs: 3000 } });
  await quiet.clock.advance(3100);
  const idle = quiet.end();
  assert.ok(idle?.cause === 'limit' && idle.breach.limit === 'idle');
});

test('new progress is activity, a mere ping is not', async () => {
  const { clock, watched } = build({ limits: { maxIdleMs: 60_000 } });
  watched.sign(1);
  await clock.advance(1000);
  watched.sign(1);
  assert.equal(watched.idleMs, 1000);
  watched.sign(2);
  assert.equal(watched.idleMs, 0);
});

const stale = { staleAfterMs: 5000, recoverAfterMs: 1000, failAfterMs: 1000, provenAfterMs: 1000 };

test('a stale session is marked, given one recovery, then ended', async () => {
  const { clock, watched, events, end } = build({ stale });
  await clock.advance(3000);
  watched.activity();
  await clock.advance(4900);
  assert.equal(events.length, 0);
  await clock.advance(2300);
  assert.deepEqual(
    events.map((event) => event.type === 'stale' && event.command),
    ['mark', 'recover', 'fail'],
  );
  assert.equal(end()?.cause, 'stale');
});

test('a recovery that helps leaves the session alone', async () => {
  const { clock, watched, events, end } = build({ stale });
  await clock.advance(6500);
  watched.activity();
  await clock.advance(4000);
  assert.deepEqual(
    events.map((event) => event.type === 'stale' && event.command),
    ['mark', 'recover', 'fresh'],
  );
  assert.equal(end(), undefined);
});

test('without work nothing grows stale', async () => {
  const { clock, watched, events } = build({ stale });
  await clock.advance(4000);
  watched.setBusy(false);
  await clock.advance(100_000);
  assert.equal(events.length, 0);
  watched.setBusy(true);
  await clock.advance(5000);
  assert.equal(events.length, 1);
});

test('a listener that throws ends nothing and hides nothing', async () => {
  const { clock, errors, watched, end } = build({ stale, life }, { throws: true });
  for (let i = 0; i < 5; i += 1) {
    watched.sign();
    await clock.advance(1000);
  }
  watched.sign();
  assert.ok(errors.length > 0);
  assert.equal(end(), undefined);
});

test('a process table that cannot be read ends nothing', async () => {
  const { clock, processes, errors, end } = build({ limits: { maxRssBytes: MB * 100 } });
  processes.fail = new Error('EMFILE');
  await clock.advance(10_000);
  assert.ok(errors.length > 0);
  assert.equal(end(), undefined);
});

test('ending twice is one end, with the first reason', async () => {
  const { clock, watched } = build({});
  const both = Promise.all([watched.end('first'), watched.end('second')]);
  await clock.advance(200);
  const [one, other] = await both;
  assert.equal(one, other);
  assert.ok(one.cause === 'asked' && one.reason === 'first');
});

test('two hundred heartbeats a second set no timers', async () => {
  const { clock, watched } = build({ life });
  await clock.advance(100);
  const before = clock.timersSet;
  for (let i = 0; i < 200; i += 1) watched.sign(i);
  assert.equal(clock.timersSet, before);
});
