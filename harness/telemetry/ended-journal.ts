/**
 * Owns: the sessions that have ended, in memory and in a journal (`ended-<pid>-<start time>.jsonl`) that outlives this
 * process; journals of dead supervisors are taken in at the start.
 * Never: grows without bound; never throws because a disk is full: it is told, and the memory goes on.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentAnalytics } from '../../src/shared/agent-sessions.ts';
import { LineJournal } from '../supervisor/line-journal.ts';
import { ownFileName } from '../supervisor/supervisor-files.ts';
import { claimDeadFiles } from '../supervisor/claim-dead-files.ts';
import { analyse, endedSessionSchema } from './ended-session.ts';
import type { EndedSession } from './ended-session.ts';

const PREFIX = 'ended';
/** Sessions that are remembered; some 300 bytes each. */
const KEPT = 5000;
/** The file is rewritten when it holds so many more lines than are kept. */
const SLACK = 1000;

/** The journal. Whoever opens it closes it. */
export class EndedJournal {
  /** Lines of earlier journals that could not be understood; they were skipped. */
  readonly corruptLines: number;
  readonly #journal: LineJournal | undefined;
  readonly #onError: (error: unknown) => void;
  #ended: EndedSession[] = [];
  #linesInFile = 0;

  /** @param folder without one nothing outlives the process. Throws when the folder cannot be used. */
  constructor(folder: string | undefined, onError: (error: unknown) => void) {
    this.#onError = onError;
    if (folder === undefined) {
      this.corruptLines = 0;
      return;
    }
    this.#journal = new LineJournal(join(folder, ownFileName(PREFIX)));
    this.corruptLines = this.#takeIn(folder);
    this.#rewrite();
  }

  /** Oldest first. */
  get ended(): readonly EndedSession[] {
    return this.#ended;
  }

  add(session: EndedSession): void {
    this.#ended.push(session);
    if (this.#ended.length > KEPT) this.#ended = this.#ended.slice(-KEPT);
    this.#guard(() => {
      this.#journal?.append(session);
      this.#linesInFile += 1;
      if (this.#linesInFile > KEPT + SLACK) this.#rewrite();
    });
  }

  analytics(): AgentAnalytics {
    return analyse(this.#ended);
  }

  /** The file stays: the next supervisor takes it in. */
  close(): void {
    this.#journal?.close();
    if (this.#journal !== undefined && this.#ended.length === 0) rmSync(this.#journal.path, { force: true });
  }

  #takeIn(folder: string): number {
    let corruptLines = 0;
    for (const { path, lines, corruptLines: torn } of claimDeadFiles(folder, PREFIX)) {
      corruptLines += torn;
      for (const line of lines) {
        const parsed = endedSessionSchema.safeParse(line);
        if (parsed.success) this.#ended.push(parsed.data);
        else corruptLines += 1;
      }
      rmSync(path, { force: true });
    }
    this.#ended = this.#ended.sort((a, b) => a.startedWallMs - b.startedWallMs).slice(-KEPT);
    return corruptLines;
  }

  #rewrite(): void {
    this.#guard(() => {
      this.#journal?.rewrite(this.#ended);
      this.#linesInFile = this.#ended.length;
    });
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#onError(error);
    }
  }
}
