/**
 * The link while its room stands and is believed: connected and unstable. Decides when trouble is a note (unstable)
 * and when it is an outage. Pure. A lost signal connection with whole sound is only ever a note.
 */
import { DISCONNECT_ACTIONS } from '../reconnect/disconnect-reasons.ts';
import type { ReconnectPolicy } from '../reconnect/policy.ts';
import { end, ignored, moved } from './link-moves.ts';
import { rejoinNow, sdkRepairs, waitFirst } from './link-outage-moves.ts';
import type { Connected, LinkEvent, Outage, Step, Unstable } from './link-state.ts';
import type { CutSide, Recovery } from './types.ts';

/** Shorter cuts are not worth a note afterwards, ms. */
const NOTEWORTHY_OUTAGE_MS = 1000;
/**
 * Sound that ends so long after the control connection, ms, ends by the same outage: the lost connection was its first
 * sign. Two pauses between samples.
 */
const SAME_CUT_MS = 1000;

/** A note about the control connection stands at least this long, ms: one that is gone sooner flickers. */
const NOTE_STANDS_MS = 400;

/** When a trouble that was only a note becomes an outage, or has been read and goes, monotonic ms. */
export function unstableUntilMonoMs(state: Unstable, policy: ReconnectPolicy): number {
  if (isOver(state)) return state.sinceMonoMs + NOTE_STANDS_MS;
  if (state.cut !== 'none') return state.sinceMonoMs + policy.oneSidedMs;
  // Sound is whole and only the control connection is gone: the SDK has the whole budget for it.
  return state.sinceMonoMs + (Number.isFinite(policy.budgetMs) ? policy.budgetMs : policy.lastResortMs);
}

/** The next step from `connected` or `unstable`. */
export function nextInRoom(state: Connected | Unstable, event: LinkEvent, policy: ReconnectPolicy): Step {
  if ('generation' in event && event.generation !== state.generation) return ignored(state);
  const at = event.atMonoMs;
  switch (event.type) {
    case 'stop':
      return end(state, 'stopped');
    case 'takenOver':
      return end(state, 'duplicateIdentity');
    case 'agentEnded':
      return end(state, 'agentEnded');
    case 'repairing':
      if (event.scope === 'all')
        return sdkRepairs(state, outageOf(state, at, policy, { side: 'both' }), 'all', at);
      if (state.name === 'unstable')
        return state.signalDown ? ignored(state) : moved({ ...state, signalDown: true });
      return moved(unstable(state, at, { cut: 'none', signalDown: true }));
    case 'repaired':
      if (state.name !== 'unstable' || !state.signalDown) return ignored(state);
      return state.cut === 'none' && at >= state.sinceMonoMs + NOTE_STANDS_MS
        ? connected(state, at)
        : moved({ ...state, signalDown: false });
    case 'roomDisconnected': {
      const action = DISCONNECT_ACTIONS[event.reason];
      if (action.then === 'end') return end(state, action.reason);
      return waitFirst(state, outageOf(state, at, policy, { side: 'both' }), event, action, policy);
    }
    case 'media':
      return mediaFound(state, event, policy);
    case 'hint': {
      if (event.hint !== 'offline') return ignored(state);
      const repair = state.name === 'unstable' && state.signalDown ? 'signal' : 'none';
      return sdkRepairs(state, outageOf(state, at, policy, { side: 'both', offline: true }), repair, at);
    }
    case 'woke':
      return rejoinNow(state, outageOf(state, at, policy, { side: 'both' }), at, policy);
    case 'timeUp':
      if (state.name !== 'unstable' || at < unstableUntilMonoMs(state, policy)) return ignored(state);
      if (isOver(state)) return connected(state, at);
      if (state.cut === 'none')
        return rejoinNow(state, outageOf(state, at, policy, { side: 'signal' }), at, policy);
      return sdkRepairs(
        state,
        outageOf(state, at, policy, { side: state.cut, beganMonoMs: state.sinceMonoMs }),
        state.signalDown ? 'signal' : 'none',
        at,
      );
    case 'start':
    case 'retryNow':
    case 'micOpened':
    case 'micFailed':
    case 'joined':
    case 'joinFailed':
    case 'probed':
      return ignored(state);
  }
}

