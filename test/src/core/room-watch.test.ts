import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RoomWatch } from '../../../src/core/session/room-watch.ts';
import { FakeWorld, fakePorts } from '../../support/core/fake-ports.ts';

/** A world with one room in it that was joined just now. */
async function joined() {
  const world = new FakeWorld();
  const { clock } = world;
  const { rooms, log } = fakePorts(world);
  const life = new AbortController();
  const joining = rooms.join(
    {
      ticket: { serverUrls: ['ws://one'], participantToken: 'token-1' },
      serverUrl: 'ws://one',
      repairDelayMs: () => null,
      mayKeepPath: () => false,
      resumable: false,
      muted: false,
      onEvent: () => {},
    },
    life.signal,
  );
  await clock.advance(world.joinMs);
  return { world, clock, rooms, log, life, room: await joining };
}

test('what a listener throws is told as a defect, and the watch goes on', async () => {
  const { world, clock, rooms, log, life, room } = await joined();
  const defects: unknown[] = [];
  const cuts: string[] = [];
  let isBroken = true;
  new RoomWatch(
    clock,
    room,
    {
      onFinding: ({ cut }) => {
        if (isBroken) throw new RangeError('a defect');
        cuts.push(cut);
      },
      onAgentSilent: () => {},
      onQuality: () => {},
      onDefect: (error) => defects.push(error),
    },
    { seeking: false, agentAnswers: false },
    life.signal,
  );
  await clock.advance(2000);
  assert.ok(defects.length >= 1 && defects.every((error) => error instanceof RangeError));
  assert.equal(defects.length, 1, 'once, and not with every reading');
  isBroken = false;
  await clock.advance(10_000);
  rooms.last.count();
  world.pathUp = false;
  await clock.advance(4000);
  assert.equal(cuts.at(0), 'none');
  assert.equal(cuts.at(-1), 'both');
  life.abort();
  await clock.advance(0);
  assert.equal(clock.timerCount, 0);
  assert.deepEqual(log.lines, []);
});

test('an agent that is silent with its path is no sooner there again than the cut is found', async () => {
  const { world, clock, rooms, life, room } = await joined();
  const told: string[] = [];
  new RoomWatch(
    clock,
    room,
    {
      onFinding: ({ cut }) => {
        if (cut !== 'none') told.push(`cut ${cut}`);
      },
      onAgentSilent: (sinceMonoMs) =>
        told.push(
          sinceMonoMs === undefined ? 'no longer silent' : `silent for ${clock.monoMs() - sinceMonoMs} ms`,
        ),
      onQuality: () => {},
      onDefect: (error) => assert.fail(String(error)),
    },
    { seeking: false, agentAnswers: false },
    life.signal,
  );
  await clock.advance(5000);
  world.agentAnswers = false;
  await clock.advance(4000);
  assert.equal(told.length, 1);
  const silentMs = Number(/^silent for (\d+) ms$/.exec(told[0] ?? '')?.[1]);
  assert.ok(silentMs >= 3000 && silentMs <= 4000, told[0]);
  rooms.last.count();
  world.pathUp = false;
  await clock.advance(5000);
  life.abort();
  await clock.advance(0);
  assert.deepEqual(told.slice(1, 3), ['cut both', 'no longer silent']);
});
