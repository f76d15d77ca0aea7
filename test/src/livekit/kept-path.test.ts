import { expect } from 'chai';
import type { Room } from 'livekit-client';
import type { Clock } from '../../../src/core/ports.ts';
import { keepPathThatCarries } from '../../../src/livekit/kept-path.ts';

/** An engine that resumes when it is told, on a connection that has received what the test says at each look. */
function resuming(bytesAtEachLook: readonly (number | 'unreadable')[], mayKeepPath = true) {
  const did: string[] = [];
  const connection = { state: 'connected', signalling: 'stable', mode: 'publisher-only' };
  const listeners = new Map<string, () => void>();
  let monoMs = 0;
  let looks = 0;
  const proto = { triggerIceRestart: async () => void did.push(`ICE anew at ${monoMs} ms`) };
  const transports = Object.assign(Object.create(proto) as typeof proto, {
    createAndSendPublisherOffer: async () => void did.push(`kept at ${monoMs} ms`),
    publisher: {
      getConnectionState: () => connection.state,
      getSignallingState: () => connection.signalling,
      getStats: async () => {
        const bytes = bytesAtEachLook[Math.min(looks++, bytesAtEachLook.length - 1)];
        if (bytes === 'unreadable') throw new Error('closed');
        return new Map([['T', { id: 'T', type: 'transport', bytesReceived: bytes }]]);
      },
    },
  });
  Object.defineProperty(transports, 'mode', { get: () => connection.mode });
  const sleepers: { readonly atMonoMs: number; readonly wake: () => void }[] = [];
  const clock = {
    monoMs: () => monoMs,
    sleep: (delayMs: number) =>
      new Promise<void>((wake) => void sleepers.push({ atMonoMs: monoMs + delayMs, wake })),
  } as unknown as Clock;
  const engine = {
    pcManager: transports,
    on: (name: string, listener: () => void) => void listeners.set(name, listener),
  };
  keepPathThatCarries(engine as unknown as Room['engine'], () => mayKeepPath, clock);
  return {
    did,
    connection,
    transports,
    at: (dueMonoMs: number, wake: () => void): void => void sleepers.push({ atMonoMs: dueMonoMs, wake }),
    resume: async (): Promise<void> => {
      listeners.get('resuming')?.();
      await Promise.resolve();
      listeners.get('signalResumed')?.();
      let isDone = false;
      const restart = transports.triggerIceRestart().then(() => (isDone = true));
      for (;;) {
        // All that can go on without time has gone on; then time goes on to the next sleeper.
        await new Promise((resolve) => setTimeout(resolve));
        if (isDone) break;
        const [next] = sleepers.sort((one, other) => one.atMonoMs - other.atMonoMs).splice(0, 1);
        if (next === undefined) continue;
        monoMs = next.atMonoMs;
        next.wake();
      }
      await restart;
    },
  };
}

describe('a resumed signal connection', () => {
  it('keeps the path on which something has come since the resume began', async () => {
    const { did, resume } = resuming([1000, 1160]);
    await resume();
    expect(did).to.deep.equal(['kept at 0 ms']);
  });

  it('waits a moment for what comes', async () => {
    const { did, resume } = resuming([1000, 1000, 1000, 1080]);
    await resume();
    expect(did).to.deep.equal(['kept at 100 ms']);
  });

  it('restarts ICE when nothing comes: the browser may be on another network', async () => {
    const { did, resume } = resuming([1000]);
    await resume();
    expect(did).to.deep.equal(['ICE anew at 300 ms']);
  });

  it('restarts ICE at once when one way is cut', async () => {
    const { did, resume } = resuming([1000, 1160], false);
    await resume();
    expect(did).to.deep.equal(['ICE anew at 0 ms']);
  });

  for (const [what, prepare] of [
    ['an offer went unanswered', { signalling: 'have-local-offer' }],
    ['there are two connections', { mode: 'subscriber-primary' }],
  ] as const)
    it(`restarts ICE at once when ${what}`, async () => {
      const { did, connection, resume } = resuming([1000, 1160]);
      Object.assign(connection, prepare);
      await resume();
      expect(did).to.deep.equal(['ICE anew at 0 ms']);
    });

  it('waits a moment for a connection that was given up to be up again', async () => {
    const stays = resuming([1000, 1160]);
    stays.connection.state = 'disconnected';
    await stays.resume();
    expect(stays.did).to.deep.equal(['ICE anew at 300 ms']);
    const returns = resuming([1000, 1160]);
    returns.connection.state = 'disconnected';
    returns.at(60, () => (returns.connection.state = 'connected'));
    await returns.resume();
    expect(returns.did).to.deep.equal(['kept at 100 ms']);
  });

  it('restarts ICE when the statistics cannot be read, before or after', async () => {
    const before = resuming(['unreadable', 1160]);
    await before.resume();
    const after = resuming([1000, 'unreadable']);
    await after.resume();
    expect([...before.did, ...after.did]).to.deep.equal(['ICE anew at 300 ms', 'ICE anew at 300 ms']);
  });

  it('leaves later restarts to whoever asks for them', async () => {
    const { did, transports, resume } = resuming([1000, 1160]);
    await resume();
    await transports.triggerIceRestart();
    expect(did).to.deep.equal(['kept at 0 ms', 'ICE anew at 0 ms']);
  });
});
