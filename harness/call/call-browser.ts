/**
 * Owns: a Chromium with a file as its microphone, a profile inside the run folder, and one page that the probe watches.
 * Never: weakens what the page is under (its content security policy stays in force), reaches beyond loopback and what it is told.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type BrowserContext, type Page } from 'playwright-core';
import {
  PROBE_BINDING,
  PROBE_WISHES,
  type ProbeReport,
  type ProbeWishes,
} from '../../src/shared/probe-report.ts';
import type { Running } from '../contracts.ts';
import { PartMissingError } from '../parts/part-missing-error.ts';
import { PageEar } from './page-ear.ts';

/** How the browser is started. */
export interface CallBrowserOptions {
  readonly executablePath: string;
  /** The run's folder: profile and all temporary files go there. */
  readonly folder: string;
  /** A checked WAV; no `%` in its path. */
  readonly microphoneFile: string;
  /** False leaves the question for the microphone unanswered, which headless Chromium takes as a no. @default true */
  readonly grantMicrophone?: boolean;
  /** @default false */
  readonly headed?: boolean;
  /** Drops the flag that lets sound play without a gesture. @default false */
  readonly blockAutoplay?: boolean;
  /** What the probe shall tell beyond the usual. */
  readonly wishes?: ProbeWishes;
  /** Addresses beside loopback that it may reach. @default none */
  readonly reachable?: readonly string[];
  /** More flags of Chromium. */
  readonly flags?: readonly string[];
  /** Longest wait for start, navigation and actions, ms. @default 30000 */
  readonly limitMs?: number;
}

/** A running Chromium with its page. */
export interface CallBrowser extends Running {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly ear: PageEar;
}

const CLOSE_LIMIT_MS = 5_000;

function flagsFor(options: CallBrowserOptions): string[] {
  const reachable = ['127.0.0.1', 'localhost', ...(options.reachable ?? [])];
  return [
    '--use-fake-device-for-media-stream',
    `--use-file-for-fake-audio-capture=${options.microphoneFile}`,
    ...(options.grantMicrophone === false ? [] : ['--use-fake-ui-for-media-stream']),
    '--allow-loopback-in-peer-connection',
    ...(options.blockAutoplay === true
      ? ['--autoplay-policy=document-user-activation-required']
      : ['--autoplay-policy=no-user-gesture-required']),
    // Chromium looks for updates and variations by itself; nothing of a call leaves this machine.
    `--host-resolver-rules=${['MAP * ~NOTFOUND', ...reachable.map((host) => `EXCLUDE ${host}`)].join(', ')}`,
    // A page nobody looks at gets slow timers.
    '--disable-background-timer-throttling',
    '--disable-renderer-backgrounding',
    '--disable-backgrounding-occluded-windows',
    ...(options.flags ?? []),
  ];
}

/** The bundled page probe (built by `npm run build`). Throws PartMissingError when it is not there. */
function probeScript(): string {
  const places = ['../probe/page-probe.js', '../../dist/harness/probe/page-probe.js'].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  const place = places.find((path) => existsSync(path));
  if (place !== undefined) return readFileSync(place, 'utf8');
  throw new PartMissingError(
    'The page probe',
    'watching the page of a call',
    places.map((path) => ({ id: 'probe', what: path, reason: 'not built' })),
    'npm run build',
  );
}

/** Starts Chromium and opens an empty page with the probe. The caller owns it and stops it. */
export async function startCallBrowser(
  options: CallBrowserOptions,
  signal: AbortSignal,
): Promise<CallBrowser> {
  signal.throwIfAborted();
  const script = probeScript();
  const limitMs = options.limitMs ?? 30_000;
  const context = await chromium.launchPersistentContext(join(options.folder, 'browser-profile'), {
    executablePath: options.executablePath,
    headless: options.headed !== true,
    args: flagsFor(options),
    locale: 'en-US', // the buttons are found by their English names
    timeout: limitMs,
    handleSIGINT: false, // clara.ts decides what Ctrl-C means
    handleSIGTERM: false,
    handleSIGHUP: false,
  });
  let stopping: Promise<void> | undefined;
  const stop = () => (stopping ??= closeWithin(context));
  try {
    signal.throwIfAborted();
    context.setDefaultTimeout(limitMs);
    const ear = new PageEar();
    const page = context.pages()[0] ?? (await context.newPage());
    await hearProbe(context, page, ear);
    if (options.wishes !== undefined)
      await context.addInitScript({
        content: `globalThis.${PROBE_WISHES} = ${JSON.stringify(options.wishes)};`,
      });
    await context.addInitScript({ content: script });
    return { page, context, ear, stop, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * Lets the probe of this page, and not of a second tab, report to `ear`. By hand and not by exposeBinding: that one
 * answers each report with a script that counts as the user's gesture, and no sound would ever be held back.
 */
async function hearProbe(context: BrowserContext, page: Page, ear: PageEar): Promise<void> {
  const session = await context.newCDPSession(page);
  session.on('Runtime.bindingCalled', ({ name, payload }) => {
    if (name === PROBE_BINDING) ear.hear(JSON.parse(payload) as ProbeReport);
  });
  await session.send('Runtime.enable'); // only then are calls told
  await session.send('Runtime.addBinding', { name: PROBE_BINDING });
}

/** A browser that hangs is killed by the run folder's end; nobody waits longer for it than this. */
async function closeWithin(context: BrowserContext): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, CLOSE_LIMIT_MS)));
  // A browser that has gone already cannot be closed; that is what was wanted.
  await Promise.race([context.close().catch(() => undefined), late]);
  clearTimeout(timer);
}
