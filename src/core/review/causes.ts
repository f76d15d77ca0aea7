/**
 * The most likely cause of an outage, from what else was recorded around it. Owns the order of suspicion: what the
 * browser or the server said itself counts before what can only be concluded. Every cause names what it stands on.
 */
import type { RecordingEvent } from '../../shared/recording.ts';
import type { Outage } from './outages.ts';

/** Causes, the most certain first. */
export const OUTAGE_CAUSES = [
  'deviceOffline', // the browser said that it has no network
  'pageSlept', // the page was frozen or the machine slept
  'serverRestarted', // LiveKit said that it shuts down
  'accessRefused', // token or join was refused
  'agentGone', // the room was fine, nobody answered in it
  'networkChanged', // another network came up: Wi-Fi to mobile
  'serverUnreachable', // the server did not answer although there was a network
  'signalLost', // only the control connection was lost
  'oneWay', // sound went one way only
  'pathLost', // nothing came through, no one said why
] as const;
/** One of {@link OUTAGE_CAUSES}. */
export type OutageCause = (typeof OUTAGE_CAUSES)[number];

/** A cause and what it stands on. */
export interface LikelyCause {
  readonly cause: OutageCause;
  /** True when the browser or the server said it; false when it is concluded. */
  readonly isTold: boolean;
}

/** How long before an outage was noticed its cause may have shown, ms: a browser tells `offline` late and early. */
const BEFORE_MS = 3000;
/** The same for an agent that left: LiveKit tells its absence up to 5 s late. */
const AGENT_BEFORE_MS = 8000;

/** The most likely cause of an outage. */
export function causeOf(outage: Outage, events: readonly RecordingEvent[]): LikelyCause {
  const near = events.filter(
    ({ atMs }) => atMs >= Math.min(outage.startMs, outage.noticedMs - BEFORE_MS) && atMs <= outage.endMs,
  );
  for (const cause of OUTAGE_CAUSES)
    if (TOLD[cause]?.some((says) => near.some(says))) return { cause, isTold: true };
  if (outage.side === 'agent' || agentLeftFirst(outage, events)) return { cause: 'agentGone', isTold: false };
  if (near.some((event) => event.kind === 'network' && event.hint === 'connectionChange'))
    return { cause: 'networkChanged', isTold: false };
  if (near.some((event) => wordsOf(event).some((word) => UNREACHABLE.has(word))))
    return { cause: 'serverUnreachable', isTold: false };
  if (outage.side === 'signal') return { cause: 'signalLost', isTold: false };
  if (outage.side !== 'both') return { cause: 'oneWay', isTold: false };
  return { cause: 'pathLost', isTold: false };
}

const UNREACHABLE: ReadonlySet<string> = new Set([
  'joinUnreachable',
  'tokenUnreachable',
  'joinTimeout',
  'tokenTimeout',
]);
const REFUSED: ReadonlySet<string> = new Set(['tokenRejected', 'joinUnauthorized', 'USER_REJECTED']);

type Says = (event: RecordingEvent) => boolean;

const TOLD: Readonly<Partial<Record<OutageCause, readonly Says[]>>> = {
  deviceOffline: [
    (event) => event.kind === 'network' && event.hint === 'offline',
    (event) => event.kind === 'phase' && event.facts?.['offline'] === true,
  ],
  pageSlept: [
    (event) => event.kind === 'page' && (event.state === 'frozen' || event.state === 'resumed'),
    (event) => event.kind === 'network' && (event.hint === 'resume' || event.hint === 'pageshow'),
  ],
  serverRestarted: [(event) => wordsOf(event).some((word) => word.includes('SERVER_SHUTDOWN'))],
  accessRefused: [(event) => wordsOf(event).some((word) => REFUSED.has(word))],
};

/** It must have left before the link noticed anything: in a rejoin everybody vanishes for a moment. */
function agentLeftFirst({ noticedMs }: Outage, events: readonly RecordingEvent[]): boolean {
  const before = events.filter(
    ({ kind, atMs }) => kind === 'agentState' && atMs <= noticedMs && atMs > noticedMs - AGENT_BEFORE_MS,
  );
  const last = before.at(-1);
  return last?.kind === 'agentState' && last.state === 'absent';
}

/** Codes and reasons that an event carries. */
function wordsOf(event: RecordingEvent): string[] {
  switch (event.kind) {
    case 'error':
      return [event.code];
    case 'attempt':
      return [event.cause];
    case 'phase':
      return [event.facts?.['code'], event.facts?.['detail'], event.facts?.['reason']].filter(
        (word) => typeof word === 'string',
      );
    default:
      return [];
  }
}
