/**
 * Plays one call under one scenario: opens the page, presses Start, breaks and heals at the scenario's times, watches,
 * looks at what is asked for afterwards, hangs up. Owns the order and the waits, each with a limit; decides nothing:
 * what both ends saw goes to observe-call.ts.
 */
import { setTimeout as nodeSleep } from 'node:timers/promises';
import type { CallFacts } from '../call/call-facts.ts';
import type { CallRig } from '../call/call-rig.ts';
import { clickStart, hangUp, openPage, within } from '../call/run-call.ts';
import { createFault } from '../faults/create-fault.ts';
import { playFault, type PlayClock, type PlayedFault } from '../scenario/play-fault.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { lookAfterwards, type AfterwardsFacts } from './afterwards.ts';
import type { FaultRig } from './fault-rig.ts';
import type { FaultTimes } from './fault-facts.ts';
import { peopleIn } from './room-people.ts';
import { isSettled, looksOver } from './settled.ts';

/** What is played. */
export interface PlayOptions {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly report: (line: string) => void;
  /** Called when the call is over and the page still there. */
  readonly afterHangUp?: (rig: CallRig) => Promise<void>;
}

/** What came of it, as material. */
export interface PlayedCall {
  readonly facts: CallFacts;
  /** Zero of the result's times. */
  readonly clickWallMs: number;
  readonly fault?: FaultTimes;
  /** The page stood still for the length of the fault. */
  readonly frozen: boolean;
  /** The voice sessions that the agent side served up to the mark, oldest first, each once. */
  readonly voiceSessions: readonly string[];
  readonly afterwards: AfterwardsFacts;
}

/** From the click to `connected` or an end, ms; a slow way in is still a way in. */
const START_LIMIT_MS = 40_000;
/** From `connected` to words in both directions, ms; a call without them is broken as it is. */
const WORDS_LIMIT_MS = 8_000;
const OVER = ['failed', 'ended'];
/** After a final phase, for tries that should not come, ms. */
const AFTER_END_MS = 3_000;
/** After the mark, for words on their way, ms. */
const DRAIN_MS = 1_500;
const POLL_MS = 250;

/** @param signal ends it at once; then everything is healed */
export async function playCall(
  faultRig: FaultRig,
  options: PlayOptions,
  signal: AbortSignal,
): Promise<PlayedCall> {
  const { rig, page: control } = faultRig;
  const { scenario, seed } = options;
  const { ear, page } = rig.browser;
  const voiceSessions: string[] = [];
  const endReports = rig.stack.agent.onReport(({ voiceSessionId }) => {
    if (!voiceSessions.includes(voiceSessionId)) voiceSessions.push(voiceSessionId);
  });
  let tokensAsked = 0;
  page.on('request', (request) => {
    if (request.method() === 'POST' && new URL(request.url()).pathname === '/api/token') tokensAsked += 1;
  });
  const fault = scenario.fault === undefined ? undefined : createFault(scenario.id, scenario.fault, seed);
  const stay = new AbortController();
  const either = AbortSignal.any([signal, stay.signal]);
  try {
    await openPage(page, rig.url);
    let playing: Promise<PlayedFault> | undefined;
    let missedMark: (() => string | undefined) | undefined;
    if (fault !== undefined && scenario.time.at === 'beforeStart') {
      const applied = new Promise<void>((resolve, reject) => {
        playing = playFault(scenario, fault, faultRig.target, CLOCK, either, resolve);
        playing.catch(reject);
      });
      await applied;
    }
    const clickWallMs = await press(faultRig, scenario.setup?.autoplayBlocked === true);
    options.report('Start pressed');
    const start = await within(START_LIMIT_MS, signal, (limit) =>
      ear.until((heard) => heard.kind === 'phase' && ['connected', ...OVER].includes(heard.phase), limit),
    );
    if (start?.kind === 'phase' && start.phase === 'connected') {
      options.report('connected');
      await wordsFlow(faultRig, scenario, signal);
      if (scenario.fault?.kind === 'room') await faultRig.prepareRoom();
    }
    if (
      fault !== undefined &&
      scenario.time.at === 'connected' &&
      start?.kind === 'phase' &&
      start.phase === 'connected'
    ) {
      missedMark = scenario.fault && faultRig.watchMark(scenario.fault);
      playing = playFault(scenario, fault, faultRig.target, CLOCK, either, () => options.report('broken'));
    }
    const played = await playing;
    const missed = missedMark?.();
    if (missed !== undefined) throw new Error(`the fault broke nothing: ${missed}`);
    if (played !== undefined && scenario.lastsMs !== 'untilEnd') options.report('healed');
    await watch(faultRig, scenario, signal);
    const markWallMs = Date.now();
    await sleepFor(DRAIN_MS, signal);
    const facts: CallFacts = { page: [...ear.reports], agent: rig.witness.facts(), markWallMs };
    const sessionsAtMark = [...voiceSessions];
    const afterwards = await lookAfterwards(
      {
        control,
        page,
        ear,
        voiceSessions,
        sessionsAtMark,
        tokensAsked: () => tokensAsked,
        people: () => peopleIn(rig.stack.livekit),
      },
      scenario.pass.afterwards ?? [],
      signal,
    );
    await played?.release();
    if (!(await hangUp(rig, signal)))
      options.report('Stop did not end the session; the browser is closed instead');
    await options.afterHangUp?.(rig);
    const times = faultTimes(scenario, played, facts, clickWallMs);
    return {
      facts,
      clickWallMs,
      ...(times !== undefined && { fault: times }),
      frozen: scenario.fault?.kind === 'processPause' && scenario.fault.process === 'renderer',
      voiceSessions: sessionsAtMark,
      afterwards,
    };
  } finally {
    stay.abort(new Error('the call is over')); // heals what is still broken
    endReports();
  }
}

