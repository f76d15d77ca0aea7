/**
 * Owns: what one process uses and where it stands in its tree (Linux by /proc, elsewhere by `ps`, best effort).
 * Never: signals anything. Zombies are listed, with their state: who counts the living leaves them out.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, readSync, readdirSync } from 'node:fs';
import { SESSION_MARK_VARIABLE } from './session-mark.ts';

/** One process at one moment. */
export interface ProcessSample {
  readonly pid: number;
  readonly parentPid: number;
  readonly groupId: number;
  /** One letter of proc(5): R, S, D, T (stopped), t (traced), Z (zombie), X (dead), I (idle). */
  readonly state: string;
  /** Opaque; the same as in process-table.ts. A pid is only trusted together with it. */
  readonly startTime: string;
  readonly rssBytes: number;
  /** User and system time, with that of children it has waited for, ms. */
  readonly cpuMs: number;
}

/** Where samples come from. */
export interface ProcessSource {
  list(): ProcessSample[];
  /** The one, undefined when there is none. */
  one(pid: number): ProcessSample | undefined;
  /** Children that the kernel lists for it; a few may be missed. */
  childrenOf(pid: number): number[];
  /** The session mark in its environment. */
  markOf(pid: number): string | undefined;
}

/** A process that runs no code any more, though it may still answer `kill(pid, 0)`. */
export function isDead(sample: ProcessSample): boolean {
  return sample.state === 'Z' || sample.state === 'X';
}

/** USER_HZ: 100 on every platform that Node runs on. */
const MS_PER_TICK = 10;

/**
 * Bytes of a page: the kernel counts pages and Node counts bytes for the same process, and a page is a power of two.
 * 4 KiB nearly everywhere, 16 or 64 KiB on some ARM kernels.
 */
function measurePageBytes(): number {
  try {
    const pages = Number(readFileSync('/proc/self/statm', 'utf8').split(' ')[1]);
    const ratio = process.memoryUsage.rss() / pages;
    return Number.isFinite(ratio) && ratio > 0 ? 2 ** Math.round(Math.log2(ratio)) : 4096;
  } catch {
    return 4096; // no /proc: nobody asks
  }
}

/** Reads /proc/<pid>/stat; the name in brackets may hold spaces and brackets. Undefined for a line that is none. */
export function parseStatSample(pid: number, stat: string, pageBytes: number): ProcessSample | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ', 22); // the rest of some 50 is nothing to us
  const number = (index: number): number => Number(fields[index]); // index = field of proc(5) - 3
  const startTime = fields[19];
  const groupId = number(2);
  if (startTime === undefined || !Number.isInteger(groupId)) return undefined;
  return {
    pid,
    parentPid: number(1),
    groupId,
    state: fields[0] ?? '',
    startTime,
    rssBytes: number(21) * pageBytes,
    cpuMs: (number(11) + number(12) + number(13) + number(14)) * MS_PER_TICK,
  };
}

/** Reads `[[dd-]hh:]mm:ss[.ff]` of ps as ms. */
export function parsePsTime(text: string): number {
  const [days, rest] = text.includes('-') ? text.split('-') : ['0', text];
  const seconds = (rest ?? '').split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
  return Math.round((Number(days) * 86_400 + seconds) * 1000);
}

/** Reads a line of `ps -axo pid=,ppid=,pgid=,stat=,rss=,time=,lstart=`. */
export function parsePsSample(line: string): ProcessSample | undefined {
  const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S)\S*\s+(\d+)\s+(\S+)\s+(.+?)\s*$/.exec(line);
  if (match === null) return undefined;
  const [, pid, parentPid, groupId, state = '', rssKib, time = '', startTime = ''] = match;
  return {
    pid: Number(pid),
    parentPid: Number(parentPid),
    groupId: Number(groupId),
    state,
    startTime,
    rssBytes: Number(rssKib) * 1024,
    cpuMs: parsePsTime(time),
  };
}

/** A session mark among the entries of an environment, NUL or space between them. */
export function findMark(environment: string): string | undefined {
  const entry = environment.split(/[\0 \n]/).find((one) => one.startsWith(`${SESSION_MARK_VARIABLE}=`));
  return entry?.slice(SESSION_MARK_VARIABLE.length + 1);
}

/** /proc. A look at 600 processes takes some milliseconds, so it is synchronous. */
export function procSource(): ProcessSource {
  const pageBytes = measurePageBytes();
  const buffer = Buffer.allocUnsafe(4096); // a stat line is under 500 bytes
  const read = (path: string): string => {
    let file: number;
    try {
      file = openSync(path, 'r');
    } catch {
      return ''; // gone meanwhile
    }
    try {
      return buffer.toString('latin1', 0, readSync(file, buffer, 0, buffer.length, 0));
    } catch {
      return '';
    } finally {
      closeSync(file);
    }
  };
  const one = (pid: number): ProcessSample | undefined =>
    parseStatSample(pid, read(`/proc/${pid}/stat`), pageBytes);
  return {
    one,
    list: () => {
      const samples: ProcessSample[] = [];
      for (const name of readdirSync('/proc')) {
        const pid = Number(name); // NaN for all that is no process
        const sample = pid > 0 ? one(pid) : undefined;
        if (sample !== undefined) samples.push(sample);
      }
      return samples;
    },
    childrenOf: (pid) =>
      read(`/proc/${pid}/task/${pid}/children`)
        .split(' ')
        .filter((part) => part !== '')
        .map(Number),
    markOf: (pid) => {
      try {
        return findMark(readFileSync(`/proc/${pid}/environ`, 'latin1'));
      } catch {
        return undefined; // gone, or another user's
      }
    },
  };
}

/** Longest wait for ps, ms: it blocks, and takes some 20 ms. */
const PS_LIMIT_MS = 5000;

function ps(args: readonly string[]): string {
  try {
    return execFileSync('ps', args, {
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
      timeout: PS_LIMIT_MS,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return ''; // exits 1 when there is no such process
  }
}

/** For systems without /proc. A `ps` per question: dear, so sessions are looked at less closely there. */
export function psSource(): ProcessSource {
  const columns = 'pid=,ppid=,pgid=,stat=,rss=,time=,lstart=';
  const list = (): ProcessSample[] =>
    ps(['-axo', columns])
      .split('\n')
      .flatMap((line) => parsePsSample(line) ?? []);
  return {
    list,
    one: (pid) => parsePsSample(ps(['-p', String(pid), '-o', columns]).trim()),
    childrenOf: (pid) => list().flatMap((sample) => (sample.parentPid === pid ? [sample.pid] : [])),
    markOf: (pid) => findMark(ps(['eww', '-p', String(pid), '-o', 'command='])),
  };
}

/** The one for this system. */
export function systemProcessSource(): ProcessSource {
  return process.platform === 'linux' ? procSource() : psSource();
}
