/**
 * Owns: the memory of which process groups were started, beyond the death of who started them: one file per
 * supervisor (`pids-<pid>-<start time>.jsonl`) in a state folder, so that several need no lock.
 * Never: takes a pid for ours without its start time and the boot it belongs to; never holds commands or tokens.
 * Invariant: a group is in the journal before its session is told to anybody, and until nothing of it is left.
 */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { LineJournal, readJournal } from './line-journal.ts';
import { listSupervisorFiles, ownFileName } from './supervisor-files.ts';

const startedLine = z.object({
  type: z.literal('started'),
  sessionId: z.string().min(1),
  /** What kind of session, `voice` or `cli`. */
  kind: z.string(),
  pid: z.number().int().positive(),
  startTime: z.string().optional(),
  mark: z.string().min(1),
  bootId: z.string(),
  atWallMs: z.number(),
});
const endedLine = z.object({
  type: z.literal('ended'),
  pid: z.number().int().positive(),
  mark: z.string(),
});
const journalLine = z.discriminatedUnion('type', [startedLine, endedLine]);

/** A group that was started and not noted as ended. */
export type JournaledGroup = Omit<z.infer<typeof startedLine>, 'type'>;

/** What a folder of journals tells. */
export interface JournalSurvey {
  /** Groups of supervisors that are dead: nobody watches these. Only of this boot. */
  readonly orphaned: readonly JournaledGroup[];
  /** Groups of supervisors that live. */
  readonly owned: readonly JournaledGroup[];
  /** Lines that could not be understood; they were skipped. */
  readonly corruptLines: number;
  /** Files of dead supervisors, to be removed once their groups have ended. */
  readonly deadFiles: readonly string[];
}

/** Above this a journal is rewritten with what is open, bytes: 200 open groups take some 40 kB. */
const COMPACT_ABOVE_BYTES = 256 * 1024;
const PREFIX = 'pids';

/** Tells boots apart: start times begin anew with each. Empty where the system does not tell. */
export function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}

/** Groups that were started and not ended, and how many lines made no sense. Pure. */
export function openGroups(lines: readonly unknown[]): { groups: JournaledGroup[]; misfits: number } {
  const open = new Map<string, JournaledGroup>();
  let misfits = 0;
  for (const line of lines) {
    const parsed = journalLine.safeParse(line);
    if (!parsed.success) misfits += 1;
    else if (parsed.data.type === 'ended') open.delete(parsed.data.mark);
    else {
      const { type: _type, ...group } = parsed.data;
      open.set(group.mark, group);
    }
  }
  return { groups: [...open.values()], misfits };
}

/** Reads every journal of a folder; a missing folder is empty. */
export function surveyJournals(folder: string, thisBoot = bootId()): JournalSurvey {
  const orphaned: JournaledGroup[] = [];
  const owned: JournaledGroup[] = [];
  const deadFiles: string[] = [];
  let corruptLines = 0;
  for (const { path, isAlive } of listSupervisorFiles(folder, PREFIX)) {
    const content = readJournal(path);
    const { groups, misfits } = openGroups(content.lines);
    corruptLines += content.corruptLines + misfits;
    const ofThisBoot = groups.filter((group) => group.bootId === thisBoot);
    if (isAlive) owned.push(...ofThisBoot);
    else {
      orphaned.push(...ofThisBoot);
      deadFiles.push(path);
    }
  }
  return { orphaned, owned, corruptLines, deadFiles };
}

/** A file that is open: one for all supervisors of this process, or one would forget what another has started. */
interface OpenFile {
  readonly journal: LineJournal;
  readonly groups: Map<string, JournaledGroup>;
  users: number;
  nextCompactionBytes: number;
}

const openFiles = new Map<string, OpenFile>();

/** Throws when it cannot be written. */
function openFile(path: string, nextCompactionBytes: number): OpenFile {
  let file = openFiles.get(path);
  if (file === undefined) {
    const journal = new LineJournal(path);
    const { groups } = openGroups(readJournal(path).lines);
    const byMark = new Map(groups.map((group) => [group.mark, group]));
    file = { journal, groups: byMark, users: 0, nextCompactionBytes };
    openFiles.set(path, file);
  }
  file.users += 1;
  return file;
}

/** This process's own journal. Whoever opens it closes it. */
export class PidJournal {
  readonly #file: OpenFile;
  readonly #bootId = bootId();
  readonly #compactAboveBytes: number;
  #isClosed = false;

  /** Opens it for this process in `folder` (made when missing, 0700). Throws when it cannot be written. */
  constructor(folder: string, options: { readonly compactAboveBytes?: number } = {}) {
    this.#compactAboveBytes = options.compactAboveBytes ?? COMPACT_ABOVE_BYTES;
    this.#file = openFile(join(folder, ownFileName(PREFIX)), this.#compactAboveBytes);
  }

  get path(): string {
    return this.#file.journal.path;
  }

  /** Groups noted as started and not as ended. */
  get openCount(): number {
    return this.#file.groups.size;
  }

  /** Notes a started group. */
  started(group: Omit<JournaledGroup, 'bootId'>): void {
    const entry = { ...group, bootId: this.#bootId };
    this.#file.groups.set(group.mark, entry);
    this.#file.journal.append({ type: 'started', ...entry });
  }

  /** Notes that nothing of a group is left; one that is not open is ignored. */
  ended(mark: string): void {
    const { groups, journal, nextCompactionBytes } = this.#file;
    const group = groups.get(mark);
    if (group === undefined) return;
    groups.delete(mark);
    journal.append({ type: 'ended', pid: group.pid, mark });
    if (journal.bytes > nextCompactionBytes) this.#compact();
  }

  /** Closes the file with its last user, and removes it when no group is open. Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const { journal, groups } = this.#file;
    this.#file.users -= 1;
    if (this.#file.users > 0) return;
    openFiles.delete(journal.path);
    journal.close();
    if (groups.size === 0) rmSync(journal.path, { force: true });
  }

  #compact(): void {
    const { groups, journal } = this.#file;
    journal.rewrite([...groups.values()].map((group) => ({ type: 'started', ...group })));
    // Twice what is open now at least, or a journal full of open groups would be rewritten at every end.
    this.#file.nextCompactionBytes = Math.max(this.#compactAboveBytes, journal.bytes * 2);
  }
}
