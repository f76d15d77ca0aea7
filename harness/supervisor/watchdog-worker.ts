/**
 * The watchdog's thread, see watchdog.ts. It never returns to an event loop of its own until it is told to stop, and
 * ends the process's whole group when the process leads one (what it started would outlive it otherwise).
 */
import { parentPort, workerData } from 'node:worker_threads';
import { BEAT, STOP, nextWatch } from './watchdog-cells.ts';
import type { WatchdogOrder, WatchdogState } from './watchdog-cells.ts';

const order = workerData as WatchdogOrder;
const lookMs = Math.min(250, Math.max(5, Math.floor(order.limitMs / 20)));

function end(): void {
  for (const target of [-order.pid, order.pid]) {
    try {
      process.kill(target, 'SIGKILL');
    } catch {
      // no leader of a group: there is none with this id
    }
  }
}

const startedMonoMs = performance.now();
let state: WatchdogState = {
  beat: Atomics.load(order.cells, BEAT),
  sinceMonoMs: startedMonoMs,
  lookedMonoMs: startedMonoMs,
};
parentPort?.postMessage('ready');
while (Atomics.load(order.cells, STOP) === 0) {
  Atomics.wait(order.cells, STOP, 0, lookMs);
  const seen = {
    beat: Atomics.load(order.cells, BEAT),
    nowMonoMs: performance.now(),
    parentPid: process.ppid,
  };
  const step = nextWatch(state, seen, { limitMs: order.limitMs, parentPid: order.parentPid, lookMs });
  state = step.state;
  if (step.end !== undefined && Atomics.load(order.cells, STOP) === 0) end();
}
