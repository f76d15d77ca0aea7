/**
 * What people see of the link machine's state: the public `Link`, and the line for log and recording. Pure. A machine
 * that is connected is shown so only with an agent in the room: without one nobody is heard, whatever flows.
 */
import type { Connected, LinkState } from './link-state.ts';
import type { ReconnectPolicy } from '../reconnect/policy.ts';
import type { AgentStanding } from './agent-presence.ts';
import type { Link, UnstableSide } from './types.ts';

/** An absence that began this soon after the link was back belongs to the outage before it, ms. */
const SAME_OUTAGE_MS = 1000;
/** Shorter absences are not worth a note afterwards, ms. */
const NOTEWORTHY_ABSENCE_MS = 1000;

/** The public view of `state`, given whether its agent is there. */
export function linkOf(state: LinkState, policy: ReconnectPolicy, agent: AgentStanding = {}): Link {
  switch (state.name) {
    case 'idle':
      return { phase: 'idle' };
    case 'requestingMic':
      return { phase: 'requestingMic', sinceMonoMs: state.sinceMonoMs };
    case 'connecting.joining':
    case 'connecting.waiting':
      return { phase: 'connecting', sinceMonoMs: state.sinceMonoMs, attempt: state.attempt };
    case 'connected':
      return missed(agent) ?? connectedLink(state, agent);
    case 'unstable': {
      if (state.cut === 'none') {
        const missing = missed(agent);
        if (missing !== undefined) return missing;
      }
      const side: UnstableSide = state.cut === 'none' ? 'signal' : state.cut;
      return { phase: 'unstable', sinceMonoMs: state.sinceMonoMs, side };
    }
    case 'reconnecting.sdk':
    case 'reconnecting.waiting':
    case 'reconnecting.joining':
    case 'reconnecting.proving': {
      const { outage } = state;
      const bySdk = state.name === 'reconnecting.sdk';
      const countsDown = state.name === 'reconnecting.waiting' && !(outage.offline && policy.heedsHints);
      return {
        phase: 'reconnecting',
        sinceMonoMs: outage.beganMonoMs,
        side: outage.side,
        ...(outage.why !== undefined && { why: outage.why }),
        by: bySdk ? 'sdk' : 'rejoin',
        attempt: outage.failedRejoins + (bySdk ? 1 : 1 + outage.sdkTries),
        ...(countsDown && { nextTryMonoMs: state.nextTryMonoMs }),
        ...(Number.isFinite(outage.deadlineMonoMs) && { untilMonoMs: outage.deadlineMonoMs }),
        offline: outage.offline,
      };
    }
    case 'failed':
      return { phase: 'failed', problem: state.problem };
    case 'ended':
      return { phase: 'ended', reason: state.reason };
  }
}

function missed({ missedSinceMonoMs }: AgentStanding): Link | undefined {
  if (missedSinceMonoMs === undefined) return undefined;
  return { phase: 'unstable', sinceMonoMs: missedSinceMonoMs, side: 'agent' };
}

function connectedLink({ sinceMonoMs, recovered }: Connected, { returned }: AgentStanding): Link {
  if (returned === undefined || returned.atMonoMs < sinceMonoMs)
    return { phase: 'connected', sinceMonoMs, ...(recovered !== undefined && { recovered }) };
  const { atMonoMs } = returned;
  if (recovered !== undefined && returned.sinceMonoMs - sinceMonoMs < SAME_OUTAGE_MS) {
    const outageMs = recovered.outageMs + atMonoMs - sinceMonoMs;
    return { phase: 'connected', sinceMonoMs: atMonoMs, recovered: { ...recovered, outageMs } };
  }
  const outageMs = atMonoMs - returned.sinceMonoMs;
  return {
    phase: 'connected',
    sinceMonoMs: atMonoMs,
    ...(outageMs >= NOTEWORTHY_ABSENCE_MS && {
      recovered: { outageMs, sameRoom: true, side: 'agent' },
    }),
  };
}

/** A transition for log and recording. */
export interface TransitionLine {
  /** `linkChanged`, always. */
  readonly event: 'linkChanged';
  readonly text: string;
  readonly facts: Readonly<Record<string, string | number | boolean>>;
}

/** The one line of a transition. It holds no token, text, label or address. The emoji texts are the source document's. */
export function transitionLine(state: LinkState, link: Link, atMonoMs: number): TransitionLine {
  if (link.phase === 'unstable' && link.side === 'agent') {
    const { name, generation } = state;
    const facts = { state: name, generation, agentMissed: true, ...cutForOf(link, atMonoMs) };
    return { event: 'linkChanged', text: 'no agent answers', facts };
  }
  // What was shown as the outage may have lasted until the agent was back.
  const facts = {
    ...factsOf(state, atMonoMs),
    ...cutForOf(link, atMonoMs),
    ...(link.phase === 'connected' && link.recovered),
  };
  return { event: 'linkChanged', text: textOf(state, atMonoMs), facts };
}

/** A cut is found seconds after it began: for how long it had lasted when it was told, so that a recording knows when. */
function cutForOf(link: Link, atMonoMs: number): { readonly cutForMs?: number } {
  if (link.phase !== 'unstable' && link.phase !== 'reconnecting') return {};
  const cutForMs = atMonoMs - link.sinceMonoMs;
  return cutForMs > 0 ? { cutForMs } : {};
}

function textOf(state: LinkState, atMonoMs: number): string {
  switch (state.name) {
    case 'reconnecting.waiting':
      return `🔄 Scheduling reconnection in ${Math.max(0, Math.round(state.nextTryMonoMs - atMonoMs))}ms`;
    case 'failed':
      return state.problem.code === 'budgetExhausted'
        ? '💥 Max reconnection attempts reached.'
        : `failed: ${state.problem.code}`;
    case 'ended':
      return `ended: ${state.reason}`;
    default:
      return state.name;
  }
}

function factsOf(state: LinkState, atMonoMs: number): Record<string, string | number | boolean> {
  const facts = { state: state.name, generation: state.generation };
  switch (state.name) {
    case 'idle':
    case 'requestingMic':
    case 'connected':
      return facts;
    case 'connecting.joining':
      return { ...facts, attempt: state.attempt };
    case 'connecting.waiting':
      return {
        ...facts,
        attempt: state.attempt,
        delayMs: state.nextTryMonoMs - atMonoMs,
        code: state.problem.code,
      };
    case 'unstable':
      return { ...facts, cut: state.cut, signalDown: state.signalDown };
    case 'reconnecting.sdk':
      return { ...facts, side: state.outage.side, offline: state.outage.offline, repair: state.repair };
    case 'reconnecting.waiting':
      return {
        ...facts,
        offline: state.outage.offline,
        failedRejoins: state.outage.failedRejoins,
        delayMs: state.nextTryMonoMs - atMonoMs,
        code: state.problem.code,
        detail: state.problem.detail,
      };
    case 'reconnecting.joining':
    case 'reconnecting.proving':
      return { ...facts, offline: state.outage.offline, failedRejoins: state.outage.failedRejoins };
    case 'failed':
      return { ...facts, code: state.problem.code, detail: state.problem.detail };
    case 'ended':
      return { ...facts, reason: state.reason };
  }
}
