/** Owns: the agent's figures of seed 000, from what its children tell. Middles are of the last minute. */

/** How the agent does. The name and the first five fields are the source document's. */
export interface PerformanceMetrics {
  /** Half a round trip and the jitter buffer, ms; middle of the last minute, 0 when nothing was measured. */
  audioLatency: number;
  /** End of speech to the first audio of the answer, ms; middle of the last minute. */
  processingTime: number;
  /** Resident memory of the agent and all its processes, MB of 2^20 bytes. */
  memoryUsage: number;
  /** What sessions could not do for their users, since the start. */
  errorCount: number;
  /** Connections and processes that were lost and built anew, since the start. */
  reconnectionCount: number;
  /** JavaScript heap in use of the agent itself, MB: what leaks natively is not in it. */
  heapUsed: number;
}

const WINDOW_MS = 60_000;
/** Values of one minute that are looked at, at most. */
const MAX_VALUES = 1_000;

/** The middle of what came in the last minute. */
export class MinuteMiddle {
  #values: { readonly atMonoMs: number; readonly value: number }[] = [];

  add(value: number, nowMonoMs: number): void {
    this.#values = [...this.#recent(nowMonoMs), { atMonoMs: nowMonoMs, value }].slice(-MAX_VALUES);
  }

  /** 0 when nothing came. */
  middle(nowMonoMs: number): number {
    const sorted = this.#recent(nowMonoMs)
      .map(({ value }) => value)
      .sort((a, b) => a - b);
    return sorted[Math.ceil(sorted.length / 2) - 1] ?? 0;
  }

  #recent(nowMonoMs: number): { readonly atMonoMs: number; readonly value: number }[] {
    return this.#values.filter(({ atMonoMs }) => nowMonoMs - atMonoMs < WINDOW_MS);
  }
}
