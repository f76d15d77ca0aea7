/** Owns: the figures of the last sessions that ended, also of those whose record was removed. */
import type { EndedFacts } from './analytics.ts';
import type { CliSession } from './session-record.ts';

/** How many are remembered: some 100 bytes each. */
const MAX_FACTS = 1000;

/** A ring of figures. */
export class EndedHistory {
  #facts: EndedFacts[] = [];

  /** Adds a session that is final. */
  add(session: CliSession, nowMonoMs: number): void {
    const { status, endTime, entry, endedMonoMs, peakRssBytes, failures, recoveredInMs } = session;
    const durationMs = (endedMonoMs < 0 ? nowMonoMs : endedMonoMs) - entry.startedMonoMs;
    this.#facts.push({
      status,
      endedWallMs: endTime?.getTime() ?? 0,
      durationMs,
      peakRssBytes,
      failures,
      recoveredInMs,
    });
    if (this.#facts.length > MAX_FACTS * 1.25) this.#facts = this.#facts.slice(-MAX_FACTS);
  }

  /** Oldest first. */
  facts(): readonly EndedFacts[] {
    return this.#facts.slice(-MAX_FACTS);
  }
}
