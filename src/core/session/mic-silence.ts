/**
 * Whether the microphone gives nothing at all, from what it gave at each look. Pure. A person who says nothing is never
 * meant: any real microphone has noise, and only one that is switched off at the device, or the wrong one, has none.
 */

import type { MicrophoneReading } from '../ports.ts';

/** Nothing for so long is told, ms: shorter gaps come when a device wakes up or is switched. */
const TOLD_AFTER_MS = 3000;

/** Since when there has been nothing, monotonic ms; undefined: there is something, or nobody can tell. */
export type MicrophoneSilence = number | undefined;

/** The next memory after a look at `atMonoMs`. */
export function looked(
  silence: MicrophoneSilence,
  reading: MicrophoneReading,
  atMonoMs: number,
): MicrophoneSilence {
  return reading === 'nothing' ? (silence ?? atMonoMs) : undefined;
}

/** Whether it is to be told at `atMonoMs`. */
export function isSilent(silence: MicrophoneSilence, atMonoMs: number): boolean {
  return silence !== undefined && atMonoMs - silence >= TOLD_AFTER_MS;
}
