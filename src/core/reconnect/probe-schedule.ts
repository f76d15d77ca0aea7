/**
 * When a server is asked whether it is there, and by which of the browser's connection pools. Pure. While nothing is
 * dropped on the way, twice a second. In a black hole each question is one TCP connection that the system tries again
 * after 1, 3, 7, 15, 31 and 63 s (Linux since 6.5: also at 2, 4 and 5 s), so the first packet that gets through comes
 * late; what helps is a young connection at every time. Chromium opens six to an origin and pool at most, and keeps them
 * when their requests are given up: all of an outage's questions have to be laid out over it, and none is given up. A
 * WebSocket that is closed frees its connection, but Chromium makes pages wait that open many in vain: a few are "knocks".
 */

/** Requests with and without cookies never share a connection, which makes two pools of an origin. */
export const PROBE_POOLS = ['anonymous', 'credentialed'] as const;
export type ProbePool = (typeof PROBE_POOLS)[number];

/** A question without an answer yet. */
export interface PendingProbe {
  readonly pool: ProbePool;
  readonly askedMonoMs: number;
}

/** Pause between two questions that are answered or refused, ms. */
export const PROBE_EVERY_MS = 500;
/** Silence for this long counts as a miss, ms: two round trips of a slow mobile path. A later answer counts all the same. */
export const PROBE_LIMIT_MS = 2500;
/**
 * From a question that goes unanswered to the next one, ms. The second may not wait: the first one may be on an idle
 * connection from before, where it hangs. The last of ten is asked 103.5 s after the first, of an outage of 120 s.
 */
const STAGGER_MS = [PROBE_LIMIT_MS, 10_000, 13_000] as const;
/** Six connections, one of which Chromium takes for itself: a second one 250 ms after a pool's first that hangs. */
const PENDING_PER_POOL = 5;
/** Silence before the first knock, and from each to the next, ms; with the questions as evenly spread as can be. */
const FIRST_KNOCK_MS = 14_000;
const KNOCK_EVERY_MS = 16_500;
/**
 * Chromium delays a WebSocket by 1 to 5 s times 2^(pending + failed / (succeeded + 1)) / 65,536, counted over 3 to 6 min:
 * after seven that failed and none that succeeded by 4 to 20 ms, which the join can bear; after fourteen by up to 2.5 s.
 */
const MAX_KNOCKS = 7;

/**
 * The pool to ask by now, or undefined: not yet, or all are taken.
 * @param pending oldest first
 * @param newestIsPending the question that was asked last is among them
 */
export function nextProbePool(
  pending: readonly PendingProbe[],
  newestIsPending: boolean,
  atMonoMs: number,
): ProbePool | undefined {
  const newest = pending.at(-1);
  if (newest !== undefined && newestIsPending) {
    const staggerMs = STAGGER_MS[Math.min(pending.length, STAGGER_MS.length) - 1] ?? 0;
    if (atMonoMs - newest.askedMonoMs < staggerMs) return undefined;
  }
  const counts = PROBE_POOLS.map((pool) => ({
    pool,
    count: pending.filter((probe) => probe.pool === pool).length,
  }));
  const least = counts.reduce((least, one) => (one.count < least.count ? one : least));
  return least.count < PENDING_PER_POOL ? least.pool : undefined;
}

/** How many knocks there have to be by now, the last of which is kept under way. @param pending oldest first */
export function knocksDue(pending: readonly PendingProbe[], atMonoMs: number): number {
  const oldest = pending[0];
  if (oldest === undefined) return 0;
  const silentMs = atMonoMs - oldest.askedMonoMs;
  return Math.max(0, Math.min(MAX_KNOCKS, Math.floor((silentMs - FIRST_KNOCK_MS) / KNOCK_EVERY_MS) + 1));
}

/** Nobody has answered for {@link PROBE_LIMIT_MS}. @param pending oldest first */
export function isSilent(pending: readonly PendingProbe[], atMonoMs: number): boolean {
  const oldest = pending[0];
  return oldest !== undefined && atMonoMs - oldest.askedMonoMs >= PROBE_LIMIT_MS;
}
