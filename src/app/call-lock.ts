/**
 * Tells the other windows of the app that this one is in a call, by a shared Web Lock, which the browser lets go of by
 * itself when the window goes away.
 */
import type { Readable } from '../core/readable.ts';

const NAME = 'clara-voice-call';

/** Holds the lock while `inCall` is true, until `signal` aborts. */
export function keepCallLock(inCall: Readable<boolean>, signal: AbortSignal): void {
  if (navigator.locks === undefined) return;
  let release: (() => void) | undefined;
  const follow = (): void => {
    if (!inCall.value) {
      release?.();
      release = undefined;
    } else if (release === undefined) {
      const held = new Promise<void>((resolve) => (release = resolve));
      navigator.locks.request(NAME, { mode: 'shared' }, () => held).catch(reportError);
    }
  };
  inCall.watch(follow, signal);
  signal.addEventListener('abort', () => release?.(), { once: true });
  follow();
}

/** Whether any window of the app is in a call. False where the browser has no locks to ask. */
export async function isCallAnywhere(): Promise<boolean> {
  if (navigator.locks === undefined) return false;
  const { held = [], pending = [] } = await navigator.locks.query();
  return [...held, ...pending].some(({ name, mode }) => name === NAME && mode === 'shared');
}

/** Settles when no window of the app is in a call any more; rejects with the signal's reason when that aborts first. */
export async function untilNoCallAnywhere(signal: AbortSignal): Promise<void> {
  if (navigator.locks === undefined) return;
  await navigator.locks.request(NAME, { mode: 'exclusive', signal }, () => Promise.resolve());
}
