/**
 * Owns: the bars of recordings, measured in a headless Chromium by src/bench, and the crash: a browser that is killed
 * while it records. Serves the page from this process on 127.0.0.1; a profile in a folder that is removed.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { chromium, type BrowserContext, type Page } from 'playwright-core';
import { findChromium } from '../browser/find-chromium.ts';
import type { Logger } from '../contracts.ts';
import { PartMissingError } from '../parts/part-missing-error.ts';
import { atLeast, atMost, type BenchResult } from './bench-result.ts';
import { bundleResults } from './review-bundle.ts';

/** Longest measurement, ms. */
const LIMIT_MS = 120_000;
/** How long the main thread of a call is watched, without a recorder, with one and without, ms: two flushes and more. */
const WATCH_MS = 20_000;
/** What a page does only at a call's begin is over by then, ms. */
const WARM_UP_MS = 5000;
const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' };

/** Measures everything, one after the other. */
export async function benchRecording(_log: Logger, tell: (result: BenchResult) => void): Promise<void> {
  const bundle = bundleResults(); // first: what is missing is told before minutes of measuring
  const folder = await mkdtemp(join(tmpdir(), 'clara-bench-'));
  const server = await serve(pageFolder());
  const { path: executablePath } = await findChromium(
    { env: process.env, report: () => undefined },
    AbortSignal.timeout(LIMIT_MS),
  );
  const open = (profile = 'profile'): Promise<BrowserContext> =>
    chromium.launchPersistentContext(join(folder, profile), {
      executablePath,
      headless: true,
      viewport: { width: 1280, height: 900 },
      args: [
        ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
        '--autoplay-policy=no-user-gesture-required',
        '--disable-features=WebRtcHideLocalIpsWithMdns',
      ],
    });
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/index.html`;
  try {
    const context = await open();
    try {
      await measureInPages(context, url, tell);
    } finally {
      await context.close();
    }
    const liveBytes = await liveBytesPerSample(() => open('live'), join(folder, 'live'), url);
    tell(atMost('recording.liveBytes', liveBytes, 60, 'B a sample on disk'));
    await measureCrash(() => open(), url, tell);
    for (const result of bundle) tell(result);
  } finally {
    server.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

/** Each in a page of its own, so that none stands on what another has warmed up. */
async function measureInPages(
  context: BrowserContext,
  url: string,
  tell: (result: BenchResult) => void,
): Promise<void> {
  const run = async <T>(name: string): Promise<T> => {
    const page = await openPage(context, url);
    try {
      return await call<T>(page, name);
    } finally {
      await page.close();
    }
  };
  const { recorderMs, baseMs } = await mainThread(context, url);
  tell({
    ...atMost('recording.mainThread', recorderMs, 2, 'ms a second more'),
    base: Math.round(baseMs * 100) / 100,
  });
  const flush = await run<{ p50: number; p99: number }>('flush');
  tell(atMost('recording.flushP50', flush.p50, 2, 'ms'));
  tell(atMost('recording.flushP99', flush.p99, 20, 'ms'));
  tell(atMost('recording.archivedBytes', await run<number>('archived'), 30, 'B a sample'));
  tell(atLeast('recording.bulk', Math.round(await run<number>('bulk')), 200_000, 'samples/s'));
  tell(atMost('recording.read100k', await run<number>('read100k'), 200, 'ms'));
  await run('fillHour');
  const hour = await run<{ cold: number; p50: number }>('openHour');
  tell(atMost('recording.openHourP50', hour.p50, 100, 'ms without painting'));
  tell(atMost('recording.openHourCold', hour.cold, 250, 'ms without painting'));
  await run('fillList');
  const list = await run<{ tookMs: number; drawn: number }>('list');
  tell(atMost('recording.list1000', list.tookMs, 250, `ms, the first ${list.drawn} painted`));
  tell(atMost('recording.delete', await run<number>('delete'), 20, 'ms'));
  tell(atMost('recording.export100h', await run<number>('export100h'), 3000, 'ms'));
}

/**
 * What a recorder takes of the main thread while a call goes on, ms a second: the tasks of a page with a call that is
 * recorded less those of the same page before and after (the base), in the thread's own time, so that what else the
 * machine does counts little.
 */
async function mainThread(
  context: BrowserContext,
  url: string,
): Promise<{ readonly recorderMs: number; readonly baseMs: number }> {
  const page = await openPage(context, url);
  const cdp = await context.newCDPSession(page);
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
  const taskMs = async (): Promise<number> => {
    const { metrics } = await cdp.send('Performance.getMetrics');
    const seconds = metrics.find(({ name }) => name === 'TaskDuration')?.value;
    if (seconds === undefined) throw new Error('the browser does not tell TaskDuration');
    return seconds * 1000;
  };
  const aSecond = async (): Promise<number> => {
    const before = await taskMs();
    await sleep(WATCH_MS);
    return ((await taskMs()) - before) / (WATCH_MS / 1000);
  };
  try {
    await call(page, 'callOn');
    await sleep(WARM_UP_MS);
    const before = await aSecond();
    await call(page, 'recordCall');
    const recorded = await aSecond();
    const samples = await call<number>(page, 'recordCallOff');
    const after = await aSecond();
    await call(page, 'callOff');
    if (samples < WATCH_MS / 1000 - 2) throw new Error(`${samples} samples in ${WATCH_MS} ms`);
    const baseMs = (before + after) / 2;
    return { recorderMs: recorded - baseMs, baseMs };
  } finally {
    await page.close();
  }
}

/**
 * What a sample of a session that runs takes on disk, bytes: all that a profile of its own has in its databases once the
 * browser has closed and put its log away. Rows, field names, keys and ids are in it, packed as the browser packs them.
 */
async function liveBytesPerSample(
  open: () => Promise<BrowserContext>,
  profile: string,
  url: string,
): Promise<number> {
  const context = await open();
  let samples: number;
  try {
    samples = await call<number>(await openPage(context, url), 'fillLive');
  } finally {
    await context.close();
  }
  const databases = join(profile, 'Default', 'IndexedDB');
  let bytes = 0;
  for (const entry of await readdir(databases, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size;
  if (bytes < samples) throw new Error(`${bytes} bytes of ${samples} samples in ${databases}`);
  return bytes / samples;
}

/** Kills the browser with SIGKILL when a recording has most to lose, right before a flush, and looks at what is left. */
async function measureCrash(
  open: () => Promise<BrowserContext>,
  url: string,
  tell: (result: BenchResult) => void,
): Promise<void> {
  const context = await open();
  const cdp = await context.browser()?.newBrowserCDPSession();
  const info = (await cdp?.send('SystemInfo.getProcessInfo')) as
    { processInfo: { id: number; type: string }[] } | undefined;
  const browserPid = info?.processInfo.find(({ type }) => type === 'browser')?.id;
  if (browserPid === undefined) throw new Error('the browser does not tell its process');
  const closed = new Promise((resolve) => context.once('close', resolve));
  const page = await openPage(context, url);
  // Before the page's own start: the loss is told a little too large rather than too small.
  const startedMonoMs = performance.now();
  const { worstAfterMs, flushEveryMs } = await call<{ worstAfterMs: number; flushEveryMs: number }>(
    page,
    'recordOn',
  );
  await sleep(startedMonoMs + worstAfterMs - performance.now());
  process.kill(browserPid, 'SIGKILL');
  const killedAfterMs = performance.now() - startedMonoMs;
  await closed;
  const again = await open();
  try {
    const left = await call<{ lastMs: number; samples: number; broken: number }>(
      await openPage(again, url),
      'afterCrash',
    );
    const lossMs = killedAfterMs - left.lastMs;
    // Right before a flush it is the second before the wait and nearly all of the wait, 9.25 s.
    if (lossMs < flushEveryMs)
      throw new Error(
        `the kill missed its moment: ${Math.round(lossMs)} ms were lost, which is less than the ${flushEveryMs} ms between two flushes`,
      );
    tell(atMost('recording.crashLoss', lossMs / 1000, 10, 's'));
    tell(atMost('recording.crashBroken', left.broken, 0, 'records'));
  } finally {
    await again.close();
  }
}

async function openPage(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage();
  page.setDefaultTimeout(LIMIT_MS);
  await page.goto(url, { waitUntil: 'load' });
  return page;
}

function call<T>(page: Page, name: string): Promise<T> {
  return page.evaluate(
    (which) =>
      (globalThis as unknown as { claraBench: Record<string, () => T> }).claraBench[which]?.() as Promise<T>,
    name,
  );
}

function pageFolder(): string {
  const places = ['../bench-page', '../../dist/harness/bench-page'].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  const place = places.find((path) => existsSync(join(path, 'recording-page.js')));
  if (place !== undefined) return place;
  throw new PartMissingError(
    'The bench page',
    'clara bench --only recording',
    places.map((path) => ({ id: 'bench-page', what: path, reason: 'not built' })),
    'npm run build',
  );
}

function serve(folder: string): Promise<Server> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://127.0.0.1');
    readFile(join(folder, pathname)).then(
      (bytes) => {
        response.writeHead(200, { 'content-type': TYPES[extname(pathname)] ?? 'application/octet-stream' });
        response.end(bytes);
      },
      () => response.writeHead(404).end(),
    );
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}
