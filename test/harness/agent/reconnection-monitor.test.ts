import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AudioQuality } from '../../../harness/agent/agent-session.ts';
import { REBUILD_PAUSES_MS, WELL, nextMonitor } from '../../../harness/agent/reconnection-monitor.ts';
import type {
  MonitorCommand,
  MonitorEvent,
  MonitorState,
} from '../../../harness/agent/reconnection-monitor.ts';

/** A monitor whose time the test moves; it wakes when it said it would. */
function makeMonitor() {
  let state: MonitorState = WELL;
  let nowMonoMs = 0;
  const told: { atMs: number; command: MonitorCommand }[] = [];
  const tell = (event: MonitorEvent): void => {
    const next = nextMonitor(state, event);
    state = next.state;
    for (const command of next.commands) told.push({ atMs: nowMonoMs, command });
  };
  return {
    quality: (quality: AudioQuality) => tell({ type: 'quality', quality, nowMonoMs }),
    flow: (flows: boolean) => tell({ type: 'flow', flows, nowMonoMs }),
    path: (up: boolean) => tell({ type: 'path', up, nowMonoMs }),
    presence: (type: 'came' | 'went') => tell({ type }),
    rebuilt: (ok: boolean) => tell({ type: 'rebuilt', ok, nowMonoMs }),
    /** Moves to the next wake-up; false when there is none. */
    wake: (): boolean => {
      if (state.step.step !== 'waiting') return false;
      nowMonoMs = state.step.dueMonoMs;
      tell({ type: 'time', nowMonoMs });
      return true;
    },
    told,
    words: () =>
      told.map(({ command }) => (command.type === 'rebuild' ? `rebuild ${command.attempt}` : command.type)),
    state: () => state,
  };
}

test('POOR twice is weather; the third in a row rebuilds once, as attempt 1, and further ones are only told', () => {
  const monitor = makeMonitor();
  monitor.quality('poor');
  monitor.quality('poor');
  assert.deepEqual(monitor.words(), []);
  monitor.quality('poor');
  monitor.rebuilt(true);
  monitor.quality('poor');
  monitor.quality('poor');
  assert.deepEqual(monitor.words(), ['trouble', 'rebuild 1', 'well', 'stillPoor', 'stillPoor']);
});

test('a good moment between begins the count anew, and after it POOR may rebuild once more', () => {
  const monitor = makeMonitor();
  for (const quality of ['poor', 'poor', 'good', 'poor', 'poor'] as const) monitor.quality(quality);
  assert.deepEqual(monitor.words(), []);
  monitor.quality('poor');
  monitor.rebuilt(true);
  monitor.quality('good');
  for (let i = 0; i < 3; i += 1) monitor.quality('poor');
  assert.deepEqual(monitor.words(), ['trouble', 'rebuild 1', 'well', 'trouble', 'rebuild 1']);
});

test('LOST is rebuilt after 1, 2, 4, 8 and 8 s, then given up', () => {
  const monitor = makeMonitor();
  monitor.quality('lost');
  const atMs: number[] = [];
  while (monitor.wake()) {
    atMs.push(monitor.told.at(-1)?.atMs ?? 0);
    monitor.rebuilt(true);
  }
  assert.deepEqual(atMs, [1_000, 3_000, 7_000, 15_000, 23_000]);
  assert.deepEqual([...REBUILD_PAUSES_MS], [1_000, 2_000, 4_000, 8_000, 8_000]);
  assert.deepEqual(monitor.told.at(-1)?.command, { type: 'givenUp', cause: 'lost' });
});

test('nobody who is cut off is rebuilt for; once the path is back sound has 8 s to come by itself', () => {
  for (const comes of [true, false]) {
    const monitor = makeMonitor();
    monitor.quality('lost');
    monitor.path(false);
    for (let i = 0; i < 20; i += 1) monitor.wake();
    assert.deepEqual(monitor.words(), ['trouble']);
    monitor.path(true);
    if (comes) monitor.flow(true);
    else monitor.wake();
    assert.deepEqual(monitor.words(), ['trouble', comes ? 'well' : 'rebuild 1']);
    assert.equal(monitor.told.at(-1)?.atMs, comes ? 20_000 : 28_000);
  }
});

