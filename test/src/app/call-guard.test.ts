import { expect } from 'chai';
import { guardCalls } from '../../../src/app/call-guard.ts';
import { isCallAnywhere, keepCallLock, untilNoCallAnywhere } from '../../../src/app/call-lock.ts';
import { Writable } from '../../../src/core/readable.ts';

/** Whether the page would ask before it is closed. */
function asksBeforeClosing(): boolean {
  const event = new Event('beforeunload', { cancelable: true });
  dispatchEvent(event);
  return event.defaultPrevented;
}

describe('a call', () => {
  let life: AbortController;
  let inCall: Writable<boolean>;
  beforeEach(() => {
    life = new AbortController();
    inCall = new Writable(false);
  });
  afterEach(() => life.abort());

  it('makes the page ask before it is closed, and only while it runs', () => {
    guardCalls(inCall, async () => {}, life.signal);
    expect(asksBeforeClosing()).to.equal(false);
    inCall.set(true);
    expect(asksBeforeClosing()).to.equal(true);
    inCall.set(false);
    expect(asksBeforeClosing()).to.equal(false);
  });

  it('leaves nothing behind when the app ends in the middle of it', () => {
    guardCalls(inCall, async () => {}, life.signal);
    inCall.set(true);
    life.abort();
    expect(asksBeforeClosing()).to.equal(false);
    expect(inCall.watcherCount).to.equal(0);
    expect(navigator.mediaSession.metadata).to.equal(null);
  });

  it('is shown in the system’s media controls while it runs', () => {
    guardCalls(inCall, async () => {}, life.signal);
    inCall.set(true);
    expect(navigator.mediaSession.metadata?.artist).to.equal('Clara Voice');
    inCall.set(false);
    expect(navigator.mediaSession.metadata).to.equal(null);
  });

  it('is known to every window of the app, and forgotten when it ends', async () => {
    keepCallLock(inCall, life.signal);
    expect(await isCallAnywhere()).to.equal(false);
    inCall.set(true);
    // A lock of ours, asked for after the call's, is granted after it.
    await navigator.locks.request('clara-voice-call', { mode: 'shared' }, () => {});
    expect(await isCallAnywhere()).to.equal(true);
    inCall.set(false);
    await navigator.locks.request('clara-voice-call', { mode: 'exclusive' }, () => {});
    expect(await isCallAnywhere()).to.equal(false);
  });

  it('is waited for until it is over, and one that has begun meanwhile still counts', async () => {
    keepCallLock(inCall, life.signal);
    inCall.set(true);
    await navigator.locks.request('clara-voice-call', { mode: 'shared' }, () => {});
    let isOver = false;
    const over = untilNoCallAnywhere(life.signal).then(() => (isOver = true));
    await navigator.locks.query();
    expect(isOver).to.equal(false);
    const other = new Writable(true);
    keepCallLock(other, life.signal);
    inCall.set(false);
    expect(await isCallAnywhere()).to.equal(true);
    await over; // whoever waited looks again
    expect(await isCallAnywhere()).to.equal(true);
    other.set(false);
    await untilNoCallAnywhere(life.signal);
    expect(await isCallAnywhere()).to.equal(false);
  });
});
