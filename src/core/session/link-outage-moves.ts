/**
 * Moves within an outage, for all of its steps: into the SDK's repair, into a wait, into a join, out as recovered or as
 * given up. Pure. It owns the budget, the first waits and what counts as proof; never when a move is made.
 */
import { rejoinDelayMs } from '../reconnect/back-off.ts';
import type { DisconnectAction } from '../reconnect/disconnect-reasons.ts';
import type { ReconnectPolicy } from '../reconnect/policy.ts';
import { fail, joinCommand, moved } from './link-moves.ts';
import type {
  LinkCommand,
  LinkEvent,
  LinkState,
  Outage,
  ReconnectingJoin,
  ReconnectingProof,
  ReconnectingSdk,
  ReconnectingWait,
  Step,
} from './link-state.ts';
import type { Problem } from './types.ts';

/** Every state of an outage. */
export type InOutage = ReconnectingSdk | ReconnectingWait | ReconnectingJoin | ReconnectingProof;

/** Media that comes back by itself does so within this of the path: no push before, ms. */
export const SELF_HEAL_MS = 1500;
/** A join that is under way at the deadline may end by itself this long, ms; the bar is the budget ± 2 s. */
const JOIN_GRACE_MS = 1000;
/**
 * A silent cut is left alone for so long, ms: until both ends give up their ICE session, at 15 s, it goes on by itself
 * and sooner than any new one.
 */
const ICE_SELF_HEAL_MS = 11_000;
/** Shorter outages are not worth a note afterwards, ms. */
const NOTEWORTHY_OUTAGE_MS = 1000;

/** Leaves the room that stands, without a goodbye: it is broken. */
export const CLOSE_ROOM: LinkCommand = { type: 'closeRoom', bye: false };

/** Leaves the repair to the SDK. `repair` is what it says it is doing. */
export function sdkRepairs(
  from: LinkState & { readonly generation: number },
  outage: Outage,
  repair: ReconnectingSdk['repair'],
  at: number,
): Step {
  return moved({
    name: 'reconnecting.sdk',
    stay: from.stay + 1,
    generation: from.generation,
    outage: { ...outage, sdkTries: 1 },
    repair,
    nextNudgeMonoMs: Math.max(at + SELF_HEAL_MS, outage.beganMonoMs + ICE_SELF_HEAL_MS),
    probes: 'none',
  });
}

/** The room is gone: the first wait before a rejoin of ours. */
export function waitFirst(
  from: LinkState,
  outage: Outage,
  event: LinkEvent & { type: 'roomDisconnected' },
  action: DisconnectAction & { then: 'rejoin' },
  policy: ReconnectPolicy,
): Step {
  const at = event.atMonoMs;
  const problem: Problem = { code: 'roomDisconnected', detail: `the room ended: ${event.reason}` };
  // A server that shuts down sends everybody away at once: half a second to one and a half, drawn by lot.
  const spreadMs = action.spread ? 500 + Math.round(1000 * event.chance) : 0;
  const delayMs =
    policy.jitterRatio > 0 && action.spread
      ? spreadMs
      : rejoinDelayMs(outage.failedRejoins, event.chance, policy);
  const waiting: ReconnectingWait = {
    name: 'reconnecting.waiting',
    stay: from.stay + 1,
    generation: from.generation,
    outage: {
      ...outage,
      urlIndex: outage.urlIndex + (action.nextUrl ? 1 : 0),
      ...(event.reason === 'SERVER_SHUTDOWN' && { why: 'serverShutdown' }),
    },
    nextTryMonoMs: at + delayMs,
    asked: false,
    // Right after the room ended an answer means that the server is there for us; later it must be news.
    probeEnds: outage.failedRejoins === 0 && !action.spread,
    problem,
  };
  if (isUsedUp(waiting.outage, policy, at)) return giveUp(waiting, problem, policy);
  return moved(waiting, CLOSE_ROOM);
}

