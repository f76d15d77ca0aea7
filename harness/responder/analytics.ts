/**
 * Owns: what ended sessions tell about the next ones: rates, times, trends, each with its sample size. Pure.
 * Never: guesses: below {@link MIN_SAMPLES} the verdict is `notEnoughData`.
 */
import type { CliState } from '../supervisor/session-states.ts';
import { MIN_SAMPLES, mean, rateOf, trendOf } from '../telemetry/rates.ts';
import type { Rate, Trend } from '../telemetry/rates.ts';
import { FAILURE_CATEGORIES } from './failure.ts';
import type { FailureCategory } from './failure.ts';

/** One ended session, in numbers. */
export interface EndedFacts {
  readonly status: CliState;
  readonly endedWallMs: number;
  readonly durationMs: number;
  /** Highest resident memory that was seen, bytes; 0 when none was measured. */
  readonly peakRssBytes: number;
  /** Of each failed try, in order. */
  readonly failures: readonly FailureCategory[];
  /** From the first failure to the good end, ms; -1 when it was not recovered. */
  readonly recoveredInMs: number;
}

/** Figures of ended sessions. */
export interface SessionStatistics {
  readonly durations: {
    readonly samples: number;
    readonly meanMs: number | undefined;
    readonly p50Ms: number | undefined;
    readonly p95Ms: number | undefined;
  };
  readonly memory: {
    readonly samples: number;
    readonly meanPeakBytes: number | undefined;
    readonly trend: Trend;
  };
  /** Of the sessions that completed, failed or timed out; cancelled ones say nothing. */
  readonly failures: {
    readonly rate: Rate;
    readonly trend: Trend;
    /** Sessions whose last try failed so. */
    readonly byCategory: Readonly<Record<FailureCategory, Rate>>;
    /** Failed tries, those that a retry mended among them. */
    readonly triesByCategory: Readonly<Record<FailureCategory, number>>;
  };
  /** Of the sessions with a failed try: how many completed. */
  readonly recovery: { readonly rate: Rate; readonly meanMs: number | undefined };
  /** Whether the next session will fail, as far as the past tells. */
  readonly prediction:
    | { readonly verdict: 'notEnoughData'; readonly samples: number; readonly needed: number }
    | {
        readonly verdict: 'estimate';
        readonly samples: number;
        readonly failureRatio: number;
        readonly low: number;
        readonly high: number;
        readonly likeliest: FailureCategory | undefined;
        readonly trend: Trend['verdict'];
      };
}

function quantile(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)];
}

const hasFailed = ({ status }: EndedFacts): boolean => status === 'failed' || status === 'timeout';

/** All figures. @param ended oldest first */
export function sessionStatistics(ended: readonly EndedFacts[]): SessionStatistics {
  const counted = ended.filter(({ status }) => status !== 'cancelled');
  const durations = counted.map(({ durationMs }) => durationMs).toSorted((a, b) => a - b);
  const peaks = counted.flatMap(({ peakRssBytes }) => (peakRssBytes > 0 ? [peakRssBytes] : []));
  const failed = counted.filter(hasFailed);
  const troubled = counted.filter(({ failures }) => failures.length > 0);
  const recovered = troubled.filter(({ status }) => status === 'completed');
  const byCategory = Object.fromEntries(
    FAILURE_CATEGORIES.map((category) => [
      category,
      rateOf(failed.filter(({ failures }) => failures.at(-1) === category).length, counted.length),
    ]),
  ) as Record<FailureCategory, Rate>;
  const tries = counted.flatMap(({ failures }) => failures);
  const triesByCategory = Object.fromEntries(
    FAILURE_CATEGORIES.map((category) => [category, tries.filter((one) => one === category).length]),
  ) as Record<FailureCategory, number>;
  const rate = rateOf(failed.length, counted.length);
  const trend = trendOf(counted.map((facts) => (hasFailed(facts) ? 1 : 0)));
  const likeliest = FAILURE_CATEGORIES.filter((category) => byCategory[category].count > 0).toSorted(
    (a, b) => byCategory[b].count - byCategory[a].count,
  )[0];
  return {
    durations: {
      samples: durations.length,
      meanMs: mean(durations),
      p50Ms: quantile(durations, 0.5),
      p95Ms: quantile(durations, 0.95),
    },
    memory: { samples: peaks.length, meanPeakBytes: mean(peaks), trend: trendOf(peaks) },
    failures: { rate, trend, byCategory, triesByCategory },
    recovery: {
      rate: rateOf(recovered.length, troubled.length),
      meanMs: mean(recovered.flatMap(({ recoveredInMs }) => (recoveredInMs >= 0 ? [recoveredInMs] : []))),
    },
    prediction:
      counted.length < MIN_SAMPLES || rate.ratio === undefined
        ? { verdict: 'notEnoughData', samples: counted.length, needed: MIN_SAMPLES }
        : {
            verdict: 'estimate',
            samples: counted.length,
            failureRatio: rate.ratio,
            low: rate.low,
            high: rate.high,
            likeliest,
            trend: trend.verdict,
          },
  };
}
