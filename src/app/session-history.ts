/**
 * Decides how a recorded session is told in the list: its outcome, its length, how long each phase lasted. Pure.
 */
import type { RecordedEvent, SessionRecord } from '../shared/records.ts';

/** Where recorded sessions come from. Rejects when the browser's storage cannot be read. */
export interface SessionHistory {
  /** False when recordings go with the page (private windows). */
  readonly isPersistent: boolean;
  /** Newest first. */
  sessions(): Promise<readonly SessionRecord[]>;
  /** In the order in which they happened. */
  events(sessionId: string): Promise<readonly RecordedEvent[]>;
  /** Deletes a session for good. */
  delete(sessionId: string): Promise<void>;
}

/** A session with what happened in it. */
export interface PastSession {
  readonly record: SessionRecord;
  readonly phases: readonly PhaseSpan[];
}

/** A stay in one phase. `durationMs` is undefined for one whose end nobody recorded. */
export interface PhaseSpan {
  readonly phase: string;
  readonly durationMs: number | undefined;
}

/** How a session ended. `open`: no end was recorded, the page went away in the middle of it. */
export type Outcome = 'good' | 'failed' | 'open' | 'running';

/** The outcome of `record`. `isRunning`: it is the one that this window is in. */
export function outcomeOf(record: SessionRecord, isRunning = false): Outcome {
  if (record.endedWallMs === undefined || record.outcome === undefined) return isRunning ? 'running' : 'open';
  return record.outcome.phase === 'failed' ? 'failed' : 'good';
}

/** Length of a session, ms of the wall clock; undefined while its end is not known. */
export function lengthMs(record: SessionRecord): number | undefined {
  if (record.endedWallMs === undefined) return undefined;
  return Math.max(0, record.endedWallMs - record.startedWallMs);
}

/** The stays in each phase, in order. The final phase takes no time and is the outcome, so it is left out. */
export function phaseSpans(events: readonly RecordedEvent[], endAtMs: number | undefined): PhaseSpan[] {
  const phases = events.filter((event) => event.kind === 'phase');
  return phases
    .map((event, index): PhaseSpan => {
      const until = phases[index + 1]?.atMs ?? endAtMs;
      return {
        phase: event.phase,
        durationMs: until === undefined ? undefined : Math.max(0, until - event.atMs),
      };
    })
    .filter((span) => span.phase !== 'ended' && span.phase !== 'failed' && span.phase !== 'idle');
}

/** Reads the newest `limit` sessions with their phases. One whose events cannot be read is listed without phases. */
export async function readPastSessions(history: SessionHistory, limit: number): Promise<PastSession[]> {
  const records = (await history.sessions()).slice(0, limit);
  return Promise.all(
    records.map(async (record): Promise<PastSession> => {
      try {
        return { record, phases: phaseSpans(await history.events(record.id), lengthMs(record)) };
      } catch {
        return { record, phases: [] }; // a corrupt record shall not hide the others
      }
    }),
  );
}
