/**
 * Owns: the order in which started parts are stopped: last started, first stopped.
 * Never: lets one part that hangs or throws keep the others alive.
 * Invariant: `stop()` ends within the sum of the limits, never rejects, and runs each step once.
 */
import type { Logger, Running } from '../contracts.ts';

/** Started parts, with how long each may take to stop. */
export class StopStack implements Running {
  readonly #log: Logger;
  readonly #steps: { name: string; stop: () => Promise<unknown>; limitMs: number }[] = [];
  #stopping: Promise<void> | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Takes a part over and returns it. @param limitMs longest wait for its stop; then the next one's turn comes */
  own<T extends Running>(name: string, part: T, limitMs = 5000): T {
    this.defer(name, () => part.stop(), limitMs);
    return part;
  }

  /** Takes over something that has no `stop` of its own. */
  defer(name: string, stop: () => Promise<unknown>, limitMs = 5000): void {
    if (this.#stopping !== undefined) throw new Error(`${name} was started after the stop had begun`);
    this.#steps.push({ name, stop, limitMs });
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #stopAll(): Promise<void> {
    for (const { name, stop, limitMs } of this.#steps.toReversed()) {
      const startedMonoMs = performance.now();
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<'late'>((resolve) => (timer = setTimeout(() => resolve('late'), limitMs)));
      try {
        if ((await Promise.race([stop(), late])) === 'late') {
          this.#log.warn({ event: 'stopLate', part: name }, `${name} did not stop in ${limitMs} ms`);
        } else {
          const tookMs = Math.round(performance.now() - startedMonoMs);
          this.#log.debug({ event: 'stopped', part: name, tookMs }, `${name} stopped`);
        }
      } catch (error) {
        this.#log.warn({ event: 'stopFailed', part: name, err: error }, `${name} failed to stop`);
      } finally {
        clearTimeout(timer);
      }
    }
  }
}
