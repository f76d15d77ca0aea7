/**
 * Owns: one set-up at a time in a clone. A lock file holds its owner's pid; the lock of a process that is gone is taken
 * over. Linking a finished file into place is atomic, so a lock never exists without its owner's pid in it.
 */
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 100;

/**
 * @param {number} pid
 * @returns {boolean}
 */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}

/**
 * @param {string} file
 * @returns {number | undefined} the owner's pid
 */
function ownerOf(file) {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    return undefined; // released meanwhile
  }
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
  } catch {
    return; // someone else was quicker
  }
  const owner = ownerOf(aside);
  if (owner !== undefined && isAlive(owner)) tryLink(aside, file);
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
  writeFileSync(own, String(process.pid));
  try {
    const deadlineMonoMs = performance.now() + limitMs;
    let told = false;
    while (!tryLink(own, file)) {
      const owner = ownerOf(file);
      if (owner !== undefined && !isAlive(owner)) {
        removeDeadLock(file, `${own}.dead`);
        continue;
      }
      if (owner !== undefined && !told) onWait(owner);
      told ||= owner !== undefined;
      if (performance.now() > deadlineMonoMs) {
        throw new Error(`another set-up (process ${owner}) holds ${file} for more than ${limitMs / 1000} s`);
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
