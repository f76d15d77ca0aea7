/**
 * Two sessions side by side. Owns how their clocks are laid over each other (at the join, or at the first outage) and
 * for which facts less or more is better. A fact that one of them lacks is shown and not judged.
 */
import type { OpenRecording } from './open-recording.ts';

/** Where two sessions meet. */
export type Alignment = 'join' | 'firstReconnect';

/** A fact of both sessions. */
export interface ComparedFact {
  readonly fact: ComparedFactName;
  readonly first?: number;
  readonly second?: number;
  /** Absent where one is missing, or both are the same. */
  readonly better?: 'first' | 'second';
}

/** What is compared: durations in ms, ratios 0 to 1, MOS 1 to 4.5. */
export const COMPARED_FACTS = [
  'durationMs',
  'outages',
  'outageMs',
  'audioLostMs',
  'mos',
  'rttMs',
  'jitterMs',
  'bufferMs',
  'downLossRatio',
  'concealedRatio',
  'heardLatencyMs',
] as const;
/** One of {@link COMPARED_FACTS}. */
export type ComparedFactName = (typeof COMPARED_FACTS)[number];

/** A comparison. */
export interface Comparison {
  readonly alignment: Alignment;
  /** What to take from each session's times to lay them over each other, ms; 0 is the common moment. */
  readonly firstZeroMs: number;
  readonly secondZeroMs: number;
  readonly facts: readonly ComparedFact[];
}

/** The moment of a session that an alignment means, ms since its start; undefined where it never came. */
export function zeroMs(recording: OpenRecording, alignment: Alignment): number | undefined {
  if (alignment === 'firstReconnect') return recording.outages[0]?.startMs;
  return recording.events.find((event) => event.kind === 'phase' && event.phase === 'connected')?.atMs;
}

/**
 * Compares two sessions. Where one of them lacks the moment of the alignment they are laid together at the join, and
 * where it lacks that too, at their starts; `alignment` in the answer tells which it was.
 */
export function compareRecordings(
  first: OpenRecording,
  second: OpenRecording,
  wished: Alignment,
): Comparison {
  const alignment = [first, second].every((recording) => zeroMs(recording, wished) !== undefined)
    ? wished
    : 'join';
  return {
    alignment,
    firstZeroMs: zeroMs(first, alignment) ?? 0,
    secondZeroMs: zeroMs(second, alignment) ?? 0,
    facts: COMPARED_FACTS.map((fact) => compared(fact, factOf(first, fact), factOf(second, fact))),
  };
}

/** Scores this near to each other are alike: nobody hears less, and the estimate is no better. */
const ALIKE_MOS = 0.05;

function compared(
  fact: ComparedFactName,
  first: number | undefined,
  second: number | undefined,
): ComparedFact {
  const isJudged =
    fact !== 'durationMs' &&
    first !== undefined &&
    second !== undefined &&
    Math.abs(first - second) > (fact === 'mos' ? ALIKE_MOS : 0);
  const isFirstBetter = isJudged && (fact === 'mos' ? first > second : first < second);
  return {
    fact,
    ...(first !== undefined && { first }),
    ...(second !== undefined && { second }),
    ...(isJudged && { better: isFirstBetter ? 'first' : 'second' }),
  };
}

function factOf(recording: OpenRecording, fact: ComparedFactName): number | undefined {
  const { outages, summary, heardLatenciesMs } = recording;
  switch (fact) {
    case 'durationMs':
      return recording.durationMs;
    case 'outages':
      return outages.length;
    case 'outageMs':
      return outages.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0);
    case 'audioLostMs':
      return outages.some(({ audio }) => audio === undefined)
        ? undefined
        : outages.reduce((sum, { audio }) => sum + (audio?.downMs ?? 0), 0);
    case 'mos':
      return summary?.mos;
    case 'heardLatencyMs':
      return [...heardLatenciesMs].sort((a, b) => a - b)[Math.floor(heardLatenciesMs.length / 2)];
    default:
      return summary?.facts[fact];
  }
}
