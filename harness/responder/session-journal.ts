/**
 * Owns: the memory of sessions beyond the death of their manager: one file per process (`cli-<pid>-<start time>.jsonl`).
 * Never: holds an environment; holds a prompt only when asked to.
 * Invariant: a session is in the file before it starts and until it is removed; a dead manager's file is claimed by one
 * reader, by renaming it.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { LineJournal } from '../supervisor/line-journal.ts';
import { CLI_STATES } from '../supervisor/session-states.ts';
import { ownFileName } from '../supervisor/supervisor-files.ts';
import { claimDeadFiles } from '../supervisor/claim-dead-files.ts';
import { executionOptionsSchema } from './cli-config.ts';
import { FAILURE_CATEGORIES } from './failure.ts';

const entrySchema = z.object({
  /** Names a spill file, too: no path. */
  id: z.string().regex(/^[\w-]{1,200}$/),
  agentId: z.string(),
  command: z.string(),
  startedWallMs: z.number(),
  status: z.enum(CLI_STATES),
  reason: z.string().exactOptional(),
  atWallMs: z.number(),
  retryCount: z.number(),
  category: z.enum(FAILURE_CATEGORIES).exactOptional(),
  conversationId: z.string().exactOptional(),
  /** One process for many turns. */
  isLongLived: z.boolean().exactOptional(),
  /** What it was started with, without the environment. */
  options: executionOptionsSchema.exactOptional(),
  prompt: z.string().exactOptional(),
});
const lineSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('session'), session: entrySchema }),
  z.object({ type: z.literal('removed'), id: z.string() }),
]);

/** A session as the journal knows it. Each change is written whole: a torn line costs one change, not the session. */
export type JournaledSession = z.infer<typeof entrySchema>;

const PREFIX = 'cli';
/** Above this the file is rewritten with what is still remembered, bytes. */
const COMPACT_ABOVE_BYTES = 1024 * 1024;

/** The sessions that a journal leaves behind, and how many lines made no sense. Pure. */
export function replaySessions(lines: readonly unknown[]): { sessions: JournaledSession[]; misfits: number } {
  const sessions = new Map<string, JournaledSession>();
  let misfits = 0;
  for (const line of lines) {
    const parsed = lineSchema.safeParse(line);
    if (!parsed.success) misfits += 1;
    else if (parsed.data.type === 'removed') sessions.delete(parsed.data.id);
    else {
      const { session } = parsed.data;
      const before = sessions.get(session.id);
      sessions.set(session.id, { ...before, ...session }); // options and prompt are written once
    }
  }
  return { sessions: [...sessions.values()], misfits };
}

/** What dead managers have left in a folder. Their files are taken, and to be removed when all in them is noted anew. */
export function claimJournals(folder: string): {
  readonly sessions: JournaledSession[];
  readonly corruptLines: number;
  readonly files: readonly string[];
} {
  const files: string[] = [];
  const sessions: JournaledSession[] = [];
  let corruptLines = 0;
  for (const { path, lines, corruptLines: torn } of claimDeadFiles(folder, PREFIX)) {
    const replayed = replaySessions(lines);
    sessions.push(...replayed.sessions);
    corruptLines += torn + replayed.misfits;
    files.push(path);
  }
  return { sessions, corruptLines, files };
}

/** Journals of this process; each has its file for itself. */
const openPaths = new Set<string>();

/** This process's own journal. Whoever opens it closes it. */
export class SessionJournal {
  readonly #journal: LineJournal;
  /** What a rewrite writes. */
  readonly #all: () => readonly JournaledSession[];
  #compactAtBytes = COMPACT_ABOVE_BYTES;

  /** Throws when the file cannot be written, or another manager of this process writes it. @param all every session that is still remembered, whole */
  constructor(folder: string, all: () => readonly JournaledSession[]) {
    const path = join(folder, ownFileName(PREFIX));
    if (openPaths.has(path))
      throw new Error(`a manager of this process has a journal there already: ${path}`);
    this.#journal = new LineJournal(path);
    openPaths.add(path);
    this.#all = all;
  }

  /** Notes how a session stands. Options and prompt only at the first time. */
  note(session: JournaledSession): void {
    this.#journal.append({ type: 'session', session });
    if (this.#journal.bytes <= this.#compactAtBytes) return;
    this.#journal.rewrite(this.#all().map((one) => ({ type: 'session', session: one })));
    this.#compactAtBytes = Math.max(COMPACT_ABOVE_BYTES, this.#journal.bytes * 2);
  }

  removed(id: string): void {
    this.#journal.append({ type: 'removed', id });
  }

  /** Closes it, and removes the file: whoever closes has seen every session's end. */
  close(): void {
    this.#journal.close();
    openPaths.delete(this.#journal.path);
    rmSync(this.#journal.path, { force: true });
  }
}
