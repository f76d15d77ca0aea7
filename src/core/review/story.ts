/**
 * A session told in plain words: how long, how often lost, how long each time, what it did to sound, why. Owns what is
 * worth telling and in which order; lines are keys with numbers, so that ui finds the words in its own language.
 * Nothing is told that was not measured.
 */
import { OUTAGE_CAUSES } from './causes.ts';
import type { OutageCause } from './causes.ts';
import type { OpenRecording, ReviewedOutage } from './open-recording.ts';

/** One sentence. Durations in ms, ratios 0 to 1. */
export type StoryLine =
  | { readonly key: 'lasted'; readonly durationMs: number }
  | { readonly key: 'neverConnected'; readonly durationMs: number }
  | { readonly key: 'endedBecause'; readonly reason: string }
  | { readonly key: 'failedBecause'; readonly code: string }
  | { readonly key: 'interrupted' }
  | { readonly key: 'neverLost' }
  | { readonly key: 'lostOnce'; readonly durationMs: number; readonly atMs: number }
  | {
      readonly key: 'lostOften';
      readonly count: number;
      readonly totalMs: number;
      readonly longestMs: number;
    }
  | {
      readonly key: 'outage';
      /** From 1. */
      readonly number: number;
      readonly atMs: number;
      readonly durationMs: number;
      readonly end: ReviewedOutage['end'];
      readonly isRejoin: boolean;
      readonly attempts: number;
      readonly cause: OutageCause;
      /** Absent where it was not measured. */
      readonly audioLostMs?: number;
    }
  | { readonly key: 'audioLost'; readonly lostMs: number }
  | { readonly key: 'audioUnbroken' }
  | { readonly key: 'audioUnknown' }
  | {
      readonly key: 'mostlyBecause';
      readonly cause: OutageCause;
      readonly count: number;
      readonly of: number;
      readonly isTold: boolean;
    }
  | { readonly key: 'newRoom'; readonly count: number }
  | { readonly key: 'madeUp'; readonly durationMs: number; readonly ratio: number }
  | { readonly key: 'quality'; readonly mos: number; readonly lossRatio?: number; readonly rttMs?: number }
  | {
      readonly key: 'worstMinute';
      readonly atMs: number;
      readonly mos?: number;
      readonly concealedRatio?: number;
    }
  | {
      readonly key: 'answered';
      readonly count: number;
      readonly medianMs: number;
      readonly slowestMs: number;
    }
  | { readonly key: 'notMeasured'; readonly gapMs: number }
  | { readonly key: 'brokenRecords'; readonly count: number };

/** At most so many outages are told one by one; the list below the summary has all. */
const OUTAGES_TOLD = 5;
/** Less made-up sound than this is not worth a sentence: nobody hears it. */
const MADE_UP_LEAST_RATIO = 0.005;
/** The worst minute is told when it is so much below the whole. */
const WORSE_BY_MOS = 0.3;

/** The lines of a session's story, the most important first. */
export function storyOf(recording: OpenRecording): StoryLine[] {
  const { outages } = recording;
  return [
    ...lifeOf(recording),
    ...lossOf(recording),
    ...(outages.length > 1
      ? outages.slice(0, OUTAGES_TOLD).map((outage, index) => outageLine(outage, index + 1))
      : []),
    ...audioOf(recording),
    ...causeLine(outages),
    ...qualityOf(recording),
    ...answersOf(recording.heardLatenciesMs),
    ...honesty(recording),
  ];
}

function lifeOf({ session, durationMs, connectedMs, events }: OpenRecording): StoryLine[] {
  const wasUp = connectedMs > 0 || !events.some(({ kind }) => kind === 'phase');
  const lines: StoryLine[] = [{ key: wasUp ? 'lasted' : 'neverConnected', durationMs }];
  const { outcome } = session;
  if (outcome?.phase === 'ended') lines.push({ key: 'endedBecause', reason: outcome.reason });
  else if (outcome?.phase === 'failed') lines.push({ key: 'failedBecause', code: outcome.reason });
  else if (session.interrupted === true) lines.push({ key: 'interrupted' });
  return lines;
}

