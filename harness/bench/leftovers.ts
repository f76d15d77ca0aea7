/** What a measurement has left behind: every process that carries its folder in environment or arguments. */
import { setTimeout as sleep } from 'node:timers/promises';
import { listProcesses, startTimeOf } from '../supervisor/process-table.ts';

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

/** Seconds until the session process that has served longest in a folder is gone; NaN when none is there, or it stays. */
export async function untilServingGone(folder: string, limitMs: number): Promise<number> {
  const [serving] = listProcesses()
    .filter(
      ({ environment, commandLine }) => environment.includes(folder) && commandLine.includes('session-child'),
    )
    .sort((one, other) => Number(one.startTime) - Number(other.startTime)); // a warm one is younger
  if (serving === undefined) return Number.NaN;
  const startedMonoMs = performance.now();
  for (;;) {
    const tookMs = performance.now() - startedMonoMs;
    if (startTimeOf(serving.pid) !== serving.startTime) return tookMs / 1000;
    if (tookMs > limitMs) return Number.NaN;
    await sleep(50);
  }
}
