/**
 * Owns: the names of files that belong to one supervisor process: `<prefix>-<pid>-<start time>.jsonl`. Several
 * supervisors share a folder without a lock, and a file whose writer is dead is known by its name.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { startTimeOf } from './process-table.ts';

/** A supervisor's file. */
export interface SupervisorFile {
  readonly path: string;
  readonly isAlive: boolean;
}

const digits = (startTime: string | undefined): string => (startTime ?? '').replace(/\D/g, '');

/** The name of this process's file. */
export function ownFileName(prefix: string): string {
  return `${prefix}-${process.pid}-${digits(startTimeOf(process.pid))}.jsonl`;
}

/** All supervisors' files in a folder; a missing folder has none. */
export function listSupervisorFiles(folder: string, prefix: string): SupervisorFile[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return names.flatMap((name) => {
    const match = /^(\w+)-(\d+)-(\d*)\.jsonl$/.exec(name);
    if (match === null || match[1] !== prefix) return [];
    const now = startTimeOf(Number(match[2]));
    return [{ path: join(folder, name), isAlive: now !== undefined && digits(now) === match[3] }];
  });
}
