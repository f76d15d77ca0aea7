/**
 * What came of one fault, from what both ends saw: the first sign of it, when sound and screen were back, which words
 * were lost. Pure. Times of the result count from the fault or from the heal, as the contract says (call-result.ts).
 *
 * Sound is back in a direction when it is back for good (sound-back.ts); both directions have to be back.
 * The screen is back when it says `connected` and still does so STANDS_MS later (or at the end).
 * The first sign is the first phase other than `connected`, or the first line that tells of a problem
 * (telling-lines.ts) and did not stand there when the fault came.
 */
import type { ProbeReport } from '../../src/shared/probe-report.ts';
import { GAP_MS, WORD_MS } from '../../src/shared/tone-words.ts';
import type { AgentFacts, TimedWord } from '../call/call-facts.ts';
import type { CallFault } from '../call/call-result.ts';
import { wordFlow } from '../call/word-flow.ts';
import { soundBackWallMs } from './sound-back.ts';
import { tellsOfProblem } from './telling-lines.ts';
import { withEpochs } from './word-epochs.ts';

/** A fault as it was played, wall ms. */
export interface FaultTimes {
  readonly id: string;
  readonly atWallMs: number;
  /** The same as `atWallMs` for one that was never taken back. */
  readonly healedWallMs: number;
  /** Lines that stood there at this time are no sign of it. @default `atWallMs` */
  readonly knownLinesUntilWallMs?: number;
}

/** What both ends saw, up to `untilWallMs`. */
export interface Witnessed {
  readonly page: readonly ProbeReport[];
  readonly agent: AgentFacts;
  readonly untilWallMs: number;
}

/** A phase that stands for so long is not a flicker on the way, ms. */
const STANDS_MS = 2_000;
const STEP_MS = WORD_MS + GAP_MS;

/** @param clickWallMs the click on Start: zero of `atMs` and `healedMs` */
export function faultFacts(times: FaultTimes, seen: Witnessed, clickWallMs: number): CallFault {
  const { atWallMs, healedWallMs } = times;
  const toAgent = directionOf(pageWords(seen.page, 'user'), seen.agent.heard, times, seen.untilWallMs, true);
  const fromAgent = directionOf(
    seen.agent.spoken,
    pageWords(seen.page, 'agent'),
    times,
    seen.untilWallMs,
    false,
  );
  const sign = firstSignWallMs(times, seen);
  const back = [toAgent.backWallMs, fromAgent.backWallMs];
  const shown = shownBackWallMs(healedWallMs, seen);
  return {
    id: times.id,
    atMs: Math.round(atWallMs - clickWallMs),
    healedMs: Math.round(healedWallMs - clickWallMs),
    firstUiStateMs: sign === undefined ? null : Math.round(sign - atWallMs),
    audioBackMs: back.some((each) => each === undefined)
      ? null
      : Math.max(0, ...back.map((each) => Math.round((each ?? 0) - healedWallMs))),
    shownBackMs: shown === undefined ? null : Math.max(0, Math.round(shown - healedWallMs)),
    wordsLost: { toAgent: toAgent.lost, fromAgent: fromAgent.lost },
    wordsTwice: { toAgent: toAgent.twice, fromAgent: fromAgent.twice },
  };
}

interface Direction {
  /** Undefined: it never came back. */
  readonly backWallMs: number | undefined;
  readonly lost: number;
  readonly twice: number;
}

function directionOf(
  allSpoken: readonly TimedWord[],
  allHeard: readonly TimedWord[],
  { atWallMs, healedWallMs }: FaultTimes,
  untilWallMs: number,
  isMicrophone: boolean,
): Direction {
  const { spoken, heard } = withEpochs(allSpoken, allHeard);
  // Words on their way when the fault came belong to it.
  const fromWallMs = atWallMs - STEP_MS;
  const flow = wordFlow(
    spoken.filter((word) => word.atWallMs >= fromWallMs),
    heard.filter((word) => word.atWallMs >= fromWallMs),
    fromWallMs,
    untilWallMs,
  );
  return {
    backWallMs: soundBackWallMs({
      heard,
      atWallMs,
      healedWallMs,
      untilWallMs,
      ...(isMicrophone && { captured: spoken }),
    }),
    lost: flow.lost.length,
    twice: flow.twice.length,
  };
}

function firstSignWallMs(times: FaultTimes, { page, untilWallMs }: Witnessed): number | undefined {
  const { atWallMs, knownLinesUntilWallMs = atWallMs } = times;
  const stood = page.findLast(
    (report) => report.kind === 'shown' && report.at.wallMs <= knownLinesUntilWallMs,
  );
  const known = new Set(stood?.kind === 'shown' ? stood.lines.map(sameLine) : []);
  const sign = page.find((report) => {
    const { wallMs } = report.at;
    if (wallMs < atWallMs || wallMs > untilWallMs) return false;
    if (report.kind === 'phase') return report.phase !== 'connected';
    return (
      report.kind === 'shown' &&
      wallMs > knownLinesUntilWallMs &&
      report.lines.some((line) => tellsOfProblem(line) && !known.has(sameLine(line)))
    );
  });
  return sign?.at.wallMs;
}

/** A line without its numbers: a time that ticks says nothing new. */
function sameLine(line: string): string {
  return line.replace(/\d+([.,:]\d+)*/g, '#');
}

function shownBackWallMs(healedWallMs: number, { page, untilWallMs }: Witnessed): number | undefined {
  const phases = shownPhases(page).filter(({ atWallMs }) => atWallMs <= untilWallMs);
  for (const [number, { phase, atWallMs }] of phases.entries()) {
    if (phase !== 'connected') continue;
    const nextWallMs = phases[number + 1]?.atWallMs ?? Infinity;
    const fromWallMs = Math.max(atWallMs, healedWallMs);
    if (nextWallMs === Infinity || nextWallMs - fromWallMs >= STANDS_MS) return fromWallMs;
  }
  return undefined;
}

/** What the page showed, in order; a page that is loaded anew shows nothing at first. */
export function shownPhases(
  page: readonly ProbeReport[],
): readonly { readonly phase: string; readonly atWallMs: number }[] {
  return page.flatMap((report) => {
    const atWallMs = report.at.wallMs;
    if (report.kind === 'ready') return [{ phase: 'loading', atWallMs }];
    return report.kind === 'phase' ? [{ phase: report.phase, atWallMs }] : [];
  });
}

/** The words of one side as the page heard or said them. */
export function pageWords(page: readonly ProbeReport[], side: 'user' | 'agent'): TimedWord[] {
  return page.flatMap((report) =>
    report.kind === 'word' && report.side === side
      ? [{ index: report.index, atWallMs: report.at.wallMs }]
      : [],
  );
}
