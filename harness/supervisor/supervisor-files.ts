/**
 * Owns: the names of files that belong to one supervisor process: `<prefix>-<pid>-<start time>.jsonl`, and
 * `<prefix>-<pid>-<start time>-took-<pid>-<start time>.jsonl` for what it took over from another. Several supervisors share
 * a folder without a lock, and a file whose owner is dead is known by its name.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { startTimeOf } from './process-table.ts';

/** A supervisor's file. */
export interface SupervisorFile {
  readonly path: string;
  /** Whether its owner lives: who wrote it, or took it over. */
  readonly isAlive: boolean;
  /** Pid and start time of who wrote it. */
  readonly writer: string;
}

const digits = (startTime: string | undefined): string => (startTime ?? '').replace(/\D/g, '');

/** The name of this process's file. */
export function ownFileName(prefix: string): string {
  return `${prefix}-${process.pid}-${digits(startTimeOf(process.pid))}.jsonl`;
}

/** The name of a file that this process has taken over. */
export function takenFileName(prefix: string, writer: string): string {
  return ownFileName(prefix).replace(/\.jsonl$/, `-took-${writer}.jsonl`);
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
    const match = /^(\w+)-(\d+)-(\d*)(?:-took-(\d+-\d*))?\.jsonl$/.exec(name);
    if (match === null || match[1] !== prefix) return [];
    const [, , pid = '', startTime = '', writer = `${pid}-${startTime}`] = match;
    const now = startTimeOf(Number(pid));
    return [{ path: join(folder, name), isAlive: now !== undefined && digits(now) === startTime, writer }];
  });
}
