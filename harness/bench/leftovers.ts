/** What a measurement has left behind: every process that carries its folder in environment or arguments. */
import { setTimeout as sleep } from 'node:timers/promises';
import { listProcesses } from '../supervisor/process-table.ts';

/** Living processes of a folder, this one left out. */
export function leftIn(folder: string): number[] {
  return listProcesses()
    .filter(({ environment, commandLine }) => environment.includes(folder) || commandLine.includes(folder))
    .map(({ pid }) => pid)
    .filter((pid) => pid !== process.pid);
}

/** Waits until nothing is left, `limitMs` at most; resolves with how many are left and how long it took, s. */
export async function untilNoneLeft(
  folder: string,
  limitMs: number,
): Promise<{ readonly left: number; readonly tookS: number }> {
  const startedMonoMs = performance.now();
  for (;;) {
    const left = leftIn(folder).length;
    const tookMs = performance.now() - startedMonoMs;
    if (left === 0 || tookMs > limitMs) return { left, tookS: tookMs / 1000 };
    await sleep(100);
  }
}
