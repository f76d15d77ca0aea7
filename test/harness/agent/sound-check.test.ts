import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChildMessage } from '../../../harness/agent/ipc.ts';
import type { RoomStats } from '../../../harness/agent/room-stats.ts';
import { SoundCheck } from '../../../harness/agent/sound-check.ts';
import { ManualClock } from '../../support/node/manual-clock.ts';

/** A check on a room whose counters grow by what the test says, a look every 2 s. */
function makeCheck(t: { after: (end: () => void) => void }) {
  const clock = new ManualClock();
  const said: ChildMessage[] = [];
  const grows = { audioPackets: 100, signsOfLife: 10 };
  const path: { up: boolean | undefined } = { up: undefined };
  const user: { here: boolean } = { here: true };
  let stats: RoomStats = {
    audioPackets: 0,
    jitterBufferDelayS: 0,
    jitterBufferEmitted: 0,
    roundTripS: 0,
    signsOfLife: 0,
  };
  const room = {
    expectsAudioOf: () => true,
    stats: () => {
      stats = {
        ...stats,
        audioPackets: stats.audioPackets + grows.audioPackets,
        signsOfLife: stats.signsOfLife + grows.signsOfLife,
      };
      return Promise.resolve(stats);
    },
  };
  const check = new SoundCheck({
    clock,
    report: (message) => void said.push(message),
    room: () => room,
    listenedTo: () => (user.here ? 'alice' : undefined),
    isPathUp: () => path.up,
  });
  const life = new AbortController();
  t.after(() => life.abort());
  void check.run(life.signal);
  const flows = () => said.flatMap((one) => (one.type === 'audioFlow' ? [one.flows] : []));
  const paths = () => said.flatMap((one) => (one.type === 'userPath' ? [one.up] : []));
  return { clock, grows, path, user, flows, paths };
}

test('a track without packets is told after three looks, and its return at the next', async (t) => {
  const { clock, grows, flows } = makeCheck(t);
  await clock.advance(6_000);
  grows.audioPackets = 0;
  await clock.advance(4_000);
  assert.deepEqual(flows(), []);
  await clock.advance(2_000);
  assert.deepEqual(flows(), [false]);
  grows.audioPackets = 100;
  await clock.advance(2_000);
  assert.deepEqual(flows(), [false, true]);
});

test('a server that says nothing at all is no silence of the track', async (t) => {
  const { clock, grows, flows } = makeCheck(t);
  await clock.advance(6_000);
  Object.assign(grows, { audioPackets: 0, signsOfLife: 0 });
  await clock.advance(60_000);
  assert.deepEqual(flows(), []);
  grows.signsOfLife = 10; // it lives again, and the track stays silent
  await clock.advance(6_000);
  assert.deepEqual(flows(), [false]);
});

test('a user whose heartbeats have stopped is cut off, and no silence of the track; afterwards either is told', async (t) => {
  for (const packets of [100, 0]) {
    const { clock, grows, path, flows, paths } = makeCheck(t);
    path.up = true;
    await clock.advance(6_000);
    path.up = false;
    grows.audioPackets = 0;
    await clock.advance(60_000);
    assert.deepEqual([paths(), flows()], [[false], []]);
    path.up = true;
    grows.audioPackets = packets;
    await clock.advance(6_000);
    assert.deepEqual([paths(), flows()], [[false, true], [packets > 0]]);
  }
});

test('a user who comes back with a path that is still down is told of anew: whoever decides has forgotten it', async (t) => {
  const { clock, path, user, paths } = makeCheck(t);
  path.up = false;
  await clock.advance(6_000);
  user.here = false;
  await clock.advance(4_000);
  user.here = true;
  await clock.advance(4_000);
  assert.deepEqual(paths(), [false, false]);
});
