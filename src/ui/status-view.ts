/**
 * Decides what words the element shows for a link: the status, one headline, facts that tick, one note. Pure: time
 * comes in. Invariant: what ticks (attempt, elapsed, countdown) never stands in `status` or `announcement`, so that a
 * screen reader is told of changes and not of seconds.
 */
import type {
  AgentHandover,
  AgentState,
  Link,
  MicrophoneState,
  NetworkQuality,
  Problem,
  Recovery,
} from '../core/session/types.ts';
import type { Words } from './messages/words.ts';

/** How long a recovered note stays, ms: long enough to be read twice. */
export const RECOVERED_NOTE_MS = 12_000;

/** From here on a join tells how long it has taken, ms; one on a good network takes under one second. */
const SLOW_JOIN_MS = 3_000;

/** A countdown in whole seconds would say zero from here on, ms. */
const LAST_COUNT_MS = 500;

/** What colour and movement go with it. */
export type Tone = 'calm' | 'busy' | 'live' | 'warn' | 'bad';

/** A fault of the element itself, before there is a session. */
export type LocalProblem = 'loadFailed' | 'notConfigured';

/** What is known at a moment. */
export interface StatusInput {
  readonly link: Link;
  readonly agentState: AgentState;
  readonly microphone: MicrophoneState;
  readonly audioBlocked: boolean;
  readonly quality: NetworkQuality;
  /** With which quality the present spell of a weak network began; `good` outside of one. */
  readonly weakAs: NetworkQuality;
  readonly handover: AgentHandover | undefined;
  readonly muted: boolean;
  /** The code of the session is on its way. */
  readonly loading: boolean;
  readonly localProblem: LocalProblem | undefined;
  /** On the clock of the link's times. */
  readonly nowMonoMs: number;
}

/** What is shown. */
export interface StatusView {
  readonly tone: Tone;
  readonly status: string;
  readonly headline: string;
  /** Each in a node of its own, none of them live. */
  readonly facts: readonly string[];
  readonly notes: readonly string[];
  /** What a screen reader is told beside the status; empty for nothing. */
  readonly announcement: string;
  /** The same of a weak network, in a node of its own: it stays as it is for a whole spell, so that it is said once. */
  readonly qualityAnnouncement: string;
}

/** The words for `input`. */
export function statusView(input: StatusInput, words: Words): StatusView {
  const { weakAs } = input;
  return {
    ...phaseView(input, words),
    qualityAnnouncement: weakAs === 'good' ? '' : words.text(`quality.${weakAs}`),
  };
}

type PhaseView = Omit<StatusView, 'qualityAnnouncement'>;

function phaseView(input: StatusInput, words: Words): PhaseView {
  const { link, localProblem, loading } = input;
  if (!isRunning(link) && localProblem !== undefined) {
    const headline = words.text(`problem.${localProblem}`);
    return view('bad', words.text('status.failed'), headline, [], headline);
  }
  if (!isRunning(link) && loading)
    return view('busy', words.text('status.connecting'), words.text('headline.loading'));
  const status = words.text(`status.${link.phase}`);
  switch (link.phase) {
    case 'idle':
      return view('calm', status, words.text('headline.idle'));
    case 'requestingMic': {
      const headline = words.text('headline.requestingMic');
      return view('busy', status, headline, [], headline);
    }
    case 'connecting':
      return view('busy', status, words.text('headline.connecting'), connectingFacts(link, input, words));
    case 'connected':
      return connectedView(link, input, words);
    case 'unstable':
      return unstableView(link, input, words);
    case 'reconnecting':
      return reconnectingView(link, input, words);
    case 'failed': {
      const headline = problemText(link.problem, words);
      return view('bad', status, headline, [], headline);
    }
    case 'ended': {
      const headline = words.text(`ended.${link.reason}`);
      return view('calm', status, headline, [], headline);
    }
  }
}

/** Whether the view changes with time alone and has to be looked at again within a second. */
export function needsClock(link: Link, handover: AgentHandover | undefined, nowMonoMs: number): boolean {
  switch (link.phase) {
    case 'connecting':
    case 'reconnecting':
      return true;
    case 'unstable':
      return link.side !== 'signal';
    case 'connected':
      return isRecoveryFresh(link, nowMonoMs) || isHandoverFresh(handover, nowMonoMs);
    default:
      return false;
  }
}

/** A problem in words: what happened, what to do, and when where that is known. */
export function problemText(problem: Problem, words: Words): string {
  const text = words.text(`problem.${problem.code}`);
  if (problem.retryAfterMs === undefined || problem.retryAfterMs <= 0) return text;
  return `${text} ${words.text('problem.retryAfter', { duration: words.duration(problem.retryAfterMs) })}`;
}

function isRecoveryFresh(link: Link & { phase: 'connected' }, nowMonoMs: number): boolean {
  return link.recovered !== undefined && nowMonoMs - link.sinceMonoMs < RECOVERED_NOTE_MS;
}

function isHandoverFresh(handover: AgentHandover | undefined, nowMonoMs: number): handover is AgentHandover {
  return handover !== undefined && nowMonoMs - handover.atMonoMs < RECOVERED_NOTE_MS;
}

