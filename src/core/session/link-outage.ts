/**
 * The link in an outage: the SDK repairs (sdk), or we wait, join and ask the new room for proof. Pure. It owns the
 * budget, the back-off, what ends a wait early and what counts as a failed rejoin. Invariants: no join while offline
 * (resilient) unless a probe has just answered; `connected` only with proof that began after the outage; at the
 * deadline it fails, in whatever step it is.
 */
import { rejoinDelayMs } from '../reconnect/back-off.ts';
import { DISCONNECT_ACTIONS, type DisconnectAction } from '../reconnect/disconnect-reasons.ts';
import { joinRemedy } from '../reconnect/join-problems.ts';
import type { ReconnectPolicy } from '../reconnect/policy.ts';
import { end, fail, ignored, joinCommand, moved } from './link-moves.ts';
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

type InOutage = ReconnectingSdk | ReconnectingWait | ReconnectingJoin | ReconnectingProof;

/** A rejoin that is under way at the deadline may end by itself this long, ms; the bar is the budget ± 2 s. */
const JOIN_GRACE_MS = 1000;
const PROOF_GRACE_MS = 1500;
/** Media that comes back by itself does so within this of the path: no push before, ms. */
const SELF_HEAL_MS = 1500;
/**
 * A silent cut is left alone for so long, ms: until both ends give up their ICE session, at 15 s, it goes on by itself
 * and sooner than any new one.
 */
const ICE_SELF_HEAL_MS = 11_000;
/**
 * Pause between two ICE restarts while only media is cut, ms. Each lives 15 s at either end, and those that live share
 * Chrome's 20 checks a second: at 3 s the newest was checked so rarely that sound came back 1 s later than at 9 s.
 */
const ICE_RESTART_MS = 9000;
/** Shorter outages are not worth a note afterwards, ms. */
const NOTEWORTHY_OUTAGE_MS = 1000;

const CLOSE_ROOM: LinkCommand = { type: 'closeRoom', bye: false };

/** The next step from any `reconnecting.` state. */
export function nextInOutage(state: InOutage, event: LinkEvent, policy: ReconnectPolicy): Step {
  if ('generation' in event && event.generation !== state.generation) return ignored(state);
  switch (event.type) {
    case 'stop':
      return end(state, 'stopped');
    case 'takenOver':
      return end(state, 'duplicateIdentity');
    case 'agentEnded':
      return hasRoom(state) ? end(state, 'agentEnded') : ignored(state);
    case 'woke': {
      // The budget goes on, but who opens the lid after it gets one whole attempt.
      const { outage } = state;
      const oneAttemptMs = event.atMonoMs + policy.attemptMs + policy.proofMs;
      const deadlineMonoMs = Math.max(outage.deadlineMonoMs, oneAttemptMs);
      return rejoinNow(state, { ...outage, deadlineMonoMs }, event.atMonoMs, policy);
    }
    case 'hint':
      if (event.hint === 'offline')
        return state.outage.offline ? ignored(state) : moved(withOutage(state, { offline: true }));
      break;
    default:
      break;
  }
  switch (state.name) {
    case 'reconnecting.sdk':
      return whileSdkRepairs(state, event, policy);
    case 'reconnecting.waiting':
      return whileWaiting(state, event, policy);
    case 'reconnecting.joining':
      return whileJoining(state, event, policy);
    case 'reconnecting.proving':
      return whileProving(state, event, policy);
  }
}

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

function join(from: LinkState, outage: Outage, at: number, policy: ReconnectPolicy, probed: boolean): Step {
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
  return moved(joining, joinCommand(joining, outage.urlIndex, !probed, giveUpMonoMs - at));
}

function whileSdkRepairs(state: ReconnectingSdk, event: LinkEvent, policy: ReconnectPolicy): Step {
  const at = event.atMonoMs;
  const { outage } = state;
  switch (event.type) {
    case 'media':
      return mediaWhileSdkRepairs(state, event);
    case 'repairing':
      return state.repair === event.scope ? ignored(state) : moved({ ...state, repair: event.scope });
    case 'repaired':
      // The SDK's opinion: 12 s of false "connected" were measured after it. Proof decides, and may need a push.
      return moved({
        ...state,
        repair: 'none',
        nextNudgeMonoMs: at + (state.probes === 'answered' ? ICE_RESTART_MS : SELF_HEAL_MS),
      });
    case 'roomDisconnected': {
      const action = DISCONNECT_ACTIONS[event.reason];
      if (action.then === 'end') return end(state, action.reason);
      return action.then === 'awaitRepair' ? ignored(state) : waitFirst(state, outage, event, action, policy);
    }
    case 'probed': {
      if (!event.answered) return moved({ ...state, nextNudgeMonoMs: at + SELF_HEAL_MS, probes: 'missed' });
      if (at - outage.sinceMonoMs >= repairLimitMs(state, policy)) return rejoinProbed(state, at, policy);
      const probes = state.probes === 'missed' ? 'missed' : 'answered';
      if (state.repair !== 'none' || at < state.nextNudgeMonoMs)
        return probes === state.probes ? ignored(state) : moved({ ...state, probes });
      const pauseMs = probes === 'answered' ? ICE_RESTART_MS : policy.nudgeMs;
      return moved({ ...state, probes, nextNudgeMonoMs: at + pauseMs }, { type: 'repairNow' });
    }
    case 'hint': {
      if (outage.offline && event.hint !== 'online') return ignored(state);
      // Perhaps another network: the old ICE session knows nothing of it.
      const nextNudgeMonoMs = outage.offline
        ? at + SELF_HEAL_MS
        : Math.min(state.nextNudgeMonoMs, at + SELF_HEAL_MS);
      return nextNudgeMonoMs === state.nextNudgeMonoMs
        ? ignored(state)
        : moved({ ...withOutage(state, { offline: false }), nextNudgeMonoMs });
    }
    case 'retryNow':
      return moved({ ...state, nextNudgeMonoMs: at + policy.nudgeMs }, { type: 'repairNow' });
    case 'timeUp':
      if (at >= outage.deadlineMonoMs)
        return giveUp(
          state,
          { code: 'roomDisconnected', detail: 'the repair of the SDK did not end' },
          policy,
        );
      if (!policy.heedsHints && at >= outage.sinceMonoMs + policy.lastResortMs)
        return rejoinNow(state, outage, at, policy);
      return ignored(state);
    default:
      return ignored(state);
  }
}

