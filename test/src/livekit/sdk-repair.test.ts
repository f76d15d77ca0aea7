import { expect } from 'chai';
import type { Room } from 'livekit-client';
import type { Clock } from '../../../src/core/ports.ts';
import { pushRepair, resumeRatherThanRestart } from '../../../src/livekit/sdk-repair.ts';

/** What is used of the SDK's engine, noting how each repair began. */
function engineThatNotes() {
  const begun: string[] = [];
  const listeners = new Map<string, (() => void)[]>();
  const engine = {
    fullReconnectOnNext: false,
    on: (name: string, listener: () => void) =>
      void listeners.set(name, [...(listeners.get(name) ?? []), listener]),
    handleDisconnect: (connection: string) =>
      void begun.push(`${connection}: ${engine.fullReconnectOnNext ? 'restart' : 'resume'}`),
  };
  const begin = (connection: string, full: boolean): void => {
    engine.fullReconnectOnNext ||= full;
    engine.handleDisconnect(connection);
  };
  const emit = (name: string): void => listeners.get(name)?.forEach((listener) => listener());
  resumeRatherThanRestart(engine as unknown as Room['engine']);
  return { begun, begin, emit };
}

describe('a repair that the SDK begins by itself', () => {
  it('is a resume although the SDK would start over for want of media', () => {
    const { begun, begin, emit } = engineThatNotes();
    for (const connection of ['connection quality lost', 'reconcile']) begin(connection, true);
    emit('resuming');
    emit('signalResumed');
    begin('reconnect', true);
    expect(begun).to.deep.equal([
      'connection quality lost: resume',
      'reconcile: resume',
      'reconnect: resume',
    ]);
  });

  it('starts over when the server refused to resume', () => {
    const { begun, begin, emit } = engineThatNotes();
    emit('resuming');
    emit('signalResumed');
    emit('resuming');
    begin('reconnect', true);
    expect(begun).to.deep.equal(['reconnect: restart']);
  });

  it('starts over when the server has asked for it, and goes on doing so', () => {
    const { begun, begin, emit } = engineThatNotes();
    begin('leave-reconnect', true);
    emit('resuming');
    emit('signalResumed');
    begin('reconnect', true);
    expect(begun).to.deep.equal(['leave-reconnect: restart', 'reconnect: restart']);
  });

  it('starts over when a negotiation failed', () => {
    const { begun, begin } = engineThatNotes();
    begin('negotiation', true);
    expect(begun).to.deep.equal(['negotiation: restart']);
  });
});

describe('a push while the SDK waits for its next try', () => {
  it('ends the pause and tries now', () => {
    const did: string[] = [];
    const engine = {
      client: {},
      clearReconnectTimeout: () => did.push('pause ended'),
      attemptReconnect: async (reason: number) => void did.push(`tried, reason ${reason}`),
    };
    const room = { state: 'signalReconnecting', engine } as unknown as Room;
    pushRepair(room, { monoMs: () => 0 } as Clock);
    expect(did).to.deep.equal(['pause ended', 'tried, reason 1']);
  });
});

describe('an ICE restart that is pushed', () => {
  /** A room whose connection does what the test says, on a clock that stands until it is told. */
  function roomToPush() {
    const state = { monoMs: 1000, restarts: 0, told: [] as string[] };
    const publisher = {
      getSignallingState: () => 'stable',
      onIceConnectionStateChange: (now: string) => void state.told.push(now),
    };
    const transports = {
      mode: 'publisher-only',
      publisher,
      triggerIceRestart: async () => void (state.restarts += 1),
    };
    const room = {
      engine: { pcManager: transports, client: { ws: { readyState: WebSocket.OPEN } } },
    } as unknown as Room;
    const clock = { monoMs: () => state.monoMs } as Clock;
    return { state, publisher, push: () => pushRepair(room, clock) };
  }

  it('is followed by another as soon as it connects, when that took long', () => {
    const { state, publisher, push } = roomToPush();
    push();
    state.monoMs += 9000;
    push();
    publisher.onIceConnectionStateChange('disconnected');
    state.monoMs += 3000;
    expect(state.restarts).to.equal(2);
    publisher.onIceConnectionStateChange('connected');
    expect(state.restarts).to.equal(3);
    publisher.onIceConnectionStateChange('connected');
    expect(state.restarts).to.equal(3);
    expect(state.told).to.deep.equal(['disconnected', 'connected', 'connected'], 'the SDK hears all of it');
  });

  it('is left alone when it connects at once', () => {
    const { state, publisher, push } = roomToPush();
    push();
    state.monoMs += 100;
    publisher.onIceConnectionStateChange('connected');
    expect(state.restarts).to.equal(1);
  });
});