test('packets or a better quality end a loss, and the next one begins with its first attempt', () => {
  for (const heal of ['flow', 'good', 'poor'] as const) {
    const monitor = makeMonitor();
    monitor.quality('lost');
    monitor.wake();
    monitor.rebuilt(false);
    if (heal === 'flow') monitor.flow(true);
    else monitor.quality(heal);
    assert.equal(monitor.wake(), false, heal);
    monitor.quality('lost');
    monitor.wake();
    assert.deepEqual(
      monitor.words(),
      ['trouble', 'rebuild 1', 'rebuildFailed', 'well', 'trouble', 'rebuild 1'],
      heal,
    );
  }
});

test('a silence of a good connection ends by packets only', () => {
  const monitor = makeMonitor();
  monitor.flow(false);
  monitor.wake();
  monitor.rebuilt(true);
  monitor.quality('excellent');
  assert.deepEqual(monitor.words(), ['trouble', 'rebuild 1']);
  monitor.flow(true);
  assert.deepEqual(monitor.words(), ['trouble', 'rebuild 1', 'well']);
});

test('nothing is rebuilt while the user is absent; who comes back begins well', () => {
  const monitor = makeMonitor();
  monitor.quality('lost');
  monitor.presence('went');
  assert.equal(monitor.wake(), false);
  monitor.quality('lost');
  monitor.flow(false);
  monitor.rebuilt(false);
  assert.deepEqual(monitor.words(), ['trouble']);
  monitor.presence('came');
  assert.deepEqual(monitor.state(), WELL);
});

test('one rebuild runs at a time', () => {
  const monitor = makeMonitor();
  monitor.quality('lost');
  monitor.wake();
  monitor.flow(false);
  monitor.quality('lost');
  assert.deepEqual(monitor.words(), ['trouble', 'rebuild 1']);
});

test('a LOST during the rebuild for POOR goes on as a loss', () => {
  const monitor = makeMonitor();
  for (let i = 0; i < 3; i += 1) monitor.quality('poor');
  monitor.quality('lost');
  monitor.rebuilt(true);
  monitor.wake();
  assert.deepEqual(monitor.words(), ['trouble', 'rebuild 1', 'trouble', 'rebuild 1']);
});

test('a silence that turns out to be a loss is one, with the tries it had; given up before, it is tried again', () => {
  const monitor = makeMonitor();
  monitor.flow(false);
  monitor.wake();
  monitor.rebuilt(true);
  monitor.quality('lost');
  assert.deepEqual(monitor.told.at(-1)?.command, { type: 'trouble', cause: 'lost' });
  while (monitor.wake()) monitor.rebuilt(true);
  assert.deepEqual(monitor.told.at(-1)?.command, { type: 'givenUp', cause: 'lost' });
  assert.equal(monitor.words().filter((word) => word.startsWith('rebuild')).length, 5);

  const silent = makeMonitor();
  silent.flow(false);
  while (silent.wake()) silent.rebuilt(true);
  silent.quality('lost');
  assert.equal(silent.wake(), true);
  assert.deepEqual(silent.words().slice(-3), ['givenUp', 'trouble', 'rebuild 1']);
});

test('a loss that ends without packets is a silence still', () => {
  for (const [first, second] of [
    ['lost', 'silent'],
    ['silent', 'lost'],
  ]) {
    const monitor = makeMonitor();
    for (const trouble of [first, second]) {
      if (trouble === 'lost') monitor.quality('lost');
      else monitor.flow(false);
    }
    monitor.quality('good');
    assert.deepEqual(monitor.told.at(-1)?.command, { type: 'trouble', cause: 'silent' });
    assert.equal(monitor.wake(), true);
    monitor.flow(true);
    assert.deepEqual(monitor.words().slice(-2), ['rebuild 1', 'well']);
  }
});
