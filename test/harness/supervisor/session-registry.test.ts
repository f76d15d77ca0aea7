import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bounded, DeadlineError } from '../../../harness/supervisor/bounded.ts';
import { EventChannel } from '../../../harness/supervisor/event-channel.ts';
import { SessionRegistry, UnknownSessionError } from '../../../harness/supervisor/session-registry.ts';
import type { CliState } from '../../../harness/supervisor/session-states.ts';
import { cliTransitions } from '../../../harness/supervisor/session-states.ts';
import { IllegalTransitionError } from '../../../harness/supervisor/transition-table.ts';
import { FakeEngineClock, turn } from '../../support/node/fake-engine-clock.ts';

function build() {
  const clock = new FakeEngineClock();
  const registry = new SessionRegistry<CliState, { note: string }>(cliTransitions, clock, () => undefined);
  const heard: string[] = [];
  registry.events.on((event) => {
    heard.push(
      event.type === 'moved' ? `${event.sessionId} ${event.from}>${event.to} ${event.reason}` : event.type,
    );
  });
  return { clock, registry, heard };
}

test('each move is one event, and a final state has its time', async () => {
  const { clock, registry, heard } = build();
  const record = registry.add('s1', 'u', { note: 'mine' });
  assert.equal(record.state, 'running');
  await clock.advance(500);
  registry.move('s1', 'recovering', 'hung');
  assert.equal(record.endedWallMs, undefined);
  registry.move('s1', 'running', 'recovered');
  registry.move('s1', 'completed', 'exit 0');
  assert.equal(record.endedWallMs, clock.wallMs());
  assert.equal(registry.isFinal(record.state), true);
  assert.deepEqual(heard, [
    'added',
    's1 running>recovering hung',
    's1 recovering>running recovered',
    's1 running>completed exit 0',
  ]);
});

test('an illegal move throws with both states, and changes and tells nothing', () => {
  const { registry, heard } = build();
  registry.add('s1', 'u', { note: '' });
  registry.move('s1', 'cancelled', 'by hand');
  assert.throws(
    () => registry.move('s1', 'running', 'x'),
    (error: unknown) => {
      return error instanceof IllegalTransitionError && /s1.*cancelled.*running/.test(error.message);
    },
  );
  assert.equal(registry.get('s1')?.state, 'cancelled');
  assert.equal(heard.length, 2);
});

test('an id is added once, and a move of an unknown one is an error', () => {
  const { registry } = build();
  registry.add('s1', 'u', { note: '' });
  assert.throws(() => registry.add('s1', 'u', { note: '' }), UnknownSessionError);
  assert.throws(() => registry.move('nobody', 'running', 'x'), UnknownSessionError);
});

test('the count has every state as a key, and a removed session is gone', () => {
  const { registry } = build();
  registry.add('s1', 'u', { note: '' });
  registry.add('s2', 'u', { note: '' });
  registry.move('s2', 'timeout', 'x');
  assert.deepEqual(registry.countByState(), {
    running: 1,
    completed: 0,
    failed: 0,
    cancelled: 0,
    timeout: 1,
    recovering: 0,
  });
  assert.equal(registry.remove('s1'), true);
  assert.equal(registry.remove('s1'), false);
  assert.equal(registry.size, 1);
});

test('a listener that throws keeps no other from being told', () => {
  const errors: unknown[] = [];
  const channel = new EventChannel<number>((error) => errors.push(error));
  const heard: number[] = [];
  channel.on(() => {
    throw new Error('listener');
  });
  const stop = channel.on((event) => heard.push(event));
  channel.emit(1);
  stop();
  channel.emit(2);
  assert.deepEqual(heard, [1]);
  assert.equal(errors.length, 2);
  assert.equal(channel.listenerCount, 1);
});

test('an iterator gives the events in order and leaves no listener when its loop is left', async () => {
  const channel = new EventChannel<number>(() => undefined);
  const seen: number[] = [];
  const reading = (async () => {
    for await (const event of channel.events(new AbortController().signal)) {
      seen.push(event);
      if (event === 3) break;
    }
  })();
  await turn();
  for (const event of [1, 2, 3, 4]) channel.emit(event);
  await reading;
  assert.deepEqual(seen, [1, 2, 3]);
  assert.equal(channel.listenerCount, 0);
});

test('an iterator ends by its signal while it waits', async () => {
  const channel = new EventChannel<number>(() => undefined);
  const life = new AbortController();
  const reading = (async () => {
    for await (const _ of channel.events(life.signal));
  })();
  await turn();
  life.abort();
  await reading;
  assert.equal(channel.listenerCount, 0);
});

test('a slow reader loses the oldest events and is told how many', async () => {
  const channel = new EventChannel<number>(() => undefined);
  const life = new AbortController();
  const lost: number[] = [];
  const events = channel.events(life.signal, (count) => lost.push(count));
  const first = events.next();
  await turn();
  for (let i = 0; i < 1500; i += 1) channel.emit(i);
  await first;
  assert.equal((await first).value, 500);
  assert.deepEqual(lost, [500]);
  await events.return();
});

test('work that takes too long is an error that names it and the limit, and its late result is handed over', async () => {
  const clock = new FakeEngineClock();
  let finish: (value: string) => void = () => undefined;
  const late: string[] = [];
  const work = new Promise<string>((resolve) => (finish = resolve));
  const waiting = bounded(clock, 200, 'the opening', work, (value) => late.push(value));
  const outcome = assert.rejects(waiting, (error: unknown) => {
    return error instanceof DeadlineError && error.message === 'the opening: no end in 200 ms';
  });
  await clock.advance(200);
  await outcome;
  finish('opened');
  await turn();
  assert.deepEqual(late, ['opened']);
});

test('work that is done in time, well or badly, leaves no timer', async () => {
  const clock = new FakeEngineClock();
  assert.equal(await bounded(clock, 200, 'x', Promise.resolve(7)), 7);
  await assert.rejects(bounded(clock, 200, 'x', Promise.reject(new Error('own'))), /own/);
  assert.equal(clock.timerCount, 0);
});
