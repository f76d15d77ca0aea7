import type { RecordedEvent, SessionOutcome, SessionRecord } from '../shared/records.ts';
import type { RecordStore } from './record-store.ts';

/** Recordings that live as long as the page: private mode, or no IndexedDB. At most 50 sessions, the newest. */
export class MemoryRecordStore implements RecordStore {
  readonly isPersistent = false;
  readonly #sessions = new Map<string, { record: SessionRecord; events: RecordedEvent[] }>();

  async begin(id: string, startedWallMs: number): Promise<void> {
    this.#sessions.set(id, { record: { id, startedWallMs, pinned: false }, events: [] });
    for (const oldest of this.#sessions.keys()) {
      if (this.#sessions.size <= 50) break;
      this.#sessions.delete(oldest);
    }
    return Promise.resolve();
  }

  async append(id: string, firstSeq: number, events: readonly RecordedEvent[]): Promise<void> {
    this.#sessions.get(id)?.events.splice(firstSeq, events.length, ...events);
    return Promise.resolve();
  }

  async end(id: string, endedWallMs: number, outcome: SessionOutcome | undefined): Promise<void> {
    const session = this.#sessions.get(id);
    if (session !== undefined) {
      session.record = { ...session.record, endedWallMs, ...(outcome !== undefined && { outcome }) };
    }
    return Promise.resolve();
  }

  async list(): Promise<SessionRecord[]> {
    const records = [...this.#sessions.values()].map(({ record }) => record);
    return Promise.resolve(records.sort((one, other) => other.startedWallMs - one.startedWallMs));
  }

  async events(id: string): Promise<RecordedEvent[]> {
    return Promise.resolve([...(this.#sessions.get(id)?.events ?? [])]);
  }

  async delete(id: string): Promise<void> {
    this.#sessions.delete(id);
    return Promise.resolve();
  }
}
