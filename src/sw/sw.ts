/**
 * The service worker: keeps the app's own files, answers page loads from them when the server is away, and waits with a
 * new version until the page says so. Everything else goes to the network untouched, see never-cached.ts.
 */
import { addRoute, cleanupOutdatedCaches, createHandlerBoundToURL, precache } from 'workbox-precaching';
import { NavigationRoute, registerRoute } from 'workbox-routing';
import { NEVER_CACHED } from './never-cached.ts';
import { newestPage, PAGE_LIMIT_MS } from './newest-page.ts';
import { keepSharedFiles, SHARE_PATH } from './shared-files.ts';

declare const self: ServiceWorkerGlobalScope & {
  readonly __WB_MANIFEST: { readonly url: string; readonly revision: string | null }[];
};

precache(self.__WB_MANIFEST);
cleanupOutdatedCaches();
const keptPage = createHandlerBoundToURL('/index.html');
// Before the files' own route, which would answer `/` with the kept index.html.
registerRoute(
  new NavigationRoute(
    (options) =>
      newestPage({
        ask: () => fetch(options.request),
        kept: () => keptPage(options),
        limit: () => new Promise((resolve) => setTimeout(resolve, PAGE_LIMIT_MS)),
      }),
    { denylist: [...NEVER_CACHED] },
  ),
);
addRoute();
registerRoute(
  ({ url }) => url.pathname === SHARE_PATH,
  ({ request }) => keepSharedFiles(request, caches),
  'POST',
);

self.addEventListener('message', (event) => {
  // workbox-window's messageSkipWaiting, which the page sends only after the user's yes and outside of calls.
  if ((event.data as { type?: unknown } | null)?.type === 'SKIP_WAITING') event.waitUntil(self.skipWaiting());
});
