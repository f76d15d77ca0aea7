/**
 * Owns: one set-up at a time in a clone. A lock file holds its owner's pid and start time, because pids are used again;
 * the lock of a process that is gone, and one that holds something else, is taken over.
 * Invariant: linking a finished file into place is atomic, so a lock never exists without its owner in it.
 */
import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 100;
/** Longest wait for `ps`, ms. */
const PS_LIMIT_MS = 5000;

/**
 * When a living process began, in the words of its system; undefined when there is none.
 * @param {number} pid
 * @returns {string | undefined}
 */
function startTimeOf(pid) {
  try {
    if (process.platform === 'linux') {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // the name before may hold spaces
      return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19]; // field 22 of proc(5)
    }
    const said = execFileSync('ps', ['-p', String(pid), '-o', 'lstart='], {
      encoding: 'utf8',
      timeout: PS_LIMIT_MS,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return said.trim() || undefined;
  } catch {
    return undefined; // no such process
  }
}

/** @typedef {{ pid: number, startTime: string }} Owner */

/**
 * @param {string} file
 * @returns {Owner | 'dead' | 'released'} what cannot be understood was written by no living set-up
 */
function ownerOf(file) {
  let content;
  try {
    content = readFileSync(file, 'utf8');
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return 'released';
    return 'dead';
  }
  const [, pid, startTime] = /^([1-9]\d*) (\S.*)$/.exec(content) ?? [];
  if (pid === undefined || startTime === undefined) return 'dead';
  return startTimeOf(Number(pid)) === startTime ? { pid: Number(pid), startTime } : 'dead';
}

/**
 * @param {string} from
 * @param {string} to
 * @returns {boolean} false when `to` is there already
 */
function tryLink(from, to) {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Removes a lock whose owner is gone. Another process may take it over at the same time: what was moved away is looked
 * at once more, and put back when it turns out to be a living one's.
 * @param {string} file
 * @param {string} aside
 */
function removeDeadLock(file, aside) {
  try {
    renameSync(file, aside);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return; // someone else was quicker
    throw error;
  }
  if (typeof ownerOf(aside) === 'object') tryLink(aside, file);
  rmSync(aside, { force: true });
}

/**
 * Runs `work` while holding the lock; waits for another owner, `limitMs` at most.
 * @template T
 * @param {string} file
 * @param {{ limitMs: number, onWait: (pid: number) => void }} options `onWait` is called once, when there is a wait
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(file, { limitMs, onWait }, work) {
  mkdirSync(dirname(file), { recursive: true });
  const own = `${file}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  const release = () => rmSync(file, { force: true });
  writeFileSync(own, `${process.pid} ${startTimeOf(process.pid) ?? ''}`);
  try {
    const deadlineMonoMs = performance.now() + limitMs;
    let told = false;
    while (!tryLink(own, file)) {
      const owner = ownerOf(file);
      if (owner === 'dead') {
        removeDeadLock(file, `${own}.dead`);
        continue;
      }
      if (owner !== 'released') {
        if (!told) onWait(owner.pid);
        told = true;
        if (performance.now() > deadlineMonoMs)
          throw new Error(
            `the set-up of process ${owner.pid} holds ${file} for more than ${limitMs / 1000} s`,
          );
      }
      await sleep(POLL_MS);
    }
  } finally {
    rmSync(own, { force: true });
  }
  process.once('exit', release);
  try {
    return await work();
  } finally {
    process.off('exit', release);
    release();
  }
}