/** The fault's times on the wall clock; for a broken set-up in the middle of a call, those of its beginning. */
function faultTimes(
  scenario: Scenario,
  played: PlayedFault | undefined,
  facts: CallFacts,
  clickWallMs: number,
): FaultTimes | undefined {
  const { id } = scenario;
  if (played !== undefined) {
    const fromMs = scenario.time.at === 'beforeStart' ? clickWallMs : -Infinity;
    const atWallMs = Math.max(fromMs, CLOCK.wallMs(played.beganMonoMs));
    return { id, atWallMs, healedWallMs: Math.max(atWallMs, CLOCK.wallMs(played.healedMonoMs)) };
  }
  if (scenario.fault !== undefined || scenario.time.at === 'beforeStart') return undefined;
  const connected = facts.page.find((report) => report.kind === 'phase' && report.phase === 'connected');
  if (connected === undefined) return undefined;
  const { wallMs } = connected.at;
  // What `connected` itself puts on the screen comes a frame or two later.
  return { id, atWallMs: wallMs, healedWallMs: wallMs, knownLinesUntilWallMs: wallMs + 500 };
}

/** Presses Start; gives the wall time of the click. */
async function press({ rig, page: control }: FaultRig, withoutGesture: boolean): Promise<number> {
  const { ear, page } = rig.browser;
  if (withoutGesture) {
    // By script and without a gesture: only so does the browser hold the sound back.
    const atWallMs = Date.now();
    const button = `[...document.querySelectorAll('*')].map((each) => (each.shadowRoot ?? each).querySelector('[part~="start-button"], #start')).find((each) => each)`;
    await control.session.send('Runtime.evaluate', { expression: `${button}.click()`, userGesture: false });
    return atWallMs;
  }
  await clickStart(page);
  const click = ear.reports.find((report) => report.kind === 'click');
  return click?.at.wallMs ?? Date.now();
}

/** Waits until words flow both ways, as far as this scenario's call can have them. */
async function wordsFlow({ rig }: FaultRig, { setup }: Scenario, signal: AbortSignal): Promise<void> {
  if (setup?.noAgent === true) return;
  await within(WORDS_LIMIT_MS, signal, async (limit) => {
    await rig.browser.ear.until((report) => report.kind === 'word' && report.side === 'agent', limit);
    if (setup?.microphone !== 'silent' && setup?.textOnly !== true)
      await rig.witness.until((seen) => seen.facts().heard.length > 0, limit);
  });
}

/** The time after the heal: at most the scenario's, less when the call is sound again or over. */
async function watch({ rig }: FaultRig, scenario: Scenario, signal: AbortSignal): Promise<void> {
  const fromWallMs = Date.now();
  const mayComeBack = scenario.setup?.resumeWhenBack === true;
  const mayEndEarly = scenario.lastsMs !== 'untilEnd' || scenario.time.at === 'connected';
  for (;;) {
    const nowWallMs = Date.now();
    if (nowWallMs - fromWallMs >= scenario.watchMs) return;
    const { reports } = rig.browser.ear;
    const isTimeForTries = nowWallMs - fromWallMs >= AFTER_END_MS;
    if (!mayComeBack && isTimeForTries && looksOver(reports, nowWallMs - AFTER_END_MS)) return;
    if (mayEndEarly && isSettled({ page: reports, heard: rig.witness.facts().heard }, fromWallMs, nowWallMs))
      return;
    await sleepFor(POLL_MS, signal);
  }
}

async function sleepFor(delayMs: number, signal: AbortSignal): Promise<void> {
  try {
    await nodeSleep(delayMs, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

/** Wall time of a monotonic one: both clocks are read together, once. */
const MONO_TO_WALL_MS = Date.now() - performance.now();
const CLOCK: PlayClock & { wallMs(monoMs: number): number } = {
  monoMs: () => performance.now(),
  sleep: sleepFor,
  wallMs: (monoMs) => monoMs + MONO_TO_WALL_MS,
};
