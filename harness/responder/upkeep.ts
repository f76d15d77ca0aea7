/**
 * Owns: the manager's two clocks, health checks and cleanups, and the health clocks of sessions that want their own.
 * Never: ends a session; keeps a process alive that has nothing else to do.
 * Invariant: the clocks run only while sessions are remembered.
 */
import { Deadlines } from '../supervisor/deadlines.ts';
import { systemEngineClock } from '../supervisor/engine-clock.ts';
import type { EngineClock } from '../supervisor/engine-clock.ts';

/** What is done at which interval. */
export interface UpkeepTools {
  /** The real time, without keeping the process alive, when undefined. */
  readonly clock: EngineClock | undefined;
  readonly healthCheckMs: number;
  readonly cleanupMs: number;
  hasSessions(): boolean;
  checkHealth(): void;
  checkHealthOf(sessionId: string): void;
  cleanUp(): void;
  /** Gets what one of them threw; the clocks go on. */
  onError(error: unknown): void;
}

/** Of these clocks; no session has this id. */
const MANAGER = '.manager';

const idleClock: EngineClock = {
  ...systemEngineClock,
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs).unref();
    return () => clearTimeout(timer);
  },
};

/** The clocks of one manager. */
export class Upkeep {
  readonly #tools: UpkeepTools;
  readonly #deadlines: Deadlines;

  constructor(tools: UpkeepTools) {
    this.#tools = tools;
    this.#deadlines = new Deadlines(tools.clock ?? idleClock, (error) => tools.onError(error));
  }

  /** Starts the clocks when they stand. */
  start(): void {
    this.#every(MANAGER, 'health', this.#tools.healthCheckMs, () => this.#tools.checkHealth());
    this.#every(MANAGER, 'cleanup', this.#tools.cleanupMs, () => this.#tools.cleanUp());
  }

  /** A health clock of a session's own, until {@link forget}. */
  watch(sessionId: string, intervalMs: number): void {
    this.#every(sessionId, 'health', intervalMs, () => this.#tools.checkHealthOf(sessionId));
  }

  forget(sessionId: string): void {
    this.#deadlines.forget(sessionId);
  }

  /** Stops all, for good. */
  stop(): void {
    this.#deadlines.stop();
  }

  #every(owner: string, name: string, intervalMs: number, work: () => void): void {
    if (this.#deadlines.dueMonoMs(owner, name) !== undefined || !this.#tools.hasSessions()) return;
    this.#deadlines.set(owner, name, intervalMs, () => {
      this.#every(owner, name, intervalMs, work); // first, so that work that throws stops no clock
      work();
    });
  }
}
