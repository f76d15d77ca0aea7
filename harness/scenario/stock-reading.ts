/**
 * Decides how a call of stock livekit-client is judged by criteria that were written for ours. Pure. Stock is judged by
 * what it does, not by our vocabulary: LiveKit's names are read as the meaning that they have, a final phase is a final
 * phase, and what only our product promises (which side is cut, our budget, our notes) is not asked of it. What was left
 * out is told, never silently; times, words, joins and telling at all are asked of both alike.
 */
import type { CallClient, CallPhase } from '../call/call-result.ts';
import type { ObservedCall } from './judge.ts';
import type { Afterwards, Criteria, Scenario } from './scenario.ts';

/** DisconnectReason of the LiveKit protocol, and what it means here. */
const MEANINGS: Readonly<Record<string, string>> = {
  PARTICIPANT_REMOVED: 'removed',
  ROOM_DELETED: 'roomDeleted',
  DUPLICATE_IDENTITY: 'duplicateIdentity',
  SERVER_SHUTDOWN: 'serverShutdown',
};
const TOLD_BY_STOCK = new Set(Object.values(MEANINGS));

/** Texts and habits of our page; what is done with the call itself (microphone, start, resume) is asked of both. */
const OUR_PAGE: readonly Afterwards[] = [
  'contextTold',
  'secondTabExplained',
  'soundPrompted',
  'soundAfterGesture',
  'newTokenOnce',
  'silenceTold',
];
const FINAL = ['failed', 'ended'];

/** What is asked of a client, and what is not although it is promised. */
export interface AskedCriteria {
  readonly asked: Criteria;
  readonly without: Criteria;
}

/** The whole of `pass` for ours, what livekit-client can keep for stock. */
export function askedOf(client: CallClient, pass: Criteria): AskedCriteria {
  if (client === 'clara') return { asked: pass, without: {} };
  const { reasons = [], failsAfter, expectPhases = [], afterwards = [], ...asked } = pass;
  // It tells its repair of the control connection as a state of its own, so `reconnecting` need not come.
  const [phases, ourPhases] = split(expectPhases, (phase) => phase !== 'reconnecting');
  const [looks, ourLooks] = split(afterwards, (name) => !OUR_PAGE.includes(name));
  const namesOne = reasons.some((reason) => TOLD_BY_STOCK.has(reason));
  return {
    asked: {
      ...asked,
      ...(namesOne && { reasons }),
      ...(phases.length > 0 && { expectPhases: phases }),
      ...(looks.length > 0 && { afterwards: looks }),
    },
    without: {
      ...(failsAfter !== undefined && { failsAfter }),
      ...(ourPhases.length > 0 && { expectPhases: ourPhases }),
      ...(reasons.length > 0 && !namesOne && { reasons }),
      ...(ourLooks.length > 0 && { afterwards: ourLooks }),
    },
  };
}

/** A scenario and a call as the judge is to read them for `client`. */
export function readFor(
  client: CallClient,
  scenario: Scenario,
  call: ObservedCall,
): { readonly scenario: Scenario; readonly call: ObservedCall } {
  if (client === 'clara') return { scenario, call };
  const { asked } = askedOf(client, scenario.pass);
  const final = asked.endsIn !== undefined && FINAL.includes(asked.endsIn) ? asked.endsIn : undefined;
  return {
    scenario: { ...scenario, pass: asked },
    call: {
      ...call,
      phases: call.phases.map(({ phase, reason, ...rest }): CallPhase => ({
        ...rest,
        phase: final !== undefined && FINAL.includes(phase) ? final : phase,
        ...(reason !== undefined && { reason: MEANINGS[reason] ?? reason }),
      })),
    },
  };
}

function split<T>(all: readonly T[], isFirst: (each: T) => boolean): [T[], T[]] {
  return [all.filter(isFirst), all.filter((each) => !isFirst(each))];
}
