/**
 * Owns: a thread inside a child process that ends this process when its event loop stands still, or when its parent is
 * gone. The thread needs neither: it counts in shared memory and waits by Atomics.
 * Never: ends the process for time in which the whole process was stopped (SIGSTOP, a machine that slept).
 * Invariant: a hung child is gone `limitMs` (and a tenth) after its loop's last turn, even if nobody else lives.
 */
import { Worker } from 'node:worker_threads';
import { BEAT, STOP } from './watchdog-cells.ts';
import type { WatchdogOrder } from './watchdog-cells.ts';

export interface WatchdogOptions {
  /** Longest standstill of the event loop, ms. @default 10000 */
  readonly limitMs?: number;
  /** The parent that must stay. @default process.ppid at the call */
  readonly parentPid?: number;
  /** Told when the thread itself is lost; the child then lives unguarded. */
  readonly onLost?: (error: Error) => void;
}

/** A running watchdog. Once ready it holds nothing open, and it ends with its process, so that nobody has to stop it. */
export interface Watchdog {
  /** Fulfils when the thread watches; before that a standstill goes unseen. Never rejects: see `onLost`. */
  readonly ready: Promise<void>;
  /** Ends the thread. Idempotent. */
  stop(): void;
}

/** Starts the thread, once per process. Throws RangeError for a limit under 50 ms. */
export function startWatchdog(options: WatchdogOptions = {}): Watchdog {
  const limitMs = options.limitMs ?? 10_000;
  if (!(limitMs >= 50)) throw new RangeError(`watchdog limit is ${limitMs} ms, must be 50 ms or more`);
  const cells = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
  const order: WatchdogOrder = {
    cells,
    limitMs,
    parentPid: options.parentPid ?? process.ppid,
    pid: process.pid,
  };
  const worker = startThread(order);
  let isStopped = false;
  const onLost = (error: Error): void => {
    if (!isStopped) options.onLost?.(error);
  };
  const ready = new Promise<void>((resolve) => {
    worker.once('message', () => {
      worker.unref(); // from here on; who awaits `ready` must not run out of work before it
      resolve();
    });
  });
  worker.on('error', onLost);
  worker.on('exit', (code) => onLost(new Error(`the watchdog thread ended with code ${code}`)));
  const beat = setInterval(() => Atomics.add(cells, BEAT, 1), Math.max(10, Math.floor(limitMs / 20)));
  beat.unref();
  return {
    ready,
    stop: () => {
      isStopped = true;
      clearInterval(beat);
      Atomics.store(cells, STOP, 1);
      Atomics.notify(cells, STOP);
    },
  };
}

/** Compiled, the thread's file runs as it is, in a small heap; from source (tests) it has to register tsx first. */
function startThread(workerData: WatchdogOrder): Worker {
  if (!import.meta.url.endsWith('.ts')) {
    return new Worker(new URL('./watchdog-worker.js', import.meta.url), {
      workerData,
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 4 },
    });
  }
  const file = JSON.stringify(new URL('./watchdog-worker.ts', import.meta.url).href);
  const tsx = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  const load = `import(${tsx}).then(({ register }) => { register(); return import(${file}); })`;
  return new Worker(load, { workerData, eval: true, execArgv: [] });
}
