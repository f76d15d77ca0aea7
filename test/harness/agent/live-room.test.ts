import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { LocalAudioTrack, Room, type AudioSource } from '@livekit/rtc-node';
import { deferred } from '../../../harness/agent/deferred.ts';
import { LiveRoom, type LiveRoomHandler } from '../../../harness/agent/live-room.ts';

test('a join that comes through after it was given up is left again: nobody else would put that agent out', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.after(() => mock.timers.reset());
  const connection = deferred();
  t.mock.method(Room.prototype, 'connect', () => connection.promise);
  const track = t.mock.method(LocalAudioTrack, 'createAudioTrack', () => {
    throw new Error('nothing is published in a room that was given up');
  });
  const left = t.mock.method(Room.prototype, 'disconnect', () => Promise.resolve());
  const joining = LiveRoom.join('ws://127.0.0.1:1', 'pass', {} as AudioSource, {} as LiveRoomHandler);
  mock.timers.tick(12_000);
  await assert.rejects(joining, /not joined within 12000 ms/);
  // rtc-node disconnects nothing that is not connected yet.
  const before = left.mock.callCount();
  connection.resolve();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(left.mock.callCount(), before + 1, 'the late room is left');
  assert.equal(track.mock.callCount(), 0, 'and nothing is published in it');
});
