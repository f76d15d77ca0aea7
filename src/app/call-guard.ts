/**
 * What the page does only during a call: keeps the screen on, asks before it is closed, and tells the system's media
 * controls what is going on. All of it is undone when the call ends.
 */
import type { Readable } from '../core/readable.ts';

/** Follows `inCall` until `signal` aborts. `stop` ends the call from the system's media controls. */
export function guardCalls(inCall: Readable<boolean>, stop: () => Promise<void>, signal: AbortSignal): void {
  let call: AbortController | undefined;
  const follow = (): void => {
    if (!inCall.value) {
      call?.abort();
      call = undefined;
    } else if (call === undefined) {
      call = new AbortController();
      askBeforeClosing(call.signal);
      keepAwake(call.signal);
      showInMediaControls(stop, call.signal);
    }
  };
  inCall.watch(follow, signal);
  signal.addEventListener('abort', () => call?.abort(), { once: true });
  follow();
}

function askBeforeClosing(signal: AbortSignal): void {
  addEventListener('beforeunload', (event) => event.preventDefault(), { signal });
}

/** The browser takes the lock away whenever the page is hidden; it is asked for again when it is seen. */
function keepAwake(signal: AbortSignal): void {
  if (!('wakeLock' in navigator)) return;
  let lock: WakeLockSentinel | undefined;
  const request = async (): Promise<void> => {
    if (document.visibilityState !== 'visible') return;
    try {
      const got = await navigator.wakeLock.request('screen');
      if (signal.aborted) await got.release();
      else lock = got;
    } catch {
      // Refused, for instance on low battery: the call goes on all the same.
    }
  };
  const ask = (): void => {
    request().catch(reportError);
  };
  document.addEventListener('visibilitychange', ask, { signal });
  const letGo = (): void => {
    if (lock !== undefined) lock.release().catch(reportError);
  };
  signal.addEventListener('abort', letGo, { once: true });
  ask();
}

function showInMediaControls(stop: () => Promise<void>, signal: AbortSignal): void {
  const { mediaSession } = navigator;
  if (mediaSession === undefined) return;
  mediaSession.metadata = new MediaMetadata({
    title: 'Voice session',
    artist: 'Clara Voice',
    artwork: [{ src: '/icons/icon-512.png', sizes: '512x512', type: 'image/png' }],
  });
  mediaSession.setActionHandler('stop', () => {
    stop().catch(reportError);
  });
  signal.addEventListener(
    'abort',
    () => {
      mediaSession.metadata = null;
      mediaSession.setActionHandler('stop', null);
    },
    { once: true },
  );
}
