/**
 * Builds the app into dist/app. Invariant: nothing inline in index.html, because the gateway serves it under a CSP
 * without 'unsafe-inline'. The package's own builds are in vite.lib.config.ts.
 */
import { readFileSync } from 'node:fs';
import { defineConfig } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';

const { version } = JSON.parse(readFileSync(new URL('./package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** Where the gateway listens while developing; `npm start` prints it. */
const gateway = process.env['CLARA_DEV_GATEWAY'] ?? 'http://127.0.0.1:7890';

export default defineConfig({
  define: { __CLARA_VERSION__: JSON.stringify(version) },
  build: {
    outDir: 'dist/app',
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    // The dashboard is a page of its own: operators need no call, and callers no dashboard.
    rolldownOptions: { input: ['index.html', 'dashboard.html'] },
    // An inlined asset is a data: address, which the CSP allows for pictures only.
    assetsInlineLimit: 0,
    // livekit-client is one chunk; what a page loads is judged by harness/bootstrap/bundle-size.mjs.
    chunkSizeWarningLimit: 900,
  },
  server: { host: '127.0.0.1', proxy: { '/api': { target: gateway, changeOrigin: true } } },
  preview: { host: '127.0.0.1' },
  plugins: [
    VitePWA({
      strategies: 'injectManifest',
      srcDir: 'src/sw',
      filename: 'sw.ts',
      registerType: 'prompt',
      injectRegister: false,
      injectManifest: {
        globPatterns: ['**/*.{html,js,css,svg,webmanifest}', 'icons/*.png'],
        globIgnores: ['dashboard.html', '**/dashboard-*'],
        rollupFormat: 'iife',
      },
      manifest: {
        id: '/',
        name: 'Clara Voice',
        short_name: 'Clara',
        description: 'Talk with a voice agent, and look at your calls afterwards, also offline.',
        lang: 'en',
        start_url: '/',
        scope: '/',
        display: 'standalone',
        background_color: '#f4f8f7',
        theme_color: '#f4f8f7',
        categories: ['productivity', 'utilities'],
        icons: [
          { src: '/icons/icon-192.png', sizes: '192x192', type: 'image/png', purpose: 'any' },
          { src: '/icons/icon-512.png', sizes: '512x512', type: 'image/png', purpose: 'any' },
          { src: '/icons/maskable-192.png', sizes: '192x192', type: 'image/png', purpose: 'maskable' },
          { src: '/icons/maskable-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
          { src: '/icons/icon.svg', sizes: 'any', type: 'image/svg+xml', purpose: 'any' },
        ],
        screenshots: [
          {
            src: '/screenshots/wide.png',
            sizes: '1280x800',
            type: 'image/png',
            form_factor: 'wide',
            label: 'A call, with its transcript',
          },
          {
            src: '/screenshots/narrow.png',
            sizes: '780x1688',
            type: 'image/png',
            form_factor: 'narrow',
            label: 'A call on a phone',
          },
        ],
        file_handlers: [
          {
            action: '/sessions',
            accept: {
              'application/x-clara-recording': ['.clararec'],
              'application/gzip': ['.gz'],
              'application/json': ['.json'],
            },
          },
        ],
        share_target: {
          action: '/share-target',
          method: 'POST',
          enctype: 'multipart/form-data',
          params: {
            files: [
              {
                name: 'files',
                accept: [
                  '.clararec',
                  '.gz',
                  '.json',
                  '.txt',
                  'application/gzip',
                  'application/json',
                  'text/plain',
                ],
              },
            ],
          },
        },
        shortcuts: [
          { name: 'Talk', url: '/', icons: [{ src: '/icons/icon-192.png', sizes: '192x192' }] },
          {
            name: 'Past sessions',
            url: '/sessions',
            icons: [{ src: '/icons/icon-192.png', sizes: '192x192' }],
          },
        ],
      },
    }),
  ],
});
