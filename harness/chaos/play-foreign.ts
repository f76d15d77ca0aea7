/**
 * Plays faults on a web app that is somewhere: a browser of ours opens it, presses what starts a call, and is broken at
 * its own end. Owns a fresh browser for each run. Nothing of the app is known but its address and its start button.
 */
import { setTimeout as nodeSleep } from 'node:timers/promises';
import { findChromium } from '../browser/find-chromium.ts';
import { startCallBrowser } from '../call/call-browser.ts';
import { makeMicrophone } from '../call/call-microphone.ts';
import { openPage, within } from '../call/run-call.ts';
import { startTcpProxy } from '../faults/tcp-proxy.ts';
import { seconds } from '../scenario/report-format.ts';
import { faultSpanMs, type Scenario } from '../scenario/scenario.ts';
import { createRunFolder } from '../supervisor/run-folder.ts';
import { StopStack } from '../supervisor/stop-stack.ts';
import type { Logger } from '../contracts.ts';
import { controlPage } from './browser-control.ts';
import { breakForeign, whyNotForeign } from './foreign-fault.ts';
import { flowsBothWays, foreignFacts, type ForeignRun } from './foreign-facts.ts';
import { rendererTarget } from './process-targets.ts';

/** The app and what to do with it. */
export interface ForeignOptions {
  readonly url: string;
  /** Playwright selector of what starts a call; open shadow roots are looked into. */
  readonly start: string;
  readonly scenarios: readonly Scenario[];
  readonly runs: number;
  readonly headed?: boolean;
  readonly log: Logger;
  readonly tell: (line: string) => void;
}

/** What `clara chaos --app --json` prints. */
export interface ForeignResult {
  readonly app: string;
  readonly start: string;
  readonly runs: readonly ForeignRun[];
  /** Faults that were asked for and cannot be played on an app that is not ours. */
  readonly notApplicable: readonly { readonly id: string; readonly why: string }[];
}

const MEDIA_EVERY_MS = 200;
const SOUND_LIMIT_MS = 30_000;
const CALM_MS = 5_000;
const CLICK_LIMIT_MS = 15_000;

/** One run after the other. A run that cannot be started is a run with that reason. */
export async function playForeign(options: ForeignOptions, signal: AbortSignal): Promise<ForeignResult> {
  const { scenarios, tell } = options;
  const notApplicable = scenarios.flatMap(({ id, fault, time }) => {
    const why = time.at === 'beforeStart' ? 'it comes before the call' : whyNotForeign(fault);
    return why === undefined ? [] : [{ id, why }];
  });
  for (const { id, why } of notApplicable) tell(`${id} cannot be played on a foreign app: ${why}`);
  const playable = scenarios.filter(({ id }) => !notApplicable.some((each) => each.id === id));
  const runs: ForeignRun[] = [];
  for (let run = 1; run <= options.runs; run += 1) {
    for (const scenario of playable) {
      signal.throwIfAborted();
      const result = await playOne(scenario, run, options, signal);
      runs.push(result);
      tell(
        result.played
          ? `${result.id} ${run}: first new text ${seconds(result.firstTextMs)}, longest silence ${seconds(result.longestSilenceMs)}, sound back ${seconds(result.soundBackMs)}, path back ${seconds(result.pathBackMs)}`
          : `${result.id} ${run}: NOT PLAYED, ${result.why ?? ''}`,
      );
    }
  }
  return { app: options.url, start: options.start, runs, notApplicable };
}

async function playOne(
  scenario: Scenario,
  run: number,
  options: ForeignOptions,
  signal: AbortSignal,
): Promise<ForeignRun> {
  try {
    return await play(scenario, run, options, signal);
  } catch (error) {
    signal.throwIfAborted();
    return {
      id: scenario.id,
      run,
      played: false,
      why: error instanceof Error ? (error.message.split('\n')[0] ?? 'unknown') : 'unknown',
      lastsMs: 0,
      firstTextMs: null,
      longestSilenceMs: 0,
      soundBackMs: null,
      pathBackMs: null,
      pageErrors: 0,
      texts: [],
    };
  }
}

async function play(
  scenario: Scenario,
  run: number,
  { url, start, headed, log }: ForeignOptions,
  signal: AbortSignal,
): Promise<ForeignRun> {
  await using parts = new StopStack(log);
  const runFolder = parts.own('run folder', await createRunFolder({ log, adopt: process.env }), 15_000);
  const tcp = await startTcpProxy({ serverPort: 0, socks: true });
  parts.defer('proxy', () => tcp.close());
  const spanS = Math.ceil(faultSpanMs(scenario) / 1_000);
  const microphoneFile = await makeMicrophone(
    { pipeline: 'count', seconds: spanS + 60 },
    runFolder.path,
    signal,
  );
  const { path: executablePath } = await findChromium({ env: process.env, report: () => undefined }, signal);
  const browser = parts.own(
    'browser',
    await startCallBrowser(
      {
        executablePath,
        folder: runFolder.path,
        microphoneFile,
        ...(headed !== undefined && { headed }),
        wishes: { text: true, mediaEveryMs: MEDIA_EVERY_MS },
        // All TCP through our proxy, loopback too; names are looked up by it.
        flags: [`--proxy-server=socks5://127.0.0.1:${tcp.port}`, '--proxy-bypass-list=<-loopback>'],
      },
      signal,
    ),
    8_000,
  );
  const { page, ear } = browser;
  const pressStart = (on: typeof page): Promise<void> =>
    on.locator(start).first().click({ timeout: CLICK_LIMIT_MS });
  const control = await controlPage({ browser, pressStart, emulate: true });
  await openPage(page, url);
  await pressStart(page);
  const flows = await within(SOUND_LIMIT_MS, signal, (limit) =>
    ear.until(
      (report) => report.kind === 'media' && flowsBothWays(ear.reports, report.at.wallMs, 1_000),
      limit,
    ),
  );
  if (flows === undefined)
    throw new Error(`no sound flowed both ways within ${SOUND_LIMIT_MS} ms of pressing ${start}`);
  await nodeSleep(CALM_MS, undefined, { signal });
  if (scenario.fault === undefined) throw new Error('there is nothing to break');
  const atWallMs = Date.now();
  const { times, upMs } = scenario.repeat ?? { times: 1, upMs: 0 };
  for (let time = 1; time <= times; time += 1) {
    const undo = await breakForeign(
      scenario.fault,
      { tcp, page: control, renderer: rendererTarget(runFolder) },
      signal,
    );
    try {
      if (scenario.lastsMs !== 'untilEnd') await nodeSleep(scenario.lastsMs, undefined, { signal });
    } finally {
      if (scenario.lastsMs !== 'untilEnd') await undo();
    }
    if (time < times) await nodeSleep(upMs, undefined, { signal });
  }
  const healedWallMs = scenario.lastsMs === 'untilEnd' ? atWallMs : Date.now();
  await nodeSleep(scenario.watchMs, undefined, { signal });
  const facts = foreignFacts({ id: scenario.id, atWallMs, healedWallMs }, [...ear.reports], Date.now());
  return { id: scenario.id, run, played: true, ...facts };
}
