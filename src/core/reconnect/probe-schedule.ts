/**
 * When a server is asked whether it is there, and by which of the browser's connection pools. Pure. While nothing is
 * dropped on the way, twice a second. In a black hole each question is one TCP connection that the system tries again
 * after 1, 3, 7, 15, 31 and 63 s (Linux since 6.5: also at 2, 4 and 5 s), so the first packet that gets through comes
 * late; what helps is a young connection at every time. Chromium opens six to an origin and pool at most, and keeps them
 * when their requests are given up: all of an outage's questions have to be laid out over it, and none is given up. A
 * WebSocket that is closed frees its connection, but Chromium makes pages wait that open many in vain: a few are "knocks".
 * Hope (the user's "Retry now", a hint of the browser) brings a question or a knock forward, but must not use up what the
 * rest of the outage needs: people press a button like that often.
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
/** How many questions more than by the schedule hope may have had; the schedule's last two are what it takes. */
const HOPED_QUESTIONS = 2;
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
/** So many more for hope, once it has had its questions: the join then waits 160 ms at most. */
const HOPED_KNOCKS = 3;

/**
 * The pool to ask by now, or undefined: not yet, or all are taken.
 * @param pending oldest first
 * @param newestIsPending the question that was asked last is among them
 * @param isHoped there is a reason to hope since the last question
 */
export function nextProbePool(
  pending: readonly PendingProbe[],
  newestIsPending: boolean,
  atMonoMs: number,
  isHoped = false,
): ProbePool | undefined {
  const newest = pending.at(-1);
  if (newest !== undefined && newestIsPending) {
    const ageMs = atMonoMs - newest.askedMonoMs;
    const isBroughtForward = isHoped && ageMs >= PROBE_LIMIT_MS && hasHopedQuestion(pending, atMonoMs);
    if (!isBroughtForward && ageMs < staggerMs(pending.length)) return undefined;
  }
  const counts = PROBE_POOLS.map((pool) => ({
    pool,
    count: pending.filter((probe) => probe.pool === pool).length,
  }));
  const least = counts.reduce((least, one) => (one.count < least.count ? one : least));
  return least.count < PENDING_PER_POOL ? least.pool : undefined;
}

/** The pause after the last of so many questions, ms. */
function staggerMs(count: number): number {
  return STAGGER_MS[Math.min(count, STAGGER_MS.length) - 1] ?? 0;
}

function hasHopedQuestion(pending: readonly PendingProbe[], atMonoMs: number): boolean {
  let scheduled = 1;
  let dueMs = staggerMs(1);
  for (const silentMs = silentForMs(pending, atMonoMs); dueMs <= silentMs; dueMs += staggerMs(scheduled))
    scheduled += 1;
  return pending.length < scheduled + HOPED_QUESTIONS;
}

/** The knocks of one outage so far. */
export interface Knocks {
  /** By the schedule. */
  readonly scheduled: number;
  /** Brought forward. */
  readonly hoped: number;
  readonly latestMonoMs: number;
}

export const NO_KNOCKS: Knocks = { scheduled: 0, hoped: 0, latestMonoMs: -Infinity };

/**
 * The knocks with the one that is due now, for which the one before is given up; undefined: none is.
 * @param pending oldest first
 * @param isHoped there is a reason to hope, and it gets no question
 */
export function nextKnock(
  pending: readonly PendingProbe[],
  knocks: Knocks,
  atMonoMs: number,
  isHoped = false,
): Knocks | undefined {
  const sinceMs = atMonoMs - knocks.latestMonoMs;
  const youngestMs = Math.min(sinceMs, atMonoMs - (pending.at(-1)?.askedMonoMs ?? atMonoMs));
  if (
    knocks.scheduled < MAX_KNOCKS &&
    sinceMs >= KNOCK_EVERY_MS &&
    silentForMs(pending, atMonoMs) >= FIRST_KNOCK_MS
  )
    return { ...knocks, scheduled: knocks.scheduled + 1, latestMonoMs: atMonoMs };
  if (isHoped && knocks.hoped < HOPED_KNOCKS && youngestMs >= PROBE_LIMIT_MS)
    return { ...knocks, hoped: knocks.hoped + 1, latestMonoMs: atMonoMs };
  return undefined;
}

/** Nobody has answered for {@link PROBE_LIMIT_MS}. @param pending oldest first */
export function isSilent(pending: readonly PendingProbe[], atMonoMs: number): boolean {
  return silentForMs(pending, atMonoMs) >= PROBE_LIMIT_MS;
}

/** -Infinity while nothing is under way. */
function silentForMs(pending: readonly PendingProbe[], atMonoMs: number): number {
  return atMonoMs - (pending[0]?.askedMonoMs ?? Infinity);
}
