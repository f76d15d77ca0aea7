/** The state lane of a timeline: which phase the link was in, from when to when. */
import type { RecordingEvent } from '../../shared/recording.ts';

/** A stay in one phase, ms since the session's start. */
export interface PhaseStay {
  readonly phase: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** The stays in their order, up to `endMs`; equal neighbours are one. Final phases take no time and are left out. */
export function phaseStays(events: readonly RecordingEvent[], endMs: number): PhaseStay[] {
  const stays: PhaseStay[] = [];
  const phases = events.filter((event) => event.kind === 'phase');
  phases.forEach(({ phase, atMs }, index) => {
    const toMs = Math.min(endMs, phases[index + 1]?.atMs ?? endMs);
    if (phase === 'ended' || phase === 'failed' || phase === 'idle' || toMs < atMs) return;
    const last = stays.at(-1);
    if (last?.phase === phase && last.toMs === atMs) stays[stays.length - 1] = { ...last, toMs };
    else stays.push({ phase, fromMs: atMs, toMs });
  });
  return stays;
}