/** Nothing for a join that is as fast as most: a figure that flashes up says less than none. */
function connectingFacts(
  link: Link & { phase: 'connecting' },
  input: StatusInput,
  words: Words,
): readonly string[] {
  const elapsedMs = input.nowMonoMs - link.sinceMonoMs;
  if (link.attempt <= 1 && elapsedMs < SLOW_JOIN_MS) return [];
  const elapsed = words.text('fact.elapsed', { duration: words.duration(elapsedMs) });
  return link.attempt > 1 ? [words.text('fact.attempt', { attempt: link.attempt }), elapsed] : [elapsed];
}

function connectedView(link: Link & { phase: 'connected' }, input: StatusInput, words: Words): PhaseView {
  const headline = words.text(`agent.${input.agentState}`);
  const news: string[] = [];
  if (link.recovered !== undefined && isRecoveryFresh(link, input.nowMonoMs))
    news.push(recoveryText(link.recovered, words));
  if (isHandoverFresh(input.handover, input.nowMonoMs))
    news.push(words.text(`handover.${input.handover.origin}`));
  // Of the agent's states only its absence is said: the others change with every turn.
  const said = [
    ...(input.agentState === 'absent' ? [headline] : []),
    ...news,
    ...callNotes({ ...input, quality: 'good' }, words),
  ];
  return {
    ...view('live', words.text('status.connected'), headline),
    notes: [...news, ...callNotes(input, words)],
    announcement: said.join(' '),
  };
}

/** How long it was, what may be lost, and whether the room is another one. */
function recoveryText({ outageMs, sameRoom, side = 'both' }: Recovery, words: Words): string {
  const sentences: string[] = [];
  // In less than a second nothing is said that anybody would miss, and "0 seconds" is no news.
  if (outageMs >= 1000)
    sentences.push(
      words.text('note.recovered', { duration: words.duration(outageMs) }),
      words.text(`loss.${side}`),
    );
  if (!sameRoom) sentences.push(words.text('note.recoveredNewRoom'));
  return sentences.join(' ');
}

function unstableView(link: Link & { phase: 'unstable' }, input: StatusInput, words: Words): PhaseView {
  // Sound that is cut is more than sound that is weak.
  const isCut = link.side === 'up' || link.side === 'down';
  const notes = callNotes(isCut ? { ...input, quality: 'good' } : input, words);
  const side = words.text(`side.${link.side}`);
  // Sound is whole when only the control connection is gone: nobody shall be alarmed by it.
  if (link.side === 'signal')
    return {
      ...view('live', words.text('status.connected'), words.text(`agent.${input.agentState}`)),
      notes: [side, ...notes],
      announcement: '',
    };
  const elapsed = words.text('fact.elapsed', {
    duration: words.duration(input.nowMonoMs - link.sinceMonoMs),
  });
  return { ...view('warn', words.text('status.unstable'), side, [elapsed], side), notes };
}

function reconnectingView(
  link: Link & { phase: 'reconnecting' },
  input: StatusInput,
  words: Words,
): PhaseView {
  const headline = words.text(link.offline ? 'headline.offline' : 'headline.reconnecting');
  const facts = [
    words.text('fact.attempt', { attempt: link.attempt }),
    words.text('fact.elapsed', { duration: words.duration(input.nowMonoMs - link.sinceMonoMs) }),
  ];
  if (!link.offline) {
    const leftMs = (link.nextTryMonoMs ?? input.nowMonoMs) - input.nowMonoMs;
    facts.push(
      leftMs < LAST_COUNT_MS
        ? words.text('fact.trying')
        : words.text('fact.nextTry', { duration: words.duration(leftMs) }),
    );
  }
  // Offline says it all; and while rejoining, sound that the control connection outlived is gone too.
  const side = link.offline || link.side === 'signal' ? [] : [words.text(`side.${link.side}`)];
  return {
    ...view('warn', words.text('status.reconnecting'), headline, facts, [...side, headline].join(' ')),
    notes: [...side, ...callNotes({ ...input, audioBlocked: false, quality: 'good' }, words)],
  };
}

function callNotes(input: StatusInput, words: Words): string[] {
  const notes: string[] = [];
  if (input.audioBlocked) notes.push(words.text('note.audioBlocked'));
  if (input.microphone.status === 'failed') notes.push(words.text(`problem.${input.microphone.code}`));
  if (input.microphone.status === 'live' && input.microphone.silent === true)
    notes.push(words.text('note.micSilent'));
  if (input.quality !== 'good') notes.push(words.text(`quality.${input.quality}`));
  if (input.muted) notes.push(words.text('note.muted'));
  return notes;
}

function view(
  tone: Tone,
  status: string,
  headline: string,
  facts: readonly string[] = [],
  announcement = '',
): PhaseView {
  return { tone, status, headline, facts, notes: [], announcement };
}

function isRunning(link: Link): boolean {
  return link.phase !== 'idle' && link.phase !== 'failed' && link.phase !== 'ended';
}
