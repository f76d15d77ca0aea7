/**
 * Decides the link: next(state, event, policy) -> { state, commands }. Pure and exhaustive; time and chance come in
 * the event. It owns no timer, track, room or text, and performs nothing: machine-runner.ts has it done. Invariants: a join
 * is commanded only when none is under way and no room stands; `connected` is entered only by a first join or by
 * proof that began after the outage; every final state is entered with closeRoom and endSession.
 * The whole phase × event table stands in link-table.ts. Outages are in link-outage.ts.
 */
import { joinRemedy } from '../reconnect/join-problems.ts';
import { rejoinDelayMs } from '../reconnect/back-off.ts';
import type { ReconnectPolicy } from '../reconnect/policy.ts';
import { nextInOutage } from './link-outage.ts';
import { nextInRoom, unstableUntilMonoMs } from './link-room.ts';
import { end, fail, ignored, joinCommand, moved } from './link-moves.ts';
import type {
  ConnectingJoin,
  ConnectingWait,
  Ended,
  Failed,
  Idle,
  LinkEvent,
  LinkState,
  Lost,
  RequestingMic,
  Step,
} from './link-state.ts';

/** Where every session begins. */
export const INITIAL_LINK: LinkState = { name: 'idle', stay: 0, generation: 0 };

/** The next state and what to do; the same state object when the event means nothing here. */
export function next(state: LinkState, event: LinkEvent, policy: ReconnectPolicy): Step {
  switch (state.name) {
    case 'idle':
    case 'failed':
    case 'ended':
      return nextAtRest(state, event, policy);
    case 'requestingMic':
      return nextWhileAsking(state, event, policy);
    case 'connecting.joining':
    case 'connecting.waiting':
      return nextWhileConnecting(state, event, policy);
    case 'connected':
    case 'unstable':
      return nextInRoom(state, event, policy);
    case 'reconnecting.sdk':
    case 'reconnecting.waiting':
    case 'reconnecting.joining':
    case 'reconnecting.proving':
      return nextInOutage(state, event, policy);
  }
}

/** When a `timeUp` is due, monotonic ms; undefined where nothing is waited for by the clock. */
export function dueMonoMs(state: LinkState, policy: ReconnectPolicy): number | undefined {
  switch (state.name) {
    case 'idle':
    case 'requestingMic':
    case 'connected':
    case 'failed':
    case 'ended':
      return undefined;
    case 'connecting.joining':
      return state.deadlineMonoMs;
    case 'connecting.waiting':
      return Math.min(state.nextTryMonoMs, state.deadlineMonoMs);
    case 'unstable':
      return unstableUntilMonoMs(state, policy);
    case 'reconnecting.sdk':
      // Without probes to ask (classic), time alone must end a repair that never ends.
      return policy.heedsHints
        ? state.outage.deadlineMonoMs
        : Math.min(state.outage.deadlineMonoMs, state.outage.sinceMonoMs + policy.lastResortMs);
    case 'reconnecting.waiting':
      return state.outage.offline && policy.heedsHints
        ? state.outage.deadlineMonoMs
        : Math.min(state.nextTryMonoMs, state.outage.deadlineMonoMs);
    case 'reconnecting.joining':
    case 'reconnecting.proving':
      return state.giveUpMonoMs;
  }
}

/** Whether the server is asked about once a second in this state. */
export function wantsProbes(state: LinkState, policy: ReconnectPolicy): boolean {
  return policy.heedsHints && (state.name === 'reconnecting.sdk' || state.name === 'reconnecting.waiting');
}

function nextAtRest(state: Idle | Failed | Ended, event: LinkEvent, policy: ReconnectPolicy): Step {
  const lost = state.name === 'failed' ? state.lost : undefined;
  if (event.type === 'start') {
    // A call that was lost or taken over is gone on with; after a wanted end a new one begins.
    const returning =
      state.name === 'failed' || (state.name === 'ended' && state.reason === 'duplicateIdentity');
    return begin(state, event, policy, { returning, lost });
  }
  if (event.type === 'stop' && lost !== undefined) return end(state, 'stopped');
  const isBack = event.type === 'hint' && (event.hint === 'online' || event.hint === 'visible');
  if (isBack && lost !== undefined) return begin(state, event, policy, { returning: true, lost });
  return ignored(state);
}

function begin(
  state: LinkState,
  event: LinkEvent,
  policy: ReconnectPolicy,
  how: { returning: boolean; lost: Lost | undefined },
): Step {
  const commands = [{ type: 'beginSession', returning: how.returning }] as const;
  const asking: RequestingMic = {
    name: 'requestingMic',
    stay: state.stay + 1,
    generation: state.generation,
    sinceMonoMs: event.atMonoMs,
    ...(how.lost !== undefined && { lost: how.lost }),
  };
  if (policy.withMicrophone) return { state: asking, commands: [...commands, { type: 'openMicrophone' }] };
  const connecting = connect(asking, event, policy);
  return { state: connecting.state, commands: [...commands, ...connecting.commands] };
}

