/**
 * Browser tests: mocha in a real Chromium, TypeScript compiled file by file. The browser is the system's
 * (CHROME_PATH first), never downloaded here. `--allow-loopback-in-peer-connection` and the fake devices are
 * what the fake LiveKit server and the microphone tests stand on.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { esbuildPlugin } from '@web/dev-server-esbuild';
import { defaultReporter, summaryReporter } from '@web/test-runner';
import { playwrightLauncher } from '@web/test-runner-playwright';

const folders = ['livekit', 'storage', 'ui', 'compose', 'app', 'embed'];

const knownPaths = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];
const executablePath = process.env.CHROME_PATH || knownPaths.find((path) => existsSync(path));
if (!executablePath)
  throw new Error(
    'no Chromium: set CHROME_PATH to its program, or run `npm test`, which finds or fetches one',
  );

const isRoot = process.getuid?.() === 0;

export default {
  files: folders.map((folder) => `test/src/${folder}/**/*.test.ts`),
  nodeResolve: { exportConditions: ['browser', 'development'], browser: true },
  preserveSymlinks: false,
  concurrency: 2,
  testsStartTimeout: 60_000,
  testsFinishTimeout: 120_000,
  testFramework: { config: { timeout: 20_000, retries: 0 } },
  plugins: [
    esbuildPlugin({
      ts: true,
      target: 'es2022',
      tsconfig: fileURLToPath(new URL('test/tsconfig.browser.json', import.meta.url)),
    }),
  ],
  reporters: [
    defaultReporter({ reportTestResults: true, reportTestProgress: process.stdout.isTTY }),
    summaryReporter(),
  ],
  browsers: [
    playwrightLauncher({
      product: 'chromium',
      launchOptions: {
        executablePath,
        args: [
          '--use-fake-ui-for-media-stream',
          '--use-fake-device-for-media-stream',
          '--allow-loopback-in-peer-connection',
          // No mDNS in containers; two connections of one page then never find each other without a microphone.
          '--disable-features=WebRtcHideLocalIpsWithMdns',
          '--autoplay-policy=no-user-gesture-required',
          // Memory bounds: exact figures, and a collection on demand.
          '--enable-precise-memory-info',
          '--js-flags=--expose-gc',
          ...(isRoot ? ['--no-sandbox'] : []),
        ],
      },
    }),
  ],
};
