/**
 * Decides which DOM events follow from what the session shows. Pure: dispatches nothing, remembers nothing. Each fact
 * gives its event once: a changed attempt inside one phase gives none.
 */
import type { Link, TranscriptEntry } from '../core/session/types.ts';
import {
  ClaraErrorEvent,
  ClaraMessageEvent,
  ClaraPhaseChangeEvent,
  ClaraRecoveredEvent,
  ClaraSessionEndEvent,
  ClaraSessionStartEvent,
  ClaraTranscriptEvent,
} from './events.ts';

/** Whether a session runs: neither before its start nor over. */
export function isActive(link: Link): boolean {
  return link.phase !== 'idle' && link.phase !== 'failed' && link.phase !== 'ended';
}

/** Whether sound flows or flowed a moment ago, so that levels mean something. */
export function hasSound(link: Link): boolean {
  return link.phase === 'connected' || link.phase === 'unstable' || link.phase === 'reconnecting';
}

/** Why a link is in its phase, as one word. */
export function reasonOf(link: Link): string | undefined {
  switch (link.phase) {
    case 'failed':
      return link.problem.code;
    case 'ended':
      return link.reason;
    case 'unstable':
      return link.side === 'agent' ? 'agentMissing' : link.side;
    case 'reconnecting':
      return link.why ?? link.side;
    default:
      return undefined;
  }
}

/** The events of a step from `previous` to `link`, in the order to dispatch. `joined`: it had been connected before. */
export function eventsForLink(link: Link, previous: Link, joined: boolean): Event[] {
  const events: Event[] = [];
  if (link.phase !== previous.phase) {
    events.push(new ClaraPhaseChangeEvent(link.phase, previous.phase, reasonOf(link)));
    if (link.phase === 'connected' && !joined) events.push(new ClaraSessionStartEvent());
  }
  if (link.phase === 'connected' && link.recovered !== undefined) {
    const before = previous.phase === 'connected' ? previous.recovered : undefined;
    if (before !== link.recovered) events.push(new ClaraRecoveredEvent(link.recovered));
  }
  if (link.phase === 'failed' && previous.phase !== 'failed')
    events.push(new ClaraErrorEvent(link.problem.code, link.problem.detail, true));
  if ((link.phase === 'failed' || link.phase === 'ended') && link.phase !== previous.phase && joined)
    events.push(new ClaraSessionEndEvent(link.phase, reasonOf(link) ?? ''));
  return events;
}

/** The events of a step from `previous` to `entries`: one `clara-transcript` a changed line, one `clara-message` a completed text. */
export function eventsForTranscript(
  entries: readonly TranscriptEntry[],
  previous: readonly TranscriptEntry[],
): Event[] {
  const events: Event[] = [];
  for (const { entry, before } of changesOf(entries, previous)) {
    events.push(new ClaraTranscriptEvent(entry));
    if (entry.kind === 'text' && isComplete(entry) && (before === undefined || !isComplete(before)))
      events.push(new ClaraMessageEvent(entry.from, entry.text, entry.id));
  }
  return events;
}

/** The lines that became final in this step and that a screen reader shall say; what the user typed is not among them. */
export function newFinalLines(
  entries: readonly TranscriptEntry[],
  previous: readonly TranscriptEntry[],
): TranscriptEntry[] {
  return changesOf(entries, previous)
    .filter(({ entry, before }) => entry.final && before?.final !== true)
    .map(({ entry }) => entry)
    .filter((entry) => entry.from === 'agent' || entry.kind === 'speech');
}

function isComplete(entry: TranscriptEntry): boolean {
  return entry.from === 'user' ? entry.delivery === 'sent' : entry.final;
}

function changesOf(
  entries: readonly TranscriptEntry[],
  previous: readonly TranscriptEntry[],
): { entry: TranscriptEntry; before: TranscriptEntry | undefined }[] {
  const known = new Map(previous.map((entry) => [entry.id, entry]));
  return entries
    .map((entry) => ({ entry, before: known.get(entry.id) }))
    .filter(({ entry, before }) => before !== entry);
}