function nextWhileAsking(state: RequestingMic, event: LinkEvent, policy: ReconnectPolicy): Step {
  switch (event.type) {
    case 'micOpened':
      return connect(state, event, policy);
    case 'micFailed':
      // Who said no, or nothing, is not asked again by each return to the page.
      return fail(state, event.problem);
    case 'stop':
      return end(state, 'stopped');
    case 'takenOver':
      return end(state, 'duplicateIdentity');
    default:
      return ignored(state);
  }
}

function connect(state: RequestingMic, event: LinkEvent, policy: ReconnectPolicy): Step {
  const joining: ConnectingJoin = {
    name: 'connecting.joining',
    stay: state.stay + 1,
    generation: state.generation + 1,
    sinceMonoMs: state.sinceMonoMs,
    deadlineMonoMs: event.atMonoMs + policy.firstJoinMs,
    attempt: 1,
    refusals: 0,
    urlIndex: 0,
    ...(state.lost !== undefined && { lost: state.lost }),
  };
  return moved(joining, joinCommand(joining, joining.urlIndex, false));
}

function nextWhileConnecting(
  state: ConnectingJoin | ConnectingWait,
  event: LinkEvent,
  policy: ReconnectPolicy,
): Step {
  switch (event.type) {
    case 'stop':
      return end(state, 'stopped');
    case 'takenOver':
      return end(state, 'duplicateIdentity');
    case 'joined':
      if (state.name !== 'connecting.joining' || event.generation !== state.generation) return ignored(state);
      return moved({
        name: 'connected',
        stay: state.stay + 1,
        generation: state.generation,
        sinceMonoMs: event.atMonoMs,
        roomSid: event.roomSid,
        failedRejoins: 0,
        urlIndex: state.urlIndex,
        provenSinceMonoMs: event.atMonoMs,
        ...(state.lost !== undefined && {
          recovered: {
            outageMs: event.atMonoMs - state.lost.sinceMonoMs,
            sameRoom: event.roomSid === state.lost.roomSid,
          },
        }),
      });
    case 'joinFailed':
      if (state.name !== 'connecting.joining' || event.generation !== state.generation) return ignored(state);
      return firstJoinFailed(state, event, policy);
    case 'retryNow':
    case 'hint':
      if (state.name !== 'connecting.waiting' || state.asked) return ignored(state);
      if (event.type === 'hint' && event.hint === 'offline') return ignored(state);
      return policy.heedsHints || event.type === 'retryNow' ? tryAgain(state) : ignored(state);
    case 'woke':
      // What was under way slept as long as we did: start over, with all of the time again.
      return tryAgain({ ...state, deadlineMonoMs: event.atMonoMs + policy.firstJoinMs });
    case 'timeUp':
      if (event.atMonoMs >= state.deadlineMonoMs)
        return fail(
          state,
          state.name === 'connecting.waiting'
            ? state.problem
            : { code: 'joinTimeout', detail: `not joined in ${policy.firstJoinMs} ms` },
          state.lost,
        );
      if (state.name === 'connecting.waiting' && event.atMonoMs >= state.nextTryMonoMs)
        return tryAgain(state);
      return ignored(state);
    default:
      return ignored(state);
  }
}

function firstJoinFailed(
  state: ConnectingJoin,
  event: LinkEvent & { type: 'joinFailed' },
  policy: ReconnectPolicy,
): Step {
  const { problem, atMonoMs } = event;
  const remedy = joinRemedy(problem.code);
  const refusals = remedy === 'newTicketOnce' ? state.refusals + 1 : 0;
  const isWorthAnother =
    remedy === 'retry' || remedy === 'nextUrl' || (remedy === 'newTicketOnce' && refusals < 2);
  const delayMs = refusals > 0 ? 0 : rejoinDelayMs(state.attempt - 1, event.chance, policy);
  const nextTryMonoMs = atMonoMs + Math.max(delayMs, problem.retryAfterMs ?? 0);
  if (!isWorthAnother || state.attempt >= policy.firstJoinTries || nextTryMonoMs >= state.deadlineMonoMs)
    // Only what may pass by itself may come back by itself; a wrong answer in between may be a captive portal's.
    return fail(state, problem, isWorthAnother || remedy === 'wrongAtFirst' ? state.lost : undefined);
  const waiting: ConnectingWait = {
    ...state,
    name: 'connecting.waiting',
    stay: state.stay + 1,
    refusals,
    urlIndex: remedy === 'nextUrl' ? state.urlIndex + 1 : state.urlIndex,
    nextTryMonoMs,
    asked: problem.retryAfterMs !== undefined,
    problem,
  };
  return delayMs === 0 && nextTryMonoMs === atMonoMs ? tryAgain(waiting) : moved(waiting);
}

function tryAgain(state: ConnectingJoin | ConnectingWait): Step {
  const joining: ConnectingJoin = {
    name: 'connecting.joining',
    stay: state.stay + 1,
    generation: state.generation + 1,
    sinceMonoMs: state.sinceMonoMs,
    deadlineMonoMs: state.deadlineMonoMs,
    attempt: state.attempt + 1,
    refusals: state.refusals,
    urlIndex: state.urlIndex,
    ...(state.lost !== undefined && { lost: state.lost }),
  };
  return moved(joining, joinCommand(joining, joining.urlIndex, false));
}
