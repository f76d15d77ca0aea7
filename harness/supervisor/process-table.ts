/**
 * Owns: what the operating system says of processes (Linux by /proc, elsewhere by `ps`, best effort).
 * Never: signals anything.
 * Invariant: a pid is only trusted together with its start time, because pids are used again; zombies are dead.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';

/** One living process. */
export interface ProcessFacts {
  readonly pid: number;
  /** Process group. */
  readonly groupId: number;
  /** Opaque; equal for the same process, different for a later one with the same pid. */
  readonly startTime: string;
  /** Arguments, NUL or space between them. */
  readonly commandLine: string;
  /** Environment at its start, NUL or space between entries; empty when it is another user's. */
  readonly environment: string;
}

/**
 * Reads one line of /proc/<pid>/stat. The name in brackets may hold spaces and brackets, so the fields are counted
 * from the last one. Undefined for a zombie and for a line that is none.
 */
export function parseProcStat(stat: string): { groupId: number; startTime: string } | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const state = fields[0];
  const groupId = Number(fields[2]); // field 5 of proc(5); the slice begins at field 3
  const startTime = fields[19]; // field 22
  if (startTime === undefined || !Number.isInteger(groupId) || state === 'Z' || state === 'X')
    return undefined;
  return { groupId, startTime };
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return ''; // gone meanwhile, or another user's
  }
}

/** Reads a line of `ps -axo pid=,pgid=,stat=,lstart=,command=`. */
export function parsePsLine(line: string): ProcessFacts | undefined {
  const match = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(\S+\s+\S+\s+\S+\s+\S+\s+\S+)\s+(.*)$/.exec(line);
  if (match === null) return undefined;
  const [, pid, groupId, state = '', startTime = '', text = ''] = match;
  if (state.startsWith('Z')) return undefined;
  return { pid: Number(pid), groupId: Number(groupId), startTime, commandLine: text, environment: text };
}

function listByPs(): ProcessFacts[] {
  // `e` appends the environment to the command, for the user's own processes.
  const text = execFileSync('ps', ['eww', '-axo', 'pid=,pgid=,stat=,lstart=,command='], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    timeout: 5000,
  });
  return text.split('\n').flatMap((line) => parsePsLine(line) ?? []);
}

function listByProc(): ProcessFacts[] {
  const found: ProcessFacts[] = [];
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const stat = parseProcStat(readProc(pid, 'stat'));
    if (stat === undefined) continue;
    found.push({
      pid,
      ...stat,
      commandLine: readProc(pid, 'cmdline'),
      environment: readProc(pid, 'environ'),
    });
  }
  return found;
}

/** Every living process, zombies left out. Synchronous: the reaper has nothing else to do. */
export function listProcesses(): ProcessFacts[] {
  return process.platform === 'linux' ? listByProc() : listByPs();
}

/** Start time of a living process, undefined when there is none (or a zombie only). */
export function startTimeOf(pid: number): string | undefined {
  if (process.platform === 'linux') return parseProcStat(readProc(pid, 'stat'))?.startTime;
  try {
    const line = execFileSync('ps', ['-p', String(pid), '-o', 'pid=,pgid=,stat=,lstart=,command='], {
      encoding: 'utf8',
      timeout: 5000,
    });
    return parsePsLine(line.trim())?.startTime;
  } catch {
    return undefined; // ps exits 1 when there is no such process
  }
}
