/**
 * The link while its room stands in an outage: the SDK repairs, or is pushed. Pure. Decides when ICE is restarted,
 * whether what flows is believed, and when the room is worth no more waiting. While only media is cut the room is
 * held, because a new one would have none either.
 */
import { DISCONNECT_ACTIONS } from '../reconnect/disconnect-reasons.ts';
import type { ReconnectPolicy } from '../reconnect/policy.ts';
import { end, ignored, moved } from './link-moves.ts';
import {
  giveUp,
  isProof,
  recovered,
  rejoinNow,
  rejoinProbed,
  SELF_HEAL_MS,
  waitFirst,
  withOutage,
} from './link-outage-moves.ts';
import type { LinkEvent, ReconnectingSdk, Step } from './link-state.ts';

/**
 * Pause between two ICE restarts while only media is cut, ms. Each lives 15 s at either end, and those that live share
 * Chrome's 20 checks a second: at 3 s the newest was checked so rarely that sound came back 1 s later than at 9 s.
 */
const ICE_RESTART_MS = 9000;

/** The next step while the SDK repairs. */
export function whileSdkRepairs(state: ReconnectingSdk, event: LinkEvent, policy: ReconnectPolicy): Step {
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
      return waitFirst(state, outage, event, action, policy);
    }
    case 'probed': {
      if (!event.answered) return moved({ ...state, nextNudgeMonoMs: at + SELF_HEAL_MS, probes: 'missed' });
      if (at - outage.sinceMonoMs >= repairLimitMs(state, policy)) return rejoinProbed(state, at, policy);
      // The path is back: whatever repairs need not sit out the pause between two tries, up to 1 s.
      if (state.probes === 'missed' && state.repair === 'signal')
        return moved({ ...state, probes: 'returned' }, { type: 'repairNow' });
      const probes = state.probes === 'none' ? 'answered' : state.probes;
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
  if (state.probes === 'none' || state.probes === 'answered') return policy.mediaHoldMs;
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
