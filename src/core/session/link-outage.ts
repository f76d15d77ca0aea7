/**
 * The link in an outage: the SDK repairs (link-repair.ts), or we wait, join and ask the new room for proof
 * (link-rejoin.ts). Pure. Here stands what holds in each of these steps. Invariants: no join while offline (resilient)
 * unless a probe has just answered; `connected` only with proof that began after the outage; at the deadline it fails,
 * in whatever step it is.
 */
import type { ReconnectPolicy } from '../reconnect/policy.ts';
import { end, ignored, moved } from './link-moves.ts';
import { type InOutage, rejoinNow, withOutage } from './link-outage-moves.ts';
import { whileJoining, whileProving, whileWaiting } from './link-rejoin.ts';
import { whileSdkRepairs } from './link-repair.ts';
import type { LinkEvent, Step } from './link-state.ts';

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

function hasRoom(state: InOutage): boolean {
  return state.name === 'reconnecting.sdk' || state.name === 'reconnecting.proving';
}
