/**
 * Makes one call and measures it: opens the page, presses Start, lets it go on for the wanted time, hangs up, and
 * hands what both ends saw to judge-call.ts. Owns the order of a call and its waits; every wait has a limit.
 */
import type { Page } from 'playwright-core';
import type { AgentWitness } from './agent-witness.ts';
import { startCallRig, type CallRig, type CallRigOptions } from './call-rig.ts';
import type { CallResult } from './call-result.ts';
import { judgeCall, type JudgedCall } from './judge-call.ts';

/** How to make the call. */
export interface CallOptions extends CallRigOptions {
  /** Gets all that was found out, before {@link runCall} gives the contract's part of it. */
  readonly onJudged?: (judged: JudgedCall) => void;
  /** Called while the call is up, after the wanted time and before hanging up: for pictures and further checks. */
  readonly beforeHangUp?: (rig: CallRig) => Promise<void>;
  /** Called when the call is over and the page still there. */
  readonly afterHangUp?: (rig: CallRig) => Promise<void>;
}

/** Longest wait for the page, and then for its button, ms. */
const PAGE_LIMIT_MS = 15_000;
/** From the click to `connected`, ms; an outage of the server during it takes longer than any healthy start. */
const CONNECT_LIMIT_MS = 30_000;
/** From `connected` to the agent hearing the user, ms. */
const AGENT_LIMIT_MS = 10_000;
/** After the mark: so long the last counted word has for its way (agent's lead 0.14 s, network, jitter buffer, decoding 0.2 s). */
const DRAIN_MS = 1_500;
const HANG_UP_LIMIT_MS = 5_000;
/** The phases after which nothing comes by itself. */
const OVER = ['failed', 'ended'];

/**
 * Makes one call. Everything that was started is stopped when this settles. Throws UsageError, PartMissingError, or
 * the error of a part that did not start; a call that went badly is a result and not an error.
 */
export async function runCall(options: CallOptions, signal: AbortSignal): Promise<CallResult> {
  await using rig = await startCallRig(options, signal);
  const judged = await measureCall(rig, options, signal);
  options.onJudged?.(judged);
  return judged.result;
}

/** The call itself, in a rig that the caller owns. */
export async function measureCall(
  rig: CallRig,
  options: CallOptions,
  signal: AbortSignal,
): Promise<JudgedCall> {
  // What waits for the page (a load, a click) knows no signal: without its browser it ends at once.
  const onAbort = () => {
    rig.browser.stop().catch(() => undefined); // never rejects
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await measure(rig, options, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

async function measure(rig: CallRig, options: CallOptions, signal: AbortSignal): Promise<JudgedCall> {
  const { browser, witness } = rig;
  await pressStart(rig);
  options.report('Start pressed');
  const phase = await phaseAfterStart(rig, signal);
  if (phase === 'connected') {
    options.report('connected');
    await within(AGENT_LIMIT_MS, signal, (limit) => witness.until((seen) => isHeard(seen, options), limit));
    await lasts(options.seconds * 1000, rig, signal);
  }
  const markWallMs = Date.now();
  if (phase === 'connected') await sleep(DRAIN_MS, signal);
  await options.beforeHangUp?.(rig);
  const judged = judgeCall(options, { page: [...browser.ear.reports], agent: witness.facts(), markWallMs });
  if (!(await hangUp(rig, signal)))
    options.report('Stop did not end the session; the browser is closed instead');
  await options.afterHangUp?.(rig);
  return judged;
}

/** Opens the page and presses its Start button as a person does. */
async function pressStart({ browser: { page }, url }: CallRig): Promise<void> {
  await openPage(page, url);
  await clickStart(page);
}

/** Opens the page of a call. Rejects with a message that holds no more of the address than its origin. */
export async function openPage(page: Page, url: string): Promise<void> {
  const { origin } = new URL(url); // the rest of the address may hold more than a log should
  await page.goto(url, { waitUntil: 'load', timeout: PAGE_LIMIT_MS }).catch((cause: unknown) => {
    throw new Error(`the page at ${origin} did not load within ${PAGE_LIMIT_MS} ms`, { cause });
  });
}

/** Presses the Start button of an open page as a person does. Rejects when it shows none. */
export async function clickStart(page: Page): Promise<void> {
  await page
    .getByRole('button', { name: 'Start Session' })
    .click({ timeout: PAGE_LIMIT_MS })
    .catch((cause: unknown) => {
      throw new Error(`the page shows no button "Start Session" within ${PAGE_LIMIT_MS} ms`, {
        cause,
      });
    });
}

/** Whether the call's time may begin: the agent hears the user, as far as the pipeline tells. */
function isHeard(witness: AgentWitness, { pipeline }: CallOptions): boolean {
  const { heard, listeningFromWallMs } = witness.facts();
  return pipeline === 'count' ? heard.length > 0 : listeningFromWallMs !== undefined;
}

/** Waits for an end of the start: `connected`, `failed` or `ended`; undefined when none came in time. */
async function phaseAfterStart({ browser }: CallRig, signal: AbortSignal): Promise<string | undefined> {
  const report = await within(CONNECT_LIMIT_MS, signal, (limit) =>
    browser.ear.until(
      (heard) => heard.kind === 'phase' && ['connected', ...OVER].includes(heard.phase),
      limit,
    ),
  );
  return report?.kind === 'phase' ? report.phase : undefined;
}

/** The call's time; over early when the session is. */
async function lasts(durationMs: number, { browser }: CallRig, signal: AbortSignal): Promise<void> {
  await within(durationMs, signal, (limit) =>
    browser.ear.until((report) => report.kind === 'phase' && OVER.includes(report.phase), limit),
  );
}

/** Presses Stop as a person does. False when the page did not say within the limit that the session is over. */
export async function hangUp({ browser: { page, ear } }: CallRig, signal: AbortSignal): Promise<boolean> {
  const isOver = () => ear.reports.some((report) => report.kind === 'phase' && OVER.includes(report.phase));
  if (isOver()) return true;
  await page
    .getByRole('button', { name: 'Stop', exact: true })
    .click({ timeout: HANG_UP_LIMIT_MS })
    .catch(() => signal.throwIfAborted()); // no button, or gone meanwhile: what counts is asked next
  await within(HANG_UP_LIMIT_MS, signal, (limit) =>
    ear.until((report) => report.kind === 'phase' && OVER.includes(report.phase), limit),
  );
  return isOver();
}

/** Runs `work` for at most `limitMs`; undefined when it took longer, `signal.reason` thrown when aborted. */
export async function within<T>(
  limitMs: number,
  signal: AbortSignal,
  work: (limit: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  signal.throwIfAborted();
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), limitMs);
  try {
    return await work(AbortSignal.any([signal, limit.signal]));
  } catch (error) {
    signal.throwIfAborted();
    if (!limit.signal.aborted) throw error;
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

function sleep(durationMs: number, signal: AbortSignal): Promise<undefined> {
  return within(
    durationMs,
    signal,
    (limit) => new Promise<undefined>((resolve) => limit.addEventListener('abort', () => resolve(undefined))),
  );
}
