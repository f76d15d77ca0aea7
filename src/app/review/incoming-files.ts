/**
 * Files that come from outside the page: dropped on it, opened with the installed app, shared to it. Owns its listeners
 * until `signal` aborts; decides nothing about the files.
 */

/** Where the service worker leaves files that were shared to the app. */
export const SHARED_FILES_CACHE = 'clara-shared-files';

/** What `window.launchQueue` gives, which TypeScript's DOM does not know. */
interface LaunchParameters {
  readonly files?: readonly { getFile(): Promise<File> }[];
}
interface LaunchWindow {
  readonly launchQueue?: { setConsumer(consumer: (parameters: LaunchParameters) => void): void };
}

/** Watches for files; `onDrag` tells whether some are being dragged over the page. */
export function watchIncomingFiles(
  page: Window,
  onFiles: (files: readonly File[]) => void,
  onDrag: (isOver: boolean) => void,
  signal: AbortSignal,
): void {
  const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') === true;
  page.addEventListener(
    'dragover',
    (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      onDrag(true);
    },
    { signal },
  );
  page.addEventListener(
    'dragleave',
    (event) => {
      if (event.relatedTarget === null) onDrag(false);
    },
    { signal },
  );
  page.addEventListener(
    'drop',
    (event) => {
      onDrag(false);
      if (!hasFiles(event)) return;
      event.preventDefault();
      onFiles([...(event.dataTransfer?.files ?? [])]);
    },
    { signal },
  );
  (page as LaunchWindow).launchQueue?.setConsumer(({ files = [] }) => {
    if (signal.aborted || files.length === 0) return;
    Promise.all(files.map((file) => file.getFile())).then(onFiles, reportError);
  });
}

/** The files that were shared to the app, taken out of the cache; none where there is none. */
export async function takeSharedFiles(caches: CacheStorage): Promise<File[]> {
  if (!(await caches.has(SHARED_FILES_CACHE))) return [];
  const cache = await caches.open(SHARED_FILES_CACHE);
  const files: File[] = [];
  for (const request of await cache.keys()) {
    const answer = await cache.match(request);
    const name = decodeURIComponent(new URL(request.url).pathname.split('/').at(-1) ?? 'shared');
    if (answer !== undefined) files.push(new File([await answer.blob()], name));
  }
  await caches.delete(SHARED_FILES_CACHE);
  return files;
}
