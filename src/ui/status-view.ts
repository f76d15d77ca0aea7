/**
 * Decides what words the element shows for a link: the status, one headline, facts that tick, one note. Pure: time
 * comes in. Invariant: what ticks (attempt, elapsed, countdown) never stands in `status` or `announcement`, so that a
 * screen reader is told of changes and not of seconds.
 */
import type { AgentState, Link, MicrophoneState, Problem } from '../core/session/types.ts';
import type { MessageKey, Words } from './messages/words.ts';

/** How long a recovered note stays, ms: long enough to be read twice. */
export const RECOVERED_NOTE_MS = 12_000;

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
}

/** The words for `input`. */
export function statusView(input: StatusInput, words: Words): StatusView {
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
    case 'requestingMic':
      return view('busy', status, words.text('headline.requestingMic'));
    case 'connecting': {
      const facts = link.attempt > 1 ? [words.text('fact.attempt', { attempt: link.attempt })] : [];
      return view('busy', status, words.text('headline.connecting'), facts);
    }
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
export function needsClock(link: Link, nowMonoMs: number): boolean {
  if (link.phase === 'reconnecting') return true;
  return (
    link.phase === 'connected' &&
    link.recovered !== undefined &&
    nowMonoMs - link.sinceMonoMs < RECOVERED_NOTE_MS
  );
}

/** A problem in words: what happened, what to do, and when where that is known. */
export function problemText(problem: Problem, words: Words): string {
  const text = words.text(`problem.${problem.code}`);
  if (problem.retryAfterMs === undefined || problem.retryAfterMs <= 0) return text;
  return `${text} ${words.text('problem.retryAfter', { duration: words.duration(problem.retryAfterMs) })}`;
}

function connectedView(link: Link & { phase: 'connected' }, input: StatusInput, words: Words): StatusView {
  const notes = callNotes(input, words);
  const recovered = needsClock(link, input.nowMonoMs) ? link.recovered : undefined;
  if (recovered !== undefined) {
    const key: MessageKey = recovered.sameRoom ? 'note.recovered' : 'note.recoveredNewRoom';
    notes.unshift(words.text(key, { duration: words.duration(recovered.outageMs) }));
  }
  return {
    ...view('live', words.text('status.connected'), words.text(`agent.${input.agentState}`)),
    notes,
    announcement: notes.join(' '),
  };
}

function unstableView(link: Link & { phase: 'unstable' }, input: StatusInput, words: Words): StatusView {
  const notes = callNotes(input, words);
  const side = words.text(`side.${link.side}`);
  // Sound is whole when only the control connection is gone: nobody shall be alarmed by it.
  if (link.side === 'signal')
    return {
      ...view('live', words.text('status.connected'), words.text(`agent.${input.agentState}`)),
      notes: [side, ...notes],
      announcement: '',
    };
  return { ...view('warn', words.text('status.unstable'), side), notes, announcement: side };
}

function reconnectingView(
  link: Link & { phase: 'reconnecting' },
  input: StatusInput,
  words: Words,
): StatusView {
  const headline = words.text(link.offline ? 'headline.offline' : 'headline.reconnecting');
  const facts = [
    words.text('fact.attempt', { attempt: link.attempt }),
    words.text('fact.elapsed', { duration: words.duration(input.nowMonoMs - link.sinceMonoMs) }),
  ];
  if (!link.offline)
    facts.push(
      link.nextTryMonoMs === undefined
        ? words.text('fact.trying')
        : words.text('fact.nextTry', { duration: words.duration(link.nextTryMonoMs - input.nowMonoMs) }),
    );
  const base = view('warn', words.text('status.reconnecting'), headline, facts, headline);
  return { ...base, notes: callNotes({ ...input, audioBlocked: false }, words) };
}

function callNotes(input: StatusInput, words: Words): string[] {
  const notes: string[] = [];
  if (input.audioBlocked) notes.push(words.text('note.audioBlocked'));
  if (input.microphone.status === 'failed') notes.push(words.text(`problem.${input.microphone.code}`));
  if (input.muted) notes.push(words.text('note.muted'));
  return notes;
}

function view(
  tone: Tone,
  status: string,
  headline: string,
  facts: readonly string[] = [],
  announcement = '',
): StatusView {
  return { tone, status, headline, facts, notes: [], announcement };
}

function isRunning(link: Link): boolean {
  return link.phase !== 'idle' && link.phase !== 'failed' && link.phase !== 'ended';
}
