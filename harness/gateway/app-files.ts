/**
 * Serves the built app. Owns which paths are pages of the app and how long each file may be kept. Invariant: what
 * decides which version runs (pages, service worker, manifest) is always asked for anew, what has a hash in its
 * name is never asked for twice.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { errorBody, HttpError } from './http-error.ts';
import type { ResolvedOptions } from './options.ts';

/** The pages of the app; paths below them are pages too. */
export const APP_PAGES = ['sessions', 'compare', 'storage', 'settings', 'about'] as const;

const MISSING_APP_PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Clara Voice</title>
<h1>The app is not built</h1>
<p>The gateway runs, but there is no app to serve. Build it with <code>npm run build</code> and start again.</p>
</html>
`;

/** Whether a path without its query is a page that the app's router shows. */
export function isAppPage(pathname: string): boolean {
  const first = pathname.split('/')[1] ?? '';
  return pathname === '/' || (APP_PAGES as readonly string[]).includes(first);
}

/** How long a browser may keep a file of the app, by its path inside the folder. */
export function cacheControlFor(filePath: string): string {
  // Vite's names: `assets/index-Bx3_k2aQ.js`; workbox's: `workbox-1a2b3c4d.js`.
  return /(^|\/)(assets\/[^/]+-[\w-]{8,}|workbox-[0-9a-f]{8,})\.[a-z0-9.]+$/.test(filePath)
    ? 'public, max-age=31536000, immutable'
    : 'no-cache';
}

/** Adds the app's files and pages, and the answer to everything that is nothing. */
export async function addAppFiles(app: FastifyInstance, { appFolder, log }: ResolvedOptions): Promise<void> {
  const root = appFolder === undefined ? undefined : path.resolve(appFolder);
  const isBuilt = root !== undefined && existsSync(path.join(root, 'index.html'));
  if (isBuilt) {
    await app.register(fastifyStatic, {
      root,
      index: false,
      dotfiles: 'ignore',
      cacheControl: false,
      preCompressed: true,
      setHeaders: (reply, filePath) => {
        const inside = path
          .relative(root, filePath)
          .split(path.sep)
          .join('/')
          .replace(/\.(br|gz)$/, '');
        reply.header('cache-control', cacheControlFor(inside));
      },
    });
    app.get('/', async (_request, reply) => reply.sendFile('index.html'));
    app.get('/dashboard', async (_request, reply) => reply.sendFile('dashboard.html'));
  } else {
    log.warn({ event: 'appMissing' }, 'no built app: pages say so');
  }
  app.setNotFoundHandler(async (request, reply) => {
    const pathname = request.url.split('?', 1)[0] ?? '/';
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (isRead && isAppPage(pathname)) {
      if (isBuilt) return reply.sendFile('index.html');
      return reply
        .code(404)
        .header('cache-control', 'no-store')
        .type('text/html; charset=utf-8')
        .send(MISSING_APP_PAGE);
    }
    const error = new HttpError('notFound', 'nothing here');
    return reply.code(error.statusCode).header('cache-control', 'no-store').send(errorBody(error));
  });
}
