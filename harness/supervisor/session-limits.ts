/**
 * Owns: which limit a session has crossed. Pure. A limit that is undefined or 0 is off.
 * Never: ends anything; the breach names the limit and the value, and its reader decides.
 */

export interface SessionLimits {
  /** Resident memory of the whole tree, bytes. Shared pages count in each process, so it errs to the safe side. */
  readonly maxRssBytes?: number;
  /** User and system time of the whole tree, ms. */
  readonly maxCpuMs?: number;
  /** ms since the start. */
  readonly maxAgeMs?: number;
  /** ms without activity. */
  readonly maxIdleMs?: number;
}

export const LIMIT_NAMES = ['memory', 'cpu', 'age', 'idle'] as const;
export type LimitName = (typeof LIMIT_NAMES)[number];

/** A crossed limit; `value` and `limit` in bytes for memory, in ms for the others. */
export interface LimitBreach {
  readonly limit: LimitName;
  readonly value: number;
  readonly allowed: number;
}

/** What is measured; undefined where nothing is known yet, which breaks no limit. */
export interface Measured {
  readonly rssBytes?: number | undefined;
  readonly cpuMs?: number | undefined;
  readonly ageMs?: number | undefined;
  readonly idleMs?: number | undefined;
}

function breach(
  limit: LimitName,
  value: number | undefined,
  allowed: number | undefined,
): LimitBreach | undefined {
  if (value === undefined || allowed === undefined || allowed <= 0 || value < allowed) return undefined;
  return { limit, value, allowed };
}

/** The first crossed limit in the order of {@link LIMIT_NAMES}. */
export function judgeLimits(measured: Measured, limits: SessionLimits): LimitBreach | undefined {
  return (
    breach('memory', measured.rssBytes, limits.maxRssBytes) ??
    breach('cpu', measured.cpuMs, limits.maxCpuMs) ??
    breach('age', measured.ageMs, limits.maxAgeMs) ??
    breach('idle', measured.idleMs, limits.maxIdleMs)
  );
}
