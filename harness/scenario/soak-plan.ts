/** The random faults of a soak, made from a seed before it begins, so that a bad night can be played again. Pure. */
import type { FaultSpec } from '../faults/create-fault.ts';
import { seededRandom } from '../faults/seeded-random.ts';

/** One fault of a soak. */
export interface SoakStep {
  /** From the beginning of the soak to the application, ms. */
  readonly atMs: number;
  readonly lastsMs: number;
  readonly fault: FaultSpec;
}

/** Every 20 to 40 s one fault; none begins before the last one healed. */
const GAP_MS = { least: 20_000, most: 40_000 };
const LENGTH_MS = { least: 500, most: 15_000 };

/** What may happen. Nothing that ends a session for good: a soak looks for what gets stuck. */
const FAULTS: readonly FaultSpec[] = [
  { kind: 'udpCut', side: 'both' },
  { kind: 'udpCut', side: 'up' },
  { kind: 'udpCut', side: 'down' },
  { kind: 'udpImpair', lossRatio: 0.1, jitterMs: 60 },
  { kind: 'udpRebind' },
  { kind: 'signalCut', how: 'reset' },
  { kind: 'signalCut', how: 'fin' },
  { kind: 'signalStall' },
  { kind: 'signalSlow', delayMs: 500, bytesPerSecond: 1_000 },
  { kind: 'wholePath', how: 'hole' },
  { kind: 'wholePath', how: 'refuse' },
  { kind: 'wholePath', how: 'off' },
  { kind: 'processPause', process: 'server' },
  { kind: 'processEnd', process: 'server', how: 'kill' },
  { kind: 'processEnd', process: 'agent', how: 'kill' },
  { kind: 'processPause', process: 'renderer' },
];

/** @param totalMs how long the soak lasts; the last fault has healed 20 s before its end. */
export function soakPlan(seed: number, totalMs: number): readonly SoakStep[] {
  const random = seededRandom(seed);
  const between = ({ least, most }: { least: number; most: number }): number =>
    Math.round(least + random() * (most - least));
  const steps: SoakStep[] = [];
  for (let freeFromMs = 0; ;) {
    const atMs = freeFromMs + between(GAP_MS);
    const lastsMs = between(LENGTH_MS);
    const fault = FAULTS[Math.floor(random() * FAULTS.length)];
    if (fault === undefined || atMs + lastsMs + GAP_MS.least > totalMs) return steps;
    steps.push({ atMs, lastsMs, fault });
    freeFromMs = atMs + lastsMs;
  }
}
