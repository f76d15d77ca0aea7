/**
 * Owns: the end of a run. A detached process, one per run, told by lines of JSON on stdin what belongs to the run.
 * When its parent is gone (end of stdin) or asks for it ("end"), it kills everything of the run and removes the folder.
 * Never: takes its orders from arguments (people see those), never kills itself.
 * Invariant: it needs no answer from its parent and no time to get ready; what is in the pipe outlives the writer.
 */
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { listProcesses } from './process-table.ts';
import { findVictims } from './victims.ts';
import type { RegisteredGroup } from './victims.ts';

/** What a run tells its reaper. */
export type ReaperOrder =
  | { readonly type: 'run'; readonly runId: string; readonly folder: string; readonly parentPid: number }
  | { readonly type: 'add'; readonly pid: number; readonly startTime?: string | undefined }
  | { readonly type: 'remove'; readonly pid: number }
  | { readonly type: 'end' };

/** Longest time that killing goes on, ms; a process in uninterruptible sleep may outlast it. */
const REAP_LIMIT_MS = 10_000;

function sleepSync(durationMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, durationMs);
}

function killAll(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // ended between the look and the signal, or another user's
    }
  }
}

/** Kills what belongs to the run until two looks in a row find nothing; a process may fork between look and signal. */
function reap(
  run: { runId: string; folder: string },
  groups: readonly RegisteredGroup[],
  spare: readonly number[],
): void {
  const deadlineMs = performance.now() + REAP_LIMIT_MS;
  let emptyLooks = 0;
  while (emptyLooks < 2 && performance.now() < deadlineMs) {
    const victims = findVictims(listProcesses(), { ...run, groups, spare });
    killAll(victims);
    emptyLooks = victims.length === 0 ? emptyLooks + 1 : 0;
    if (emptyLooks < 2) sleepSync(emptyLooks === 0 ? 20 : 5);
  }
  rmSync(run.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}

async function main(): Promise<void> {
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => undefined); // its parent decides
  const groups = new Map<number, RegisteredGroup>();
  let run: { runId: string; folder: string; parentPid: number } | undefined;
  let orderly = false;
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
    const order = JSON.parse(line) as ReaperOrder; // written by our own parent
    if (order.type === 'run') run = order;
    else if (order.type === 'add') groups.set(order.pid, order);
    else if (order.type === 'remove') groups.delete(order.pid);
    else {
      orderly = true;
      break;
    }
  }
  if (run !== undefined)
    reap(run, [...groups.values()], orderly ? [process.pid, run.parentPid] : [process.pid]);
  process.exit(0);
}

await main();
