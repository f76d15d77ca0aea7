/** Examples of every state and event of the link machine, enough to reach every cell of its table. */
import { reconnectPolicy, type ReconnectPolicy } from '../../../src/core/reconnect/policy.ts';
import type {
  LinkEvent,
  LinkHappening,
  LinkState,
  LinkStateName,
  Outage,
} from '../../../src/core/session/link-state.ts';
import type { DisconnectName, NetworkHint } from '../../../src/core/ports.ts';
import type { Problem } from '../../../src/core/session/types.ts';
import { SESSION_ERROR_CODES } from '../../../src/core/errors.ts';
import { DISCONNECT_ACTIONS } from '../../../src/core/reconnect/disconnect-reasons.ts';

/** The generation of every example; events of another one are stale. */
export const GENERATION = 3;
/** The time at which every example began, ms. */
export const BEGAN_MS = 100_000;

export const POLICIES: readonly ReconnectPolicy[] = [
  reconnectPolicy(),
  reconnectPolicy({ policy: 'classic' }),
  reconnectPolicy({ resumeWhenBack: true }),
  reconnectPolicy({ textOnly: true }),
];

export const PROBLEM: Problem = { code: 'joinUnreachable', detail: 'nobody there' };

/** An outage that began at {@link BEGAN_MS}. */
export function outage(change: Partial<Outage> = {}): Outage {
  return {
    sinceMonoMs: BEGAN_MS,
    deadlineMonoMs: BEGAN_MS + 120_000,
    beganMonoMs: BEGAN_MS,
    side: 'both',
    roomSid: 'RM_first',
    failedRejoins: 0,
    sdkTries: 0,
    refusals: 0,
    urlIndex: 0,
    offline: false,
    ...change,
  };
}

const base = { stay: 7, generation: GENERATION };
const up = {
  ...base,
  sinceMonoMs: BEGAN_MS,
  roomSid: 'RM_first',
  failedRejoins: 0,
  urlIndex: 0,
  provenSinceMonoMs: BEGAN_MS,
};
const connecting = {
  ...base,
  sinceMonoMs: BEGAN_MS,
  deadlineMonoMs: BEGAN_MS + 15_000,
  attempt: 1,
  refusals: 0,
  urlIndex: 0,
};
const lost = { sinceMonoMs: BEGAN_MS - 50_000, roomSid: 'RM_first' };

/** Examples by name. Classic outages have no deadline. */
export const STATES: { readonly [N in LinkStateName]: readonly Extract<LinkState, { name: N }>[] } = {
  idle: [{ name: 'idle', ...base }],
  requestingMic: [
    { name: 'requestingMic', ...base, sinceMonoMs: BEGAN_MS },
    { name: 'requestingMic', ...base, sinceMonoMs: BEGAN_MS, lost },
  ],
  'connecting.joining': [
    { name: 'connecting.joining', ...connecting },
    { name: 'connecting.joining', ...connecting, attempt: 2, refusals: 1 },
    { name: 'connecting.joining', ...connecting, attempt: 3, lost },
  ],
  'connecting.waiting': [
    {
      name: 'connecting.waiting',
      ...connecting,
      nextTryMonoMs: BEGAN_MS + 1000,
      asked: false,
      problem: PROBLEM,
    },
    {
      name: 'connecting.waiting',
      ...connecting,
      nextTryMonoMs: BEGAN_MS + 3000,
      asked: true,
      problem: PROBLEM,
    },
  ],
  connected: [
    { name: 'connected', ...up },
    { name: 'connected', ...up, failedRejoins: 4, recovered: { outageMs: 5000, sameRoom: true } },
    { name: 'connected', ...up, failedRejoins: 5 },
  ],
  unstable: [
    { name: 'unstable', ...up, cut: 'up', signalDown: false },
    { name: 'unstable', ...up, cut: 'down', signalDown: true },
    { name: 'unstable', ...up, cut: 'none', signalDown: true },
    { name: 'unstable', ...up, cut: 'none', signalDown: false },
  ],
  'reconnecting.sdk': [
    ...(['none', 'answered', 'missed', 'returned'] as const).flatMap((probes) =>
      (['none', 'all'] as const).map((repair) => ({
        name: 'reconnecting.sdk' as const,
        ...base,
        outage: outage(),
        repair,
        nextNudgeMonoMs: BEGAN_MS + 1500,
        probes,
      })),
    ),
    {
      name: 'reconnecting.sdk',
      ...base,
      outage: outage({ offline: true, deadlineMonoMs: Infinity }),
      repair: 'signal',
      nextNudgeMonoMs: BEGAN_MS,
      probes: 'missed',
    },
  ],
  'reconnecting.waiting': [false, true].flatMap((offline) =>
    [false, true].flatMap((probeEnds) =>
      [false, true].flatMap((asked) =>
        [BEGAN_MS + 120_000, Infinity].map((deadlineMonoMs) => ({
          name: 'reconnecting.waiting' as const,
          ...base,
          outage: outage({ offline, deadlineMonoMs, failedRejoins: 2 }),
          nextTryMonoMs: BEGAN_MS + 2000,
          asked,
          probeEnds,
          problem: PROBLEM,
        })),
      ),
    ),
  ),
  'reconnecting.joining': [
    outage(),
    outage({ failedRejoins: 4, deadlineMonoMs: Infinity }),
    outage({ refusals: 1 }),
    outage({ offline: true }),
  ].map((now) => ({
    name: 'reconnecting.joining' as const,
    ...base,
    outage: now,
    giveUpMonoMs: BEGAN_MS + 5000,
    probed: false,
  })),
  'reconnecting.proving': [
    outage(),
    outage({ failedRejoins: 4, deadlineMonoMs: Infinity }),
    outage({ offline: true }),
  ].map((now) => ({
    name: 'reconnecting.proving' as const,
    ...base,
    outage: now,
    newRoomSid: 'RM_first',
    sinceMonoMs: BEGAN_MS,
    giveUpMonoMs: BEGAN_MS + 5000,
  })),
  failed: [
    { name: 'failed', ...base, problem: PROBLEM },
    { name: 'failed', ...base, problem: { code: 'budgetExhausted', detail: '' }, lost },
  ],
  ended: [
    { name: 'ended', ...base, reason: 'stopped' },
    { name: 'ended', ...base, reason: 'duplicateIdentity' },
  ],
};

