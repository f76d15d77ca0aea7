import type { RecordedEvent, SessionOutcome, SessionRecord } from '../shared/records.ts';

/** A place for recordings. Every method may reject; who records lets none of it reach the call. */
export interface RecordStore {
  /** False when all is gone with the page (private mode, no IndexedDB). */
  readonly isPersistent: boolean;
  begin(id: string, startedWallMs: number): Promise<void>;
  /** Adds events; `firstSeq` is the number of the first of them within its session. */
  append(id: string, firstSeq: number, events: readonly RecordedEvent[]): Promise<void>;
  /** `outcome` undefined: nobody saw the end, the page went away. Unknown ids are ignored. */
  end(id: string, endedWallMs: number, outcome: SessionOutcome | undefined): Promise<void>;
  /** Newest first. */
  list(): Promise<SessionRecord[]>;
  /** In the order in which they happened; rows that are not events are left out. */
  events(id: string): Promise<RecordedEvent[]>;
  /** Deletes a session with all that belongs to it. */
  delete(id: string): Promise<void>;
}