function lossOf({ outages, connectedMs }: OpenRecording): StoryLine[] {
  const [first] = outages;
  if (first === undefined) return connectedMs > 0 ? [{ key: 'neverLost' }] : [];
  if (outages.length === 1) return [{ key: 'lostOnce', durationMs: lengthOf(first), atMs: first.startMs }];
  const lengths = outages.map(lengthOf);
  return [
    {
      key: 'lostOften',
      count: outages.length,
      totalMs: lengths.reduce((sum, length) => sum + length, 0),
      longestMs: Math.max(...lengths),
    },
  ];
}

function outageLine(outage: ReviewedOutage, number: number): StoryLine {
  return {
    key: 'outage',
    number,
    atMs: outage.startMs,
    durationMs: lengthOf(outage),
    end: outage.end,
    isRejoin: outage.isRejoin,
    attempts: outage.attempts,
    cause: outage.cause.cause,
    ...(outage.audio !== undefined && { audioLostMs: outage.audio.downMs }),
  };
}

function audioOf({ outages }: OpenRecording): StoryLine[] {
  if (outages.length === 0) return [];
  const measured = outages.filter(({ audio }) => audio !== undefined);
  if (measured.length === 0) return [{ key: 'audioUnknown' }];
  const lostMs = measured.reduce((sum, { audio }) => sum + (audio?.downMs ?? 0), 0);
  const lines: StoryLine[] = [lostMs > 0 ? { key: 'audioLost', lostMs } : { key: 'audioUnbroken' }];
  const newRooms = outages.filter(({ sameRoom }) => !sameRoom).length;
  if (newRooms > 0) lines.push({ key: 'newRoom', count: newRooms });
  return lines;
}

function causeLine(outages: readonly ReviewedOutage[]): StoryLine[] {
  let most: { cause: OutageCause; of: ReviewedOutage[] } | undefined;
  // In the order of certainty, so that of two equally frequent causes the more certain is told.
  for (const cause of OUTAGE_CAUSES) {
    const of = outages.filter((outage) => outage.cause.cause === cause);
    if (of.length > (most?.of.length ?? 0)) most = { cause, of };
  }
  if (most === undefined) return [];
  const isTold = most.of.every((outage) => outage.cause.isTold);
  return [{ key: 'mostlyBecause', cause: most.cause, count: most.of.length, of: outages.length, isTold }];
}

function qualityOf({ summary }: OpenRecording): StoryLine[] {
  if (summary === undefined) return [];
  const lines: StoryLine[] = [];
  const { facts, mos, worstMinute } = summary;
  if (facts.concealedRatio !== undefined && facts.concealedRatio >= MADE_UP_LEAST_RATIO)
    lines.push({ key: 'madeUp', durationMs: facts.audibleConcealedMs ?? 0, ratio: facts.concealedRatio });
  if (mos !== undefined)
    lines.push({
      key: 'quality',
      mos,
      ...(facts.downLossRatio !== undefined && { lossRatio: facts.downLossRatio }),
      ...(facts.rttMs !== undefined && { rttMs: facts.rttMs }),
    });
  if (worstMinute?.mos !== undefined && mos !== undefined && worstMinute.mos <= mos - WORSE_BY_MOS)
    lines.push({
      key: 'worstMinute',
      atMs: worstMinute.startMs,
      mos: worstMinute.mos,
      ...(worstMinute.facts.concealedRatio !== undefined && {
        concealedRatio: worstMinute.facts.concealedRatio,
      }),
    });
  return lines;
}

function answersOf(latenciesMs: readonly number[]): StoryLine[] {
  const sorted = [...latenciesMs].sort((a, b) => a - b);
  const medianMs = sorted[Math.floor(sorted.length / 2)];
  const slowestMs = sorted.at(-1);
  if (medianMs === undefined || slowestMs === undefined) return [];
  return [{ key: 'answered', count: sorted.length, medianMs, slowestMs }];
}

function honesty({ summary, brokenRecords }: OpenRecording): StoryLine[] {
  const lines: StoryLine[] = [];
  if ((summary?.gapMs ?? 0) > 0) lines.push({ key: 'notMeasured', gapMs: summary?.gapMs ?? 0 });
  if (brokenRecords > 0) lines.push({ key: 'brokenRecords', count: brokenRecords });
  return lines;
}

function lengthOf({ startMs, endMs }: ReviewedOutage): number {
  return endMs - startMs;
}
