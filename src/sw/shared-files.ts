/**
 * Files shared to the installed app: the browser posts them to an address of ours, the worker keeps them until the page
 * takes them, and shows the page. Never reaches the network.
 */

/** As in src/app/review/incoming-files.ts, and the manifest's share target. */
export const SHARED_FILES_CACHE = 'clara-shared-files';
export const SHARE_PATH = '/share-target';
const FIELD = 'files';
/** More than this is no recording, bytes. */
const MAX_BYTES = 256 * 1024 * 1024;

/** Keeps what was posted and answers with the way to the list. Rejects when the request holds no form. */
export async function keepSharedFiles(request: Request, caches: CacheStorage): Promise<Response> {
  const form = await request.formData();
  const files = form.getAll(FIELD).filter((entry) => entry instanceof File && entry.size <= MAX_BYTES);
  const cache = await caches.open(SHARED_FILES_CACHE);
  for (const [at, file] of files.entries())
    if (file instanceof File)
      await cache.put(`/shared-files/${at}/${encodeURIComponent(file.name)}`, new Response(file));
  return Response.redirect('/sessions?shared', 303);
}