/** How long the room is held, ms from the outage's start, while the server answers and media does not come. */
function repairLimitMs(state: ReconnectingSdk, policy: ReconnectPolicy): number {
  if (state.probes !== 'missed') return policy.mediaHoldMs;
  return state.repair === 'none' ? policy.lastResortMs : policy.sdkRepairMs;
}

function mediaWhileSdkRepairs(state: ReconnectingSdk, event: LinkEvent & { type: 'media' }): Step {
  const { finding, atMonoMs: at } = event;
  const { outage } = state;
  if (isProof(finding.provenSinceMonoMs, outage.sinceMonoMs) && finding.cut === 'none') {
    // In a full restart of the SDK what flows is about to be torn down.
    if (state.repair === 'all') return ignored(state);
    if (state.repair === 'signal')
      return moved({
        name: 'unstable',
        stay: state.stay + 1,
        generation: state.generation,
        sinceMonoMs: at,
        roomSid: outage.roomSid,
        failedRejoins: outage.failedRejoins,
        urlIndex: outage.urlIndex,
        provenSinceMonoMs: at,
        cut: 'none',
        signalDown: true,
      });
    return recovered(state, at, outage.roomSid);
  }
  const side = finding.cut === 'none' ? outage.side : finding.cut;
  return side === outage.side ? ignored(state) : moved(withOutage(state, { side }));
}

function whileWaiting(state: ReconnectingWait, event: LinkEvent, policy: ReconnectPolicy): Step {
  const at = event.atMonoMs;
  const { outage } = state;
  switch (event.type) {
    case 'timeUp':
      if (at >= outage.deadlineMonoMs) return giveUp(state, state.problem, policy);
      if (at < state.nextTryMonoMs || (outage.offline && policy.heedsHints)) return ignored(state);
      return join(state, outage, at, policy, false);
    case 'probed':
      if (!event.answered)
        return state.probeEnds || outage.offline ? ignored(state) : moved({ ...state, probeEnds: true });
      if (state.asked || !(state.probeEnds || outage.offline)) return ignored(state);
      return rejoinProbed(state, at, policy);
    case 'hint': {
      const online = event.hint === 'online' ? { ...outage, offline: false } : outage;
      if (online.offline || state.asked || !policy.heedsHints)
        return online === outage ? ignored(state) : moved({ ...state, outage: online });
      return join(state, online, at, policy, false);
    }
    case 'retryNow':
      if (state.asked) return ignored(state);
      // Offline, the person's word is tested by a probe and not by an attempt: a new stay asks at once.
      return outage.offline && policy.heedsHints
        ? moved({ ...state, stay: state.stay + 1 })
        : join(state, outage, at, policy, false);
    default:
      return ignored(state);
  }
}

function whileJoining(state: ReconnectingJoin, event: LinkEvent, policy: ReconnectPolicy): Step {
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

function whileProving(state: ReconnectingProof, event: LinkEvent, policy: ReconnectPolicy): Step {
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

/** A probe has answered: join without asking again. An answer also disproves what the browser says of being offline. */
function rejoinProbed(state: ReconnectingSdk | ReconnectingWait, at: number, policy: ReconnectPolicy): Step {
  const step = join(state, { ...state.outage, offline: false }, at, policy, true);
  return { state: step.state, commands: [CLOSE_ROOM, ...step.commands] };
}

function recovered(state: ReconnectingSdk | ReconnectingProof, at: number, roomSid: string): Step {
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

function giveUp(state: InOutage, last: Problem, policy: ReconnectPolicy): Step {
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

function isUsedUp(outage: Outage, policy: ReconnectPolicy, at: number): boolean {
  return at >= outage.deadlineMonoMs || outage.failedRejoins >= policy.maxRejoins;
}

/** Proof counts only when all of it was seen after the outage (or the new room) began. */
function isProof(provenSinceMonoMs: number | undefined, sinceMonoMs: number): boolean {
  return provenSinceMonoMs !== undefined && provenSinceMonoMs >= sinceMonoMs;
}

function hasRoom(state: InOutage): boolean {
  return state.name === 'reconnecting.sdk' || state.name === 'reconnecting.proving';
}

function withOutage<S extends InOutage>(state: S, change: Partial<Outage>): S {
  return { ...state, outage: { ...state.outage, ...change } };
}
