import { withKept } from '../shared/recording.ts';
import type {
  KeptKind,
  KeptPiece,
  ListedRecording,
  Recording,
  RecordingEvent,
  RecordingSession,
} from '../shared/recording.ts';
import type { SessionOutcome } from '../shared/records.ts';
import type { PutAway, RecordPart, RecordStore, StoredRecording } from './record-store.ts';

/** As many sessions as a page keeps without a database. */
const MOST_SESSIONS = 50;

interface Kept {
  listed: ListedRecording;
  readonly events: RecordingEvent[];
  chunks: Recording['chunks'];
  lastMs: number;
  kept: KeptPiece[];
}

/** Recordings that live as long as the page: private mode, or no IndexedDB. At most 50 sessions, the newest. */
export class MemoryRecordStore implements RecordStore {
  readonly isPersistent = false;
  readonly #sessions = new Map<string, Kept>();
  readonly #settings = new Map<string, unknown>();

  async begin(session: RecordingSession): Promise<void> {
    this.#sessions.set(session.id, { listed: session, events: [], chunks: [], lastMs: 0, kept: [] });
    for (const oldest of this.#sessions.keys()) {
      if (this.#sessions.size <= MOST_SESSIONS) break;
      this.#sessions.delete(oldest);
    }
    return Promise.resolve();
  }

  async append(id: string, { firstSeq, events, chunks }: RecordPart): Promise<boolean> {
    const kept = this.#sessions.get(id);
    if (kept === undefined) return Promise.resolve(false);
    kept.events.splice(firstSeq, events.length, ...events);
    kept.chunks = [
      ...kept.chunks,
      ...chunks.map(({ stream, seq, codec, data }) => ({ stream, seq, codec, data })),
    ];
    for (const { toMs } of chunks) kept.lastMs = Math.max(kept.lastMs, toMs);
    return Promise.resolve(true);
  }

  async keep(id: string, pieces: readonly KeptPiece[]): Promise<boolean> {
    const kept = this.#sessions.get(id);
    kept?.kept.push(...pieces);
    return Promise.resolve(kept !== undefined);
  }

  async kept(id: string): Promise<KeptPiece[]> {
    const kept = this.#sessions.get(id)?.kept ?? [];
    return Promise.resolve([
      ...kept.filter(({ kind }) => kind === 'text'),
      ...kept.filter(({ kind }) => kind === 'sound'),
    ]);
  }

  async deleteKept(id: string, kind: KeptKind): Promise<void> {
    const kept = this.#sessions.get(id);
    if (kept !== undefined) kept.kept = kept.kept.filter((piece) => piece.kind !== kind);
    return Promise.resolve();
  }

  describe(id: string, facts: Pick<RecordingSession, 'roomHash' | 'identityHash'>): Promise<void> {
    return this.#change(id, (listed) => ({ ...listed, ...facts }));
  }

  end(id: string, endedWallMs: number, outcome: SessionOutcome | undefined, bytes?: number): Promise<void> {
    const facts = outcome === undefined ? ({ interrupted: true } as const) : { outcome };
    return this.#change(id, (listed) => ({
      ...listed,
      endedWallMs,
      ...facts,
      ...(bytes !== undefined && { bytes }),
    }));
  }

  async list(): Promise<ListedRecording[]> {
    const records = [...this.#sessions.values()].map(({ listed, kept }) => {
      if (kept.length === 0) return listed;
      const keptBytes = withKept(undefined, kept);
      return { ...listed, keptBytes, bytes: (listed.bytes ?? 0) + keptBytes.text + keptBytes.sound };
    });
    return Promise.resolve(records.sort((one, other) => other.startedWallMs - one.startedWallMs));
  }

  async events(id: string): Promise<RecordingEvent[]> {
    return Promise.resolve([...(this.#sessions.get(id)?.events ?? [])]);
  }

  async lastAtMs(id: string): Promise<number> {
    const kept = this.#sessions.get(id);
    return Promise.resolve(Math.max(0, kept?.lastMs ?? 0, kept?.events.at(-1)?.atMs ?? 0));
  }

  async read(id: string): Promise<StoredRecording | undefined> {
    const kept = this.#sessions.get(id);
    if (kept === undefined) return Promise.resolve(undefined);
    const { digest: _digest, bytes: _bytes, ...session } = kept.listed;
    return Promise.resolve({
      recording: { session, events: [...kept.events], chunks: kept.chunks },
      leftOut: 0,
    });
  }

  putAway(id: string, { chunks, digest, bytes }: PutAway): Promise<void> {
    const kept = this.#sessions.get(id);
    if (kept !== undefined) kept.chunks = chunks;
    return this.#change(id, (listed) => ({ ...listed, digest, bytes }));
  }

  async add(recordings: readonly Recording[]): Promise<void> {
    for (const { session, events, chunks, kept: pieces = [] } of recordings) {
      await this.begin(session);
      const kept = this.#sessions.get(session.id);
      kept?.events.push(...events);
      kept?.kept.push(...pieces);
      if (kept !== undefined) kept.chunks = chunks;
    }
  }

  setPinned(id: string, pinned: boolean): Promise<void> {
    return this.#change(id, (listed) => ({ ...listed, pinned }));
  }

  async delete(id: string): Promise<void> {
    this.#sessions.delete(id);
    return Promise.resolve();
  }

  async setting(key: string): Promise<unknown> {
    return Promise.resolve(this.#settings.get(key));
  }

  async setSetting(key: string, value: unknown): Promise<void> {
    this.#settings.set(key, value);
    return Promise.resolve();
  }

  async #change(id: string, change: (listed: ListedRecording) => ListedRecording): Promise<void> {
    const kept = this.#sessions.get(id);
    if (kept !== undefined) kept.listed = change(kept.listed);
    return Promise.resolve();
  }
}
