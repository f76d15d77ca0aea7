/**
 * The service worker: keeps the app's own files, answers page loads from them, and waits with a new version until the
 * page says so. Everything else goes to the network untouched, see never-cached.ts.
 */
import { cleanupOutdatedCaches, createHandlerBoundToURL, precacheAndRoute } from 'workbox-precaching';
import { NavigationRoute, registerRoute } from 'workbox-routing';
import { NEVER_CACHED } from './never-cached.ts';

declare const self: ServiceWorkerGlobalScope & {
  readonly __WB_MANIFEST: { readonly url: string; readonly revision: string | null }[];
};

precacheAndRoute(self.__WB_MANIFEST);
cleanupOutdatedCaches();
registerRoute(new NavigationRoute(createHandlerBoundToURL('/index.html'), { denylist: [...NEVER_CACHED] }));

self.addEventListener('message', (event) => {
  // workbox-window's messageSkipWaiting, which the page sends only after the user's yes and outside of calls.
  if ((event.data as { type?: unknown } | null)?.type === 'SKIP_WAITING') event.waitUntil(self.skipWaiting());
});
