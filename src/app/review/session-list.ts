/**
 * Decides what the list of sessions shows: which of them pass the search, and how one is told in a line. Pure.
 */
import type { ListedRecording } from '../../shared/recording.ts';

/** How a session ended. `interrupted`: the page went away in the middle of it. */
export const OUTCOMES = ['good', 'outages', 'failed', 'interrupted', 'running'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** What the list is narrowed to. */
export interface ListFilter {
  /** Words that must all be found. */
  readonly search: string;
  readonly outcome: Outcome | 'all' | 'pinned';
}

/** The outcome of a session. `isRunning`: it is the one that this window is in. */
export function outcomeOf(session: ListedRecording, isRunning = false): Outcome {
  if (session.interrupted === true) return 'interrupted';
  if (session.endedWallMs === undefined) return isRunning ? 'running' : 'interrupted';
  if (session.outcome?.phase === 'failed') return 'failed';
  return (session.digest?.outages ?? 0) > 0 ? 'outages' : 'good';
}

/** Length of a session, ms; undefined while its end is not known. */
export function lengthMs({ digest, startedWallMs, endedWallMs }: ListedRecording): number | undefined {
  if (digest !== undefined) return digest.durationMs;
  return endedWallMs === undefined ? undefined : Math.max(0, endedWallMs - startedWallMs);
}

/** The sessions that pass. @param dateText how the list writes a session's begin */
export function passing(
  sessions: readonly ListedRecording[],
  { search, outcome }: ListFilter,
  dateText: (wallMs: number) => string,
): readonly ListedRecording[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0 && outcome === 'all') return sessions;
  return sessions.filter((session) => {
    if (outcome === 'pinned' ? !session.pinned : outcome !== 'all' && outcomeOf(session) !== outcome)
      return false;
    if (words.length === 0) return true;
    const text = [
      dateText(session.startedWallMs),
      session.id,
      session.source,
      session.outcome?.reason ?? '',
      session.roomHash ?? '',
      outcomeOf(session),
    ]
      .join(' ')
      .toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** The line of a list as an SVG path in a box of `width` by `height`; empty without points. */
export function sparkPath(points: readonly (number | null)[], width: number, height: number): string {
  const step = points.length > 1 ? width / (points.length - 1) : 0;
  let path = '';
  let isPen = false;
  points.forEach((point, at) => {
    if (point === null) {
      isPen = false;
      return;
    }
    const x = (at * step).toFixed(1);
    const y = ((1 - point) * (height - 2) + 1).toFixed(1);
    path += `${isPen ? 'L' : 'M'}${x} ${y}`;
    // A point alone is a dot.
    const isAlone = !isPen && (points[at + 1] ?? null) === null;
    if (isAlone) path += 'h0.01';
    isPen = true;
  });
  return path;
}
