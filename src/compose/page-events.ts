import type { PageEvent } from '../core/metrics/observed-call.ts';

/** Tells of the page's life and of devices that come and go, until `signal` aborts. */
export function watchPageEvents(
  tell: (event: PageEvent) => void,
  signal: AbortSignal,
  page: Window = window,
): void {
  const { document } = page;
  const on = (target: EventTarget | undefined, type: string, event: () => PageEvent): void =>
    target?.addEventListener(type, () => tell(event()), { signal });
  on(document, 'visibilitychange', () => ({
    kind: 'page',
    state: document.visibilityState === 'visible' ? 'visible' : 'hidden',
  }));
  on(document, 'freeze', () => ({ kind: 'page', state: 'frozen' }));
  on(document, 'resume', () => ({ kind: 'page', state: 'resumed' }));
  // A page that is not secure has no devices.
  const { mediaDevices } = page.navigator as { mediaDevices?: MediaDevices };
  on(mediaDevices, 'devicechange', () => ({ kind: 'device', change: 'list' }));
}