const HINTS: readonly NetworkHint[] = [
  'online',
  'offline',
  'visible',
  'resume',
  'pageshow',
  'connectionChange',
];
const generations = [GENERATION, GENERATION - 1];

/** Examples of what may happen, of every type, fresh and stale. */
export const HAPPENINGS: readonly LinkHappening[] = [
  { type: 'start' },
  { type: 'stop' },
  { type: 'retryNow' },
  { type: 'micOpened' },
  { type: 'micFailed', problem: { code: 'micDenied', detail: '' } },
  { type: 'woke' },
  { type: 'takenOver' },
  { type: 'timeUp' },
  { type: 'probed', answered: true },
  { type: 'probed', answered: false },
  ...HINTS.map((hint): LinkHappening => ({ type: 'hint', hint })),
  ...generations.flatMap((generation): LinkHappening[] => [
    { type: 'joined', generation, roomSid: 'RM_first' },
    ...SESSION_ERROR_CODES.map((code): LinkHappening => ({
      type: 'joinFailed',
      generation,
      problem: { code, detail: '' },
    })),
    {
      type: 'joinFailed',
      generation,
      problem: { code: 'tokenRateLimited', detail: '', retryAfterMs: 4000 },
    },
    { type: 'repairing', generation, scope: 'signal' },
    { type: 'repairing', generation, scope: 'all' },
    { type: 'repaired', generation },
    ...(Object.keys(DISCONNECT_ACTIONS) as DisconnectName[]).map((reason): LinkHappening => ({
      type: 'roomDisconnected',
      generation,
      reason,
    })),
    { type: 'agentEnded', generation },
    { type: 'media', generation, finding: { cut: 'none' } },
    { type: 'media', generation, finding: { cut: 'none', provenSinceMonoMs: BEGAN_MS - 1 } },
    { type: 'media', generation, finding: { cut: 'none', provenSinceMonoMs: BEGAN_MS + 1 } },
    { type: 'media', generation, finding: { cut: 'up' } },
    { type: 'media', generation, finding: { cut: 'down' } },
    { type: 'media', generation, finding: { cut: 'both', cutSinceMonoMs: BEGAN_MS - 2500 } },
  ]),
];

/** Times after {@link BEGAN_MS} that lie on both sides of every limit, ms. */
export const AFTER_MS: readonly number[] = [10, 2500, 6000, 16_000, 31_000, 121_000];

/** `happening` as an event. */
export function eventAt(atMonoMs: number, happening: LinkHappening, chance = 0): LinkEvent {
  return { ...happening, atMonoMs, chance };
}
