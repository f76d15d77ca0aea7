/**
 * What the browser says of its network and of the page's life, as hints. Owns its listeners only as long as the
 * watcher's signal; never decides anything: a hint may be wrong.
 */
import type { NetworkHint, NetworkPort } from '../core/ports.ts';

/** `navigator.connection`, which not every browser has and TypeScript's DOM does not describe. */
interface ConnectionTarget {
  readonly connection?: EventTarget;
}

/** Hints of this page's window, document and connection. */
export function browserNetwork(page: Window = window): NetworkPort {
  return {
    isOffline: () => !page.navigator.onLine,
    watch(watcher, signal) {
      if (signal.aborted) return;
      const on = (
        target: EventTarget | undefined,
        type: string,
        hint: () => NetworkHint | undefined,
      ): void => {
        target?.addEventListener(
          type,
          () => {
            const found = hint();
            if (found !== undefined) watcher(found);
          },
          { signal },
        );
      };
      on(page, 'online', () => 'online');
      on(page, 'offline', () => 'offline');
      on(page, 'pageshow', () => 'pageshow');
      on(page.document, 'resume', () => 'resume');
      on(page.document, 'visibilitychange', () =>
        page.document.visibilityState === 'visible' ? 'visible' : undefined,
      );
      on((page.navigator as ConnectionTarget).connection, 'change', () => 'connectionChange');
    },
  };
}
