import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVoiceSession } from '../../../src/core/session/voice-session.ts';
import { FakeWorld, fakePorts } from '../../support/core/fake-ports.ts';

test('a start asks for the microphone, joins and is connected', async () => {
  const world = new FakeWorld();
  const ports = fakePorts(world);
  const session = createVoiceSession(ports);
  const started = session.start();
  assert.equal(session.link.value.phase, 'requestingMic');
  await world.clock.advance(30);
  assert.equal(session.link.value.phase, 'connecting');
  await world.clock.advance(220);
  await started;
  assert.equal(session.link.value.phase, 'connected');
  assert.deepEqual(ports.recorder.phases, ['requestingMic', 'connecting', 'connected']);
  const stopped = session.stop();
  assert.deepEqual(session.link.value, { phase: 'ended', reason: 'stopped' });
  await world.clock.advance(3000);
  await stopped;
  assert.equal(ports.rooms.last.byes, 1);
  assert.equal(ports.rooms.openRooms.length, 0);
  assert.equal(ports.microphone.isOpen, false);
  assert.equal(world.clock.timerCount, 0);
  assert.equal(ports.network.watcherCount, 0);
});
