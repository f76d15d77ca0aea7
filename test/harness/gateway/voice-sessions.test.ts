import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { pino } from 'pino';
import { HttpError } from '../../../harness/gateway/http-error.ts';
import type { SessionNames } from '../../../harness/gateway/session-names.ts';
import { DISPATCH_SETTLE_MS, VoiceSessions } from '../../../harness/gateway/voice-sessions.ts';
import { FakeAgents, FakeRooms, TIMEOUTS } from '../../support/node/gateway-fixture.ts';

const names = (voiceSessionId = 'session-1'): SessionNames => ({
  voiceSessionId,
  roomName: `clara-${voiceSessionId}`,
  identity: 'user-1',
  pipeline: 'parrot',
  userKey: 'u',
});

const ended = (error: unknown): boolean => error instanceof HttpError && error.code === 'sessionEnded';

describe('voice sessions of the gateway', () => {
  let rooms: FakeRooms;
  let agents: FakeAgents;
  let nowMs: number;
  let sessions: VoiceSessions;
  beforeEach(() => {
    rooms = new FakeRooms();
    agents = new FakeAgents();
    nowMs = 1_000_000;
    sessions = new VoiceSessions({
      rooms,
      agents,
      roomTimeouts: TIMEOUTS,
      rememberEndedMs: 60_000,
      log: pino({ enabled: false }),
      now: () => nowMs,
    });
  });

  const heldBack = (): (() => void) => {
    let open = (): void => {};
    rooms.gate = new Promise((resolve) => (open = resolve));
    return open;
  };

  it('prepare one session once, however many ask at the same time', async () => {
    const open = heldBack();
    const all = Promise.all([
      sessions.prepare(names()),
      sessions.prepare(names()),
      sessions.prepare(names()),
    ]);
    open();
    await all;
    assert.equal(rooms.created.length, 1);
    assert.equal(rooms.dispatched.length, 1);
  });

  it('prepare different sessions side by side', async () => {
    await Promise.all([sessions.prepare(names('session-1')), sessions.prepare(names('session-2'))]);
    assert.equal(rooms.dispatched.length, 2);
  });

  it('do not ask again while the first dispatch is still on its way to the worker', async () => {
    await sessions.prepare(names());
    nowMs += DISPATCH_SETTLE_MS - 1;
    await sessions.prepare(names());
    assert.equal(rooms.dispatched.length, 1);
    nowMs += 1;
    await sessions.prepare(names());
    assert.equal(rooms.dispatched.length, 2);
  });

  it('ask again at once when there was no worker to hear the first dispatch', async () => {
    agents.ready = { ok: false, reason: 'no worker' };
    await sessions.prepare(names());
    agents.ready = { ok: true };
    await sessions.prepare(names());
    await sessions.prepare(names());
    assert.equal(rooms.dispatched.length, 2);
  });

  it('ask again at once when the first dispatch failed', async () => {
    rooms.fail = new Error('first');
    await assert.rejects(sessions.prepare(names()));
    rooms.fail = undefined;
    await sessions.prepare(names());
    assert.equal(rooms.dispatched.length, 1);
  });

  it('give no token and ask for no agent when the user says bye while the room is being made', async () => {
    const open = heldBack();
    const prepared = sessions.prepare(names());
    const end = sessions.end(names());
    open();
    await assert.rejects(prepared, ended);
    await end;
    assert.equal(rooms.dispatched.length, 0);
    assert.deepEqual(rooms.deleted, ['clara-session-1']);
  });

  it('remember an ended session as long as its resume value could be good, then forget it', async () => {
    await sessions.end(names('session-1'));
    nowMs += 59_999;
    await assert.rejects(sessions.prepare(names('session-1')), ended);
    nowMs += 1;
    await sessions.end(names('session-2'));
    await sessions.prepare(names('session-1'));
    assert.equal(rooms.dispatched.length, 1);
  });

  it('forget an ended session in its time although an earlier one was ended once more', async () => {
    await sessions.end(names('session-1'));
    await sessions.end(names('session-2'));
    nowMs += 30_000;
    await sessions.end(names('session-1'));
    nowMs += 30_000;
    await sessions.end(names('session-3'));
    await sessions.prepare(names('session-2'));
    await assert.rejects(sessions.prepare(names('session-1')), ended);
  });
});
