/**
 * Taking over what dead supervisors have left. Owns that each file is taken by one process only: it is renamed first, and
 * whoever comes second finds it gone. Never removes one: its taker does, once all in it is noted anew. One whose taker died
 * before that is taken over again.
 */
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { readJournal, type JournalContent } from './line-journal.ts';
import { listSupervisorFiles, takenFileName } from './supervisor-files.ts';

/** A dead supervisor's file that is ours now, under its new name. */
export interface ClaimedFile extends JournalContent {
  readonly path: string;
}

/** Claims file after file, each when it is asked for. Throws when the folder or a claimed file cannot be read. */
export function* claimDeadFiles(folder: string, prefix: string): Generator<ClaimedFile, void, void> {
  for (const { path, isAlive, writer } of listSupervisorFiles(folder, prefix)) {
    if (isAlive) continue;
    const claimed = join(folder, takenFileName(prefix, writer));
    try {
      renameSync(path, claimed);
    } catch {
      continue; // another one was quicker
    }
    yield { path: claimed, ...readJournal(claimed) };
  }
}
