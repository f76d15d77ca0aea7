/**
 * A child with a watchdog: `watchdog-child.ts LIMIT_MS MODE`. Prints one line of JSON when the thread watches.
 * busy: its loop stands still; busyParent: it starts such a child and waits to be killed; calm: nothing; blocked: it
 * stands still for less than the limit, again and again; grandchild: it starts a process, then stands still.
 */
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { startWatchdog } from '../../../harness/supervisor/watchdog.ts';

const [limit = '', mode = ''] = process.argv.slice(2);
const forever = ['-e', 'setInterval(() => {}, 1000)'];

if (mode.startsWith('parent-')) {
  const child = spawn(
    process.execPath,
    [...process.execArgv, process.argv[1] ?? '', limit, mode.slice('parent-'.length)],
    { stdio: ['ignore', 'pipe', 'inherit'], detached: true },
  );
  child.stdout?.pipe(process.stdout);
  setInterval(() => undefined, 1000);
} else {
  const startedPids =
    mode === 'grandchild' ? [spawn(process.execPath, forever, { stdio: 'ignore' }).pid] : [];
  const watchdog = startWatchdog({
    limitMs: Number(limit),
    onLost: (error) => process.stderr.write(error.message),
  });
  await Promise.race([watchdog.ready, sleep(20_000)]);
  process.stdout.write(`${JSON.stringify([process.pid, ...startedPids])}\n`);
  const standStill = (ms: number): void => {
    const untilMs = performance.now() + ms;
    while (performance.now() < untilMs);
  };
  if (mode === 'stopped') {
    watchdog.stop();
    standStill(Number(limit) * 3);
    process.stdout.write('alive\n');
  } else if (mode === 'blocked') {
    for (let i = 0; i < 6; i += 1) {
      standStill(Number(limit) * 0.5);
      await sleep(60);
    }
    process.stdout.write('alive\n');
  } else if (mode === 'busy' || mode === 'grandchild') {
    await sleep(20);
    standStill(60_000);
  }
  setInterval(() => undefined, 1000);
}
