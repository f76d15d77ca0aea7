/** Decides which utterances of the user were answered by sound, and how fast. Pure; times on the page's clock. */
import type { ProbeReport, SoundSide } from '../../src/shared/probe-report.ts';

/** An utterance and what followed it. Page monotonic ms. */
export interface AnsweredUtterance {
  readonly startMonoMs: number;
  readonly endMonoMs: number;
  /** End of speech to the first sound of the agent; undefined when none came before the user's next word. */
  readonly latencyMs: number | undefined;
}

/** A stretch of sound. */
interface Stretch {
  readonly startMonoMs: number;
  readonly endMonoMs: number;
}

function stretches(page: readonly ProbeReport[], side: SoundSide): Stretch[] {
  const found: Stretch[] = [];
  let startMonoMs: number | undefined;
  for (const report of page) {
    if (report.kind !== 'sound' || report.side !== side) continue;
    if (report.on) startMonoMs = report.at.monoMs;
    else if (startMonoMs !== undefined) found.push({ startMonoMs, endMonoMs: report.at.monoMs });
  }
  return found;
}

/** The finished utterances from `fromMonoMs` on, in order. An answer is the agent's first sound between two of them. */
export function answeredSpeech(page: readonly ProbeReport[], fromMonoMs: number): AnsweredUtterance[] {
  const spoken = stretches(page, 'user').filter((utterance) => utterance.startMonoMs >= fromMonoMs);
  const answers = page
    .filter((report) => report.kind === 'sound' && report.side === 'agent' && report.on)
    .map((report) => report.at.monoMs);
  return spoken.map((utterance, number) => {
    const nextMonoMs = spoken[number + 1]?.startMonoMs ?? Infinity;
    const answerMonoMs = answers.find((monoMs) => monoMs > utterance.endMonoMs && monoMs < nextMonoMs);
    return {
      ...utterance,
      latencyMs: answerMonoMs === undefined ? undefined : answerMonoMs - utterance.endMonoMs,
    };
  });
}
