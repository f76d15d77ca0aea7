/**
 * A SessionStore whose leases survive this process in a journal (`sessions-<pid>-<start time>.jsonl`): at the next
 * start the sessions of a dead supervisor come out of `takeExpired`, so that each one's fate can be told.
 * Never: writes contexts to disk (they are what people said); never holds limits across processes, for which Redis is.
 * Invariant: a dead supervisor's file is claimed by one reader, by renaming it.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { LineJournal } from './line-journal.ts';
import { MemorySessionStore } from './memory-session-store.ts';
import type { MemorySessionStoreOptions } from './memory-session-store.ts';
import type { SessionLease } from './session-store.ts';
import { StoreUnavailableError } from './session-store.ts';
import { ownFileName } from './supervisor-files.ts';
import { claimDeadFiles } from './claim-dead-files.ts';

const leaseSchema = z.object({
  sessionId: z.string().min(1),
  userKey: z.string(),
  machineId: z.string(),
  startedWallMs: z.number(),
  supervisorId: z.string(),
  kind: z.string(),
  state: z.string(),
  fence: z.number().int(),
  endWanted: z.string().exactOptional(),
});
const lineSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('lease'), lease: leaseSchema }),
  z.object({ type: z.literal('gone'), sessionId: z.string() }),
]);

const PREFIX = 'sessions';
/** Above this the journal is rewritten with what runs, bytes. */
const COMPACT_ABOVE_BYTES = 512 * 1024;

/** The leases that a journal leaves behind, and how many lines made no sense. Pure. */
export function replayLeases(lines: readonly unknown[]): { leases: SessionLease[]; misfits: number } {
  const leases = new Map<string, SessionLease>();
  let misfits = 0;
  for (const line of lines) {
    const parsed = lineSchema.safeParse(line);
    if (!parsed.success) misfits += 1;
    else if (parsed.data.type === 'lease') leases.set(parsed.data.lease.sessionId, parsed.data.lease);
    else leases.delete(parsed.data.sessionId);
  }
  return { leases: [...leases.values()], misfits };
}

/** Sessions in memory and in a journal. */
export class FileSessionStore extends MemorySessionStore {
  /** Lines of dead supervisors' journals that could not be understood; they were skipped. */
  readonly corruptLines: number;
  readonly #journal: LineJournal;

  /** Opens the journal in `folder` (made when missing). Throws StoreUnavailableError when it cannot be used. */
  constructor(folder: string, options: MemorySessionStoreOptions) {
    const journal = openJournal(folder);
    const running = new Map<string, SessionLease>();
    let compactAtBytes = COMPACT_ABOVE_BYTES;
    const write = (line: z.input<typeof lineSchema>): void => {
      journal.append(line);
      if (journal.bytes <= compactAtBytes) return;
      journal.rewrite([...running.values()].map((lease) => ({ type: 'lease', lease })));
      compactAtBytes = Math.max(COMPACT_ABOVE_BYTES, journal.bytes * 2);
    };
    super(options, {
      written: (lease) => {
        running.set(lease.sessionId, lease);
        write({ type: 'lease', lease });
      },
      removed: ({ sessionId }) => {
        running.delete(sessionId);
        write({ type: 'gone', sessionId });
      },
    });
    this.#journal = journal;
    this.corruptLines = this.#takeOver(folder);
  }

  override async close(): Promise<void> {
    await super.close();
    this.#journal.close();
    if (this.table.list({}).length === 0) rmSync(this.#journal.path, { force: true });
  }

  /** Reads what dead supervisors left. Returns the number of corrupt lines. */
  #takeOver(folder: string): number {
    let corruptLines = 0;
    for (const { path, lines, corruptLines: torn } of claimDeadFiles(folder, PREFIX)) {
      const { leases, misfits } = replayLeases(lines);
      corruptLines += torn + misfits;
      this.table.loadExpired(leases);
      rmSync(path, { force: true });
    }
    return corruptLines;
  }
}

function openJournal(folder: string): LineJournal {
  try {
    return new LineJournal(join(folder, ownFileName(PREFIX)));
  } catch (cause) {
    throw new StoreUnavailableError(`cannot write sessions to ${folder}`, { cause });
  }
}