/** Nothing is wrong any more; what was wrong is still being read. */
function isOver({ cut, signalDown }: Unstable): boolean {
  return cut === 'none' && !signalDown;
}

function mediaFound(
  state: Connected | Unstable,
  event: LinkEvent & { type: 'media' },
  policy: ReconnectPolicy,
): Step {
  const { finding, atMonoMs: at } = event;
  const signalDown = state.name === 'unstable' && state.signalDown;
  const wasCut = state.name === 'unstable' && state.cut !== 'none';
  const beganMonoMs = wasCut ? state.sinceMonoMs : (finding.cutSinceMonoMs ?? at);
  switch (finding.cut) {
    case 'both':
      return sdkRepairs(
        state,
        outageOf(state, at, policy, { side: 'both', beganMonoMs }),
        signalDown ? 'signal' : 'none',
        at,
      );
    case 'up':
    case 'down':
      if (wasCut && state.cut === finding.cut) return ignored(state);
      return moved(unstable(state, beganMonoMs, { cut: finding.cut, signalDown }));
    case 'none':
      if (!wasCut || finding.provenSinceMonoMs === undefined) return ignored(state);
      return signalDown
        ? moved(unstable(state, at, { cut: 'none', signalDown: true }))
        : connected(state, at, { outageMs: at - state.sinceMonoMs, sameRoom: true, side: state.cut });
  }
}

function unstable(
  state: Connected | Unstable,
  sinceMonoMs: number,
  trouble: Pick<Unstable, 'cut' | 'signalDown'>,
): Unstable {
  const { generation, roomSid, failedRejoins, urlIndex, provenSinceMonoMs } = state;
  return {
    name: 'unstable',
    stay: state.stay + 1,
    generation,
    sinceMonoMs,
    roomSid,
    failedRejoins,
    urlIndex,
    provenSinceMonoMs,
    ...trouble,
  };
}

function connected(state: Unstable, at: number, recovered?: Recovery): Step {
  const { generation, roomSid, failedRejoins, urlIndex } = state;
  return moved({
    name: 'connected',
    stay: state.stay + 1,
    generation,
    sinceMonoMs: at,
    roomSid,
    failedRejoins,
    urlIndex,
    provenSinceMonoMs: state.cut === 'none' ? state.provenSinceMonoMs : at,
    ...(recovered !== undefined && recovered.outageMs >= NOTEWORTHY_OUTAGE_MS && { recovered }),
  });
}

function outageOf(
  state: Connected | Unstable,
  at: number,
  policy: ReconnectPolicy,
  facts: { side: CutSide; offline?: boolean; beganMonoMs?: number },
): Outage {
  // 10 s of proven connection wipe out what failed before; a flapping path keeps its growing waits.
  const cutAtMs = facts.beganMonoMs ?? at;
  const isForgotten = cutAtMs - state.provenSinceMonoMs >= policy.provenResetMs;
  // The budget runs from the first sign, which was told as a note.
  const isOneCut =
    state.name === 'unstable' && state.cut === 'none' && cutAtMs - state.sinceMonoMs <= SAME_CUT_MS;
  return {
    sinceMonoMs: at,
    deadlineMonoMs: (isOneCut ? state.sinceMonoMs : at) + policy.budgetMs,
    beganMonoMs: cutAtMs,
    side: facts.side,
    roomSid: state.roomSid,
    failedRejoins: isForgotten ? 0 : state.failedRejoins,
    sdkTries: 0,
    refusals: 0,
    urlIndex: state.urlIndex,
    offline: facts.offline ?? false,
  };
}
