/** A {@link ProcessTarget} over a process id that we did not start ourselves, such as a renderer of the browser. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessTarget } from './fault.ts';

const POLL_MS = 20;

/** Signals go to the process alone, or with `group` to its whole group. Gone means no such process, or a zombie. */
export function pidTarget(
  pid: number,
  options: { readonly group?: boolean; readonly restart?: () => Promise<void> } = {},
): ProcessTarget {
  if (!Number.isInteger(pid) || pid <= 1) throw new RangeError(`pid ${pid} is not a process of ours`);
  return {
    send: (signal) => {
      process.kill(options.group === true ? -pid : pid, signal);
    },
    exited: async (signal) => {
      while (isAlive(pid)) {
        try {
          await sleep(POLL_MS, undefined, { signal });
        } catch (error) {
          signal.throwIfAborted();
          throw error;
        }
      }
    },
    ...(options.restart !== undefined && { restart: options.restart }),
  };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error instanceof Error && (error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
  return !isZombie(pid);
}

/** A zombie still answers signal 0. Without /proc (macOS) its parent has to collect it first. */
function isZombie(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
  } catch {
    return false; // gone between the two looks (the next one tells), or no /proc here
  }
}
