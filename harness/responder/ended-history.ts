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
    // One that an earlier process began has only the wall clock in common with it.
    const durationMs =
      session.earlier === undefined
        ? (endedMonoMs < 0 ? nowMonoMs : endedMonoMs) - entry.startedMonoMs
        : Math.max(0, (endTime ?? session.startTime).getTime() - session.startTime.getTime());
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
