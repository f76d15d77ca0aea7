/** Collects what the page probe tells, in order, and lets one wait for a happening. Lives as long as its call. */
import type { ProbeReport } from '../../src/shared/probe-report.ts';

export class PageEar {
  readonly #reports: ProbeReport[] = [];
  readonly #waiting = new Set<(report: ProbeReport) => void>();

  /** Everything so far, oldest first. */
  get reports(): readonly ProbeReport[] {
    return this.#reports;
  }

  /** Called by the page's binding. What is told late (a word's start) may be older than what was told before. */
  hear(report: ProbeReport): void {
    this.#reports.push(report);
    for (const check of this.#waiting) check(report);
  }

  /** The first report that `matches`, past or future; rejects with `signal.reason` when aborted. */
  until(matches: (report: ProbeReport) => boolean, signal: AbortSignal): Promise<ProbeReport> {
    return new Promise((resolve, reject) => {
      const past = this.#reports.find(matches);
      if (past !== undefined) return resolve(past);
      if (signal.aborted) return reject(signal.reason as Error);
      const end = () => {
        this.#waiting.delete(check);
        signal.removeEventListener('abort', onAbort);
      };
      const check = (report: ProbeReport) => {
        if (!matches(report)) return;
        end();
        resolve(report);
      };
      const onAbort = () => {
        end();
        reject(signal.reason as Error);
      };
      this.#waiting.add(check);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }
}
