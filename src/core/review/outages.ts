/**
 * Outages out of a recording's events: from the first sign to proof or end. Owns what counts as one outage: all
 * phases between two proven connections, so an outage that goes from `unstable` over several tries is one. It begins
 * when sound stopped, which the link tells seconds later, as `cutForMs` with its first signs or as `outageMs` on its return.
 */
import type { RecordingEvent } from '../../shared/recording.ts';

/** Which way was cut, as the link saw it; `agent`: nothing was, and nobody answered. */
export type OutageSide = 'up' | 'down' | 'both' | 'signal' | 'agent';

/** A time in which the session was not proven to be up. Times are monotonic ms since its start. */
export interface Outage {
  readonly startMs: number;
  /** The end of the recording where it never ended. */
  readonly endMs: number;
  /** When the link first said so. */
  readonly noticedMs: number;
  readonly side: OutageSide;
  readonly end: 'recovered' | 'failed' | 'ended' | 'open';
  /** Tries to come back, count; 0 where sound came back by itself. */
  readonly attempts: number;
  /** False when the room was gone and the conversation went on in a new one. */
  readonly sameRoom: boolean;
  /** Came back by a new join and not by the SDK's repair. */
  readonly isRejoin: boolean;
}

/** Shorter than this between two outages, ms, nothing was up: the last sign of life of a path that was going. */
const BLINK_MS = 1000;

interface Open {
  /** As far as is known yet. */
  startMs: number;
  /** `startMs` is the agent's last answer, of which there is one a second: what the path tells is nearer. */
  isByAgent: boolean;
  noticedMs: number;
  side: OutageSide;
  attempts: number;
  isRejoin: boolean;
}

/** The outages of a recording in their order. `endMs` is the end of the recording. */
export function outagesOf(events: readonly RecordingEvent[], endMs: number): Outage[] {
  const outages: Outage[] = [];
  let open: Open | undefined;
  let isUp = false;
  /** Shown as connected for a blink only: the outage before it was not over. */
  const reopened = (atMs: number): Open | undefined => {
    const last = outages.at(-1);
    if (last?.end !== 'recovered' || atMs - last.endMs > BLINK_MS) return undefined;
    outages.pop();
    const { startMs, noticedMs, side, attempts, isRejoin } = last;
    return { startMs, isByAgent: side === 'agent', noticedMs, side, attempts, isRejoin };
  };
  const close = (atMs: number, end: Outage['end'], facts: Facts = {}): void => {
    if (open === undefined) return;
    const { noticedMs, side, attempts, isRejoin } = open;
    const before = outages.at(-1)?.endMs ?? 0;
    outages.push({
      startMs: Math.max(before, startOf(open, atMs - lengthIn(facts, 'outageMs'), facts)),
      endMs: atMs,
      noticedMs,
      side,
      end,
      attempts,
      sameRoom: facts['sameRoom'] !== false,
      isRejoin,
    });
    open = undefined;
  };
  for (const event of events) {
    if (event.kind === 'attempt' && open !== undefined) {
      open.attempts = Math.max(open.attempts, event.attempt);
      open.isRejoin ||= event.by === 'rejoin';
    }
    if (event.kind !== 'phase') continue;
    const facts = event.facts ?? {};
    switch (event.phase) {
      case 'connected':
        close(event.atMs, 'recovered', facts);
        isUp = true;
        break;
      case 'unstable':
      case 'reconnecting':
        if (isUp) open = sawOutage(open ?? reopened(event.atMs), event.phase, event.atMs, facts);
        break;
      case 'failed':
      case 'ended':
        close(event.atMs, event.phase);
        isUp = false;
        break;
    }
  }
  close(endMs, 'open');
  return outages;
}

type Facts = Readonly<Record<string, string | number | boolean>>;

function sawOutage(open: Open | undefined, phase: string, atMs: number, facts: Facts): Open {
  const side = sideOf(facts, open?.side);
  const state = facts['state'];
  const isJoin = state === 'reconnecting.joining';
  const isTry = isJoin || (state === 'reconnecting.sdk' && !(open?.attempts ?? 0));
  const startMs = startOf(open, atMs - lengthIn(facts, 'cutForMs'), facts);
  return {
    startMs,
    isByAgent: side === 'agent' || (open?.isByAgent === true && startMs === open.startMs),
    noticedMs: open?.noticedMs ?? atMs,
    side: open === undefined ? side : wider(open.side, side),
    attempts: (open?.attempts ?? 0) + (phase === 'reconnecting' && isTry ? 1 : 0),
    isRejoin: (open?.isRejoin ?? false) || isJoin,
  };
}

/** Where an outage begins, when another sign of it tells that it began at `toldMs`. */
function startOf(open: Open | undefined, toldMs: number, facts: Facts): number {
  if (open === undefined) return toldMs;
  const isOfPath = facts['agentMissed'] !== true && facts['side'] !== 'agent';
  // What fell silent together began together; an agent that was missed long before is an outage from then on.
  if (open.isByAgent && isOfPath && toldMs < open.noticedMs) return toldMs;
  return Math.min(open.startMs, toldMs);
}

/** A length of time among the facts, ms; 0 where it is not told. */
function lengthIn(facts: Facts, name: 'cutForMs' | 'outageMs'): number {
  const told = facts[name];
  return typeof told === 'number' && told > 0 ? told : 0;
}

function sideOf(facts: Facts, before: OutageSide | undefined): OutageSide {
  if (facts['agentMissed'] === true) return 'agent';
  const told = facts['side'] ?? facts['cut'];
  if (told === 'up' || told === 'down' || told === 'both' || told === 'signal') return told;
  if (told === 'none') return 'signal';
  return before ?? 'both';
}

/** Of the two, the one that takes more: both sides, one side, nobody there, the control connection only. */
function wider(first: OutageSide, second: OutageSide): OutageSide {
  for (const least of ['signal', 'agent'] as const) {
    if (first === least) return second;
    if (second === least) return first;
  }
  return first === second ? first : 'both';
}
