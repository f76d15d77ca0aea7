/**
 * Plays a scenario's fault against a target at its times: waits, breaks, heals, as often as it says. Owns the undo
 * of what it broke, also when it is aborted or the fault fails in the middle.
 */
import type { Fault, FaultTarget, Undo } from '../faults/fault.ts';
import { NOTHING_TO_UNDO } from '../faults/undo.ts';
import type { Scenario } from './scenario.ts';

/** Time for the player. */
export interface PlayClock {
  monoMs(): number;
  /** Rejects with `signal.reason`. */
  sleep(delayMs: number, signal: AbortSignal): Promise<void>;
}

/** What was played. */
export interface PlayedFault {
  /** When the first application began, monotonic ms of the clock: nothing was broken before it. */
  readonly beganMonoMs: number;
  /** First application, complete. */
  readonly appliedMonoMs: number;
  /** Last heal; the same as `beganMonoMs` for a fault that stays until the end. */
  readonly healedMonoMs: number;
  /** Takes back what stays until the end; nothing for others. */
  readonly release: Undo;
}

/**
 * To be called before Start, or when the call is connected, as the scenario's time says. Resolves after the last
 * heal, or at once after the first application when the fault stays. Rejects with the fault's error or
 * `signal.reason`, with everything healed. @param onApplied called once, when it is broken
 */
export async function playFault(
  scenario: Pick<Scenario, 'time' | 'lastsMs' | 'repeat'>,
  fault: Fault,
  target: FaultTarget,
  clock: PlayClock,
  signal: AbortSignal,
  onApplied: () => void = () => undefined,
): Promise<PlayedFault> {
  if (scenario.time.at === 'connected') await clock.sleep(scenario.time.afterMs, signal);
  const { times, upMs } = scenario.repeat ?? { times: 1, upMs: 0 };
  const beganMonoMs = clock.monoMs();
  let appliedMonoMs: number | undefined;
  for (let time = 1; ; time += 1) {
    const undo = await fault.apply(target, signal);
    if (appliedMonoMs === undefined) {
      appliedMonoMs = clock.monoMs();
      onApplied();
    }
    if (scenario.lastsMs === 'untilEnd')
      return { beganMonoMs, appliedMonoMs, healedMonoMs: beganMonoMs, release: undo };
    try {
      await clock.sleep(scenario.lastsMs, signal);
    } finally {
      await undo();
    }
    if (time === times)
      return { beganMonoMs, appliedMonoMs, healedMonoMs: clock.monoMs(), release: NOTHING_TO_UNDO };
    await clock.sleep(upMs, signal);
  }
}