/** A new join at once, whatever stands now is closed first. While offline it waits for the network instead. */
export function rejoinNow(from: LinkState, outage: Outage, at: number, policy: ReconnectPolicy): Step {
  if (outage.offline && policy.heedsHints) {
    return moved(
      {
        name: 'reconnecting.waiting',
        stay: from.stay + 1,
        generation: from.generation,
        outage,
        nextTryMonoMs: at,
        asked: false,
        probeEnds: true,
        problem: { code: 'joinUnreachable', detail: 'the browser is offline' },
      },
      CLOSE_ROOM,
    );
  }
  const step = join(from, outage, at, policy, false);
  return { state: step.state, commands: [CLOSE_ROOM, ...step.commands] };
}

/** A probe has answered: join without asking again. An answer also disproves what the browser says of being offline. */
export function rejoinProbed(
  state: ReconnectingSdk | ReconnectingWait,
  at: number,
  policy: ReconnectPolicy,
): Step {
  const step = join(state, { ...state.outage, offline: false }, at, policy, true);
  return { state: step.state, commands: [CLOSE_ROOM, ...step.commands] };
}

/** Joins at once. `probed`: a probe has just answered, so the join need not ask again. */
export function join(
  from: LinkState,
  outage: Outage,
  at: number,
  policy: ReconnectPolicy,
  probed: boolean,
): Step {
  const giveUpMonoMs = Math.min(
    at + policy.attemptMs,
    Math.max(at + 1, outage.deadlineMonoMs + JOIN_GRACE_MS),
  );
  const joining: ReconnectingJoin = {
    name: 'reconnecting.joining',
    stay: from.stay + 1,
    generation: from.generation + 1,
    outage,
    giveUpMonoMs,
    probed,
  };
  return moved(joining, joinCommand(joining, outage.urlIndex, !probed));
}

/** Connected again, with a note when it was worth one. */
export function recovered(state: ReconnectingSdk | ReconnectingProof, at: number, roomSid: string): Step {
  const { outage } = state;
  const outageMs = at - outage.beganMonoMs;
  const sameRoom = roomSid === outage.roomSid;
  return moved({
    name: 'connected',
    stay: state.stay + 1,
    generation: state.generation,
    sinceMonoMs: at,
    roomSid,
    failedRejoins: outage.failedRejoins,
    urlIndex: outage.urlIndex,
    provenSinceMonoMs: at,
    ...((outageMs >= NOTEWORTHY_OUTAGE_MS || !sameRoom) && {
      recovered: { outageMs, sameRoom, side: outage.side },
    }),
  });
}

/** The budget is used up. */
export function giveUp(state: InOutage, last: Problem, policy: ReconnectPolicy): Step {
  const { outage } = state;
  const used = Number.isFinite(policy.budgetMs)
    ? `${policy.budgetMs} ms of reconnecting`
    : `${outage.failedRejoins} of ${policy.maxRejoins} attempts`;
  const problem: Problem = {
    code: 'budgetExhausted',
    detail: `${used} used up; last: ${last.code}, ${last.detail}`,
  };
  return fail(
    state,
    problem,
    policy.resumeWhenBack ? { sinceMonoMs: outage.beganMonoMs, roomSid: outage.roomSid } : undefined,
  );
}

/** Whether nothing of the budget is left. */
export function isUsedUp(outage: Outage, policy: ReconnectPolicy, at: number): boolean {
  return at >= outage.deadlineMonoMs || outage.failedRejoins >= policy.maxRejoins;
}

/** Proof counts only when all of it was seen after the outage (or the new room) began. */
export function isProof(provenSinceMonoMs: number | undefined, sinceMonoMs: number): boolean {
  return provenSinceMonoMs !== undefined && provenSinceMonoMs >= sinceMonoMs;
}

/** The same state with another outage. */
export function withOutage<S extends InOutage>(state: S, change: Partial<Outage>): S {
  return { ...state, outage: { ...state.outage, ...change } };
}
