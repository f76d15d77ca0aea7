/**
 * Owns: when a session's memory and CPU time are looked at next. Pure.
 * The nearer the limit, the sooner: a leak may begin right after a look, so the wait is what the fastest growth to be
 * expected (or the growth seen, and half as much again) needs to the limit and a little slack above it.
 * Waits come in powers of two and fall on common instants, so that many sessions share one look at the process table.
 */
import type { SessionLimits } from './session-limits.ts';

export interface UsagePacePolicy {
  /** Longest wait, ms. @default 4096 */
  readonly baseMs: number;
  /** Shortest wait, ms. @default 32 */
  readonly minMs: number;
  /** Growth that may begin at any moment, bytes per second. @default 200 MB/s, the leak of agent.md and a bit */
  readonly expectedBps: number;
  /** How far above the limit a session may be found, as a share of it. @default 0.05 */
  readonly slackRatio: number;
}

export const DEFAULT_USAGE_PACE: UsagePacePolicy = {
  baseMs: 4096,
  minMs: 32,
  expectedBps: 200 * 1024 * 1024,
  slackRatio: 0.05,
};

/** One measurement of a tree. */
export interface UsageSample {
  readonly atMonoMs: number;
  readonly rssBytes: number;
  readonly cpuMs: number;
}

function memoryWaitMs(
  last: UsageSample,
  previous: UsageSample | undefined,
  maxRssBytes: number,
  policy: UsagePacePolicy,
): number {
  const elapsedS = previous === undefined ? 0 : (last.atMonoMs - previous.atMonoMs) / 1000;
  const seenBps =
    previous === undefined || elapsedS <= 0 ? 0 : (last.rssBytes - previous.rssBytes) / elapsedS;
  const roomBytes = maxRssBytes * (1 + policy.slackRatio) - last.rssBytes;
  return (roomBytes / Math.max(policy.expectedBps, seenBps * 1.5)) * 1000;
}

/** A tree can burn its CPU time on every core at once. */
function cpuWaitMs(last: UsageSample, maxCpuMs: number, cores: number): number {
  return (maxCpuMs * 1.02 - last.cpuMs) / cores;
}

/** The wait until the next look, ms: `minMs` times a power of two, at most `baseMs`. */
export function usageWaitMs(
  last: UsageSample | undefined,
  previous: UsageSample | undefined,
  limits: SessionLimits,
  cores: number,
  policy: UsagePacePolicy = DEFAULT_USAGE_PACE,
): number {
  if (last === undefined) return policy.minMs;
  const { maxRssBytes = 0, maxCpuMs = 0 } = limits;
  const wantedMs = Math.min(
    policy.baseMs,
    maxRssBytes > 0 ? memoryWaitMs(last, previous, maxRssBytes, policy) : Infinity,
    maxCpuMs > 0 ? cpuWaitMs(last, maxCpuMs, cores) : Infinity,
  );
  if (wantedMs <= policy.minMs) return policy.minMs;
  return policy.minMs * 2 ** Math.floor(Math.log2(wantedMs / policy.minMs));
}

/** From now to the next instant that all sessions with this wait share, ms; never more than the wait. */
export function untilSharedInstantMs(waitMs: number, nowMonoMs: number): number {
  return waitMs - (nowMonoMs % waitMs);
}
