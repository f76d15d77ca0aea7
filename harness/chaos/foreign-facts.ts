/** What a fault did to an app that nobody here knows: sound as its own statistics tell it, and what could be read. Pure. */
import type { ProbeReport } from '../../src/shared/probe-report.ts';
import type { FaultTimes } from './fault-facts.ts';

/** A change of what could be read; ms from the fault. */
export interface TextChange {
  readonly atMs: number;
  readonly appeared: readonly string[];
  readonly went: readonly string[];
}

/** One fault on one call. */
export interface ForeignRun {
  readonly id: string;
  readonly run: number;
  /** False when sound never flowed before the fault, or nothing could be started: then the rest says nothing. */
  readonly played: boolean;
  readonly why?: string;
  readonly lastsMs: number;
  /** From the fault to the first line that had not been there before; null when none came. */
  readonly firstTextMs: number | null;
  /** Longest time in which no sound packet came, from the fault on, ms. */
  readonly longestSilenceMs: number;
  /** From the end of the fault to packets from the other side; null when none came any more. */
  readonly soundBackMs: number | null;
  /** From the end of the fault to an answer on the path of the media; null when none came any more. */
  readonly pathBackMs: number | null;
  readonly pageErrors: number;
  readonly texts: readonly TextChange[];
}

const MAX_TEXT_CHANGES = 200;

/** @param untilWallMs when counting ended */
export function foreignFacts(
  times: FaultTimes,
  page: readonly ProbeReport[],
  untilWallMs: number,
): Omit<ForeignRun, 'id' | 'run' | 'played' | 'why'> {
  const { atWallMs, healedWallMs } = times;
  const received = steps(page, untilWallMs, 'received');
  const answers = steps(page, untilWallMs, 'answers');
  const back = (grew: readonly number[]): number | null => {
    const first = grew.find((wallMs) => wallMs >= healedWallMs);
    return first === undefined ? null : Math.round(first - healedWallMs);
  };
  const texts = textChanges(page, atWallMs, untilWallMs);
  const firstText = texts.find(({ appeared, atMs }) => appeared.length > 0 && atMs >= 0);
  return {
    lastsMs: Math.round(healedWallMs - atWallMs),
    firstTextMs: firstText === undefined ? null : firstText.atMs,
    longestSilenceMs: longestGapMs(received, atWallMs, untilWallMs),
    soundBackMs: back(received),
    pathBackMs: back(answers),
    pageErrors: page.filter(({ kind }) => kind === 'pageError').length,
    texts: texts.filter(({ atMs }) => atMs >= 0).slice(0, MAX_TEXT_CHANGES),
  };
}

/** Whether sound flowed both ways in the last `forMs` before `wallMs`. */
export function flowsBothWays(page: readonly ProbeReport[], wallMs: number, forMs: number): boolean {
  return (['received', 'sent'] as const).every((name) =>
    steps(page, wallMs, name).some((grewWallMs) => grewWallMs >= wallMs - forMs),
  );
}

/** When a counter had grown, wall ms. */
function steps(
  page: readonly ProbeReport[],
  untilWallMs: number,
  name: 'sent' | 'received' | 'answers',
): number[] {
  let last: number | undefined;
  return page.flatMap((report) => {
    if (report.kind !== 'media' || report.at.wallMs > untilWallMs) return [];
    const value = report[name];
    const grew = last !== undefined && value > last;
    last = value;
    return grew ? [report.at.wallMs] : [];
  });
}

function longestGapMs(grew: readonly number[], fromWallMs: number, untilWallMs: number): number {
  const marks = [fromWallMs, ...grew.filter((wallMs) => wallMs > fromWallMs), untilWallMs];
  return Math.round(Math.max(...marks.map((wallMs, at) => wallMs - (marks[at - 1] ?? wallMs))));
}

/** Changes of the readable lines; what differs in digits only is none, and what had been there before is not new. */
function textChanges(page: readonly ProbeReport[], zeroWallMs: number, untilWallMs: number): TextChange[] {
  const known = new Set<string>();
  let last = new Map<string, string>();
  return page.flatMap((report) => {
    if (report.kind !== 'shown' || report.at.wallMs > untilWallMs) return [];
    const now = new Map(report.lines.map((line) => [line.replace(/\d+([.,:]\d+)*/g, '#'), line]));
    const isBefore = report.at.wallMs < zeroWallMs;
    const appeared = [...now].filter(([same]) => !last.has(same) && !known.has(same)).map(([, line]) => line);
    const went = [...last].filter(([same]) => !now.has(same)).map(([, line]) => line);
    if (isBefore) for (const same of now.keys()) known.add(same);
    last = now;
    if (appeared.length === 0 && went.length === 0) return [];
    return [{ atMs: Math.round(report.at.wallMs - zeroWallMs), appeared, went }];
  });
}
