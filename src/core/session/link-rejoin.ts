/**
 * The link without a proven room in an outage: it waits, joins, and asks the new room for proof. Pure. Decides what ends
 * a wait early, what counts as a failed rejoin and what follows it. No join while offline (resilient) unless a probe has
 * just answered.
 */
import { rejoinDelayMs } from '../reconnect/back-off.ts';
import { DISCONNECT_ACTIONS } from '../reconnect/disconnect-reasons.ts';
import { joinRemedy } from '../reconnect/join-problems.ts';
import type { ReconnectPolicy } from '../reconnect/policy.ts';
import { end, fail, ignored, moved } from './link-moves.ts';
import {
  CLOSE_ROOM,
  giveUp,
  isProof,
  isUsedUp,
  join,
  recovered,
  rejoinProbed,
  withOutage,
} from './link-outage-moves.ts';
import type {
  LinkEvent,
  Outage,
  ReconnectingJoin,
  ReconnectingProof,
  ReconnectingWait,
  Step,
} from './link-state.ts';
import type { Problem } from './types.ts';

/** A proof that is under way at the deadline may end by itself this long, ms. */
const PROOF_GRACE_MS = 1500;
/** Past the deadline nothing lasts longer than this, ms, not even with a join in the last moment: the budget ± 2 s. */
const BUDGET_TOLERANCE_MS = 2000;

/** The next step between two rejoins. */
export function whileWaiting(state: ReconnectingWait, event: LinkEvent, policy: ReconnectPolicy): Step {
  const at = event.atMonoMs;
  const { outage } = state;
  // Offline, a pause that was asked for may be over long before anything is tried.
  const isAsked = state.asked && at < state.nextTryMonoMs;
  switch (event.type) {
    case 'timeUp':
      if (at >= outage.deadlineMonoMs) return giveUp(state, state.problem, policy);
      if (at < state.nextTryMonoMs || (outage.offline && policy.heedsHints)) return ignored(state);
      return join(state, outage, at, policy, false);
    case 'probed':
      if (!event.answered)
        return state.probeEnds || outage.offline ? ignored(state) : moved({ ...state, probeEnds: true });
      if (isAsked || !(state.probeEnds || outage.offline)) return ignored(state);
      return rejoinProbed(state, at, policy);
    case 'hint': {
      const online = event.hint === 'online' ? { ...outage, offline: false } : outage;
      if (online.offline || isAsked || !policy.heedsHints)
        return online === outage ? ignored(state) : moved({ ...state, outage: online });
      return join(state, online, at, policy, false);
    }
    case 'retryNow':
      if (isAsked) return ignored(state);
      // Offline, the person's word is tested by a probe and not by an attempt: a new stay asks at once.
      return outage.offline && policy.heedsHints
        ? moved({ ...state, stay: state.stay + 1 })
        : join(state, outage, at, policy, false);
    default:
      return ignored(state);
  }
}

/** The next step while a rejoin is under way. */
export function whileJoining(state: ReconnectingJoin, event: LinkEvent, policy: ReconnectPolicy): Step {
  const at = event.atMonoMs;
  switch (event.type) {
    case 'joined':
      return moved({
        name: 'reconnecting.proving',
        stay: state.stay + 1,
        generation: state.generation,
        outage: state.outage,
        newRoomSid: event.roomSid,
        sinceMonoMs: at,
        giveUpMonoMs: Math.min(
          at + policy.proofMs,
          Math.max(at, state.outage.deadlineMonoMs) + PROOF_GRACE_MS,
          state.outage.deadlineMonoMs + BUDGET_TOLERANCE_MS,
        ),
      });
    case 'joinFailed':
      return rejoinFailed(state, event, event.problem, policy);
    case 'timeUp':
      if (at < state.giveUpMonoMs) return ignored(state);
      return rejoinFailed(
        state,
        event,
        { code: 'joinTimeout', detail: `not joined in ${policy.attemptMs} ms` },
        policy,
      );
    case 'hint':
      return event.hint === 'online' && state.outage.offline
        ? moved(withOutage(state, { offline: false }))
        : ignored(state);
    default:
      return ignored(state);
  }
}

/** The next step while a new room has to prove itself. */
export function whileProving(state: ReconnectingProof, event: LinkEvent, policy: ReconnectPolicy): Step {
  const at = event.atMonoMs;
  switch (event.type) {
    case 'media':
      return isProof(event.finding.provenSinceMonoMs, state.sinceMonoMs) && event.finding.cut === 'none'
        ? recovered(state, at, state.newRoomSid)
        : ignored(state);
    case 'roomDisconnected': {
      const action = DISCONNECT_ACTIONS[event.reason];
      if (action.then === 'end') return end(state, action.reason);
      return rejoinFailed(
        state,
        event,
        { code: 'roomDisconnected', detail: `the room ended: ${event.reason}` },
        policy,
      );
    }
    case 'timeUp':
      if (at < state.giveUpMonoMs) return ignored(state);
      return rejoinFailed(
        state,
        event,
        { code: 'mediaFailed', detail: `joined, but no media proven in ${policy.proofMs} ms` },
        policy,
      );
    case 'hint':
      return event.hint === 'online' && state.outage.offline
        ? moved(withOutage(state, { offline: false }))
        : ignored(state);
    default:
      return ignored(state);
  }
}

/** A rejoin failed, or its room did not hold: count it once, then wait, try at once with a new ticket, or fail. */
function rejoinFailed(
  state: ReconnectingJoin | ReconnectingProof,
  event: LinkEvent,
  problem: Problem,
  policy: ReconnectPolicy,
): Step {
  const at = event.atMonoMs;
  const remedy = joinRemedy(problem.code);
  const isRefusal = remedy === 'newTicketOnce' || remedy === 'refused';
  const outage: Outage = {
    ...state.outage,
    failedRejoins: state.outage.failedRejoins + 1,
    refusals: isRefusal ? state.outage.refusals + 1 : 0,
    urlIndex: state.outage.urlIndex + (remedy === 'nextUrl' ? 1 : 0),
  };
  if (remedy === 'stop' || outage.refusals >= 2) return fail(state, problem);
  if (isUsedUp(outage, policy, at)) return giveUp({ ...state, outage }, problem, policy);
  const isAllowedNow = !(outage.offline && policy.heedsHints);
  if (remedy === 'newTicketOnce' && isAllowedNow && policy.heedsHints) {
    const step = join(state, outage, at, policy, true);
    return { state: step.state, commands: [CLOSE_ROOM, ...step.commands] };
  }
  const delayMs = rejoinDelayMs(outage.failedRejoins, event.chance, policy);
  return moved(
    {
      name: 'reconnecting.waiting',
      stay: state.stay + 1,
      generation: state.generation,
      outage,
      nextTryMonoMs: at + Math.max(delayMs, problem.retryAfterMs ?? 0),
      asked: problem.retryAfterMs !== undefined,
      // Nobody answered there: the first answer is news. Otherwise only an answer after a silence is.
      probeEnds: problem.code === 'joinUnreachable',
      problem,
    },
    CLOSE_ROOM,
  );
}
