import type { RecordedEvent, SessionRecord } from '../shared/records.ts';
import { openRecordStore } from '../storage/open-record-store.ts';
import { browserClock } from './browser-clock.ts';
import { consoleLog } from './console-log.ts';

/** The recorded sessions of this browser. Its methods reject when the storage cannot be read. */
export interface SessionHistory {
  /** False when recordings go with the page (private mode). */
  readonly isPersistent: boolean;
  /** Newest first. */
  sessions(): Promise<readonly SessionRecord[]>;
  /** In the order in which they happened. */
  events(sessionId: string): Promise<readonly RecordedEvent[]>;
  /** Deletes a session for good. */
  delete(sessionId: string): Promise<void>;
}

/** Opens the history; without livekit-client, so that it opens offline and at once. */
export async function openSessionHistory(): Promise<SessionHistory> {
  const store = await openRecordStore(browserClock, consoleLog);
  return {
    isPersistent: store.isPersistent,
    sessions: () => store.list(),
    events: (sessionId) => store.events(sessionId),
    delete: (sessionId) => store.delete(sessionId),
  };
}
