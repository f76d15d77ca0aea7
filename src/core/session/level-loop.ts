/** Reads how loud it is both ways, about 20 times a second while it runs; 0 otherwise. It owns its timer only. */
import type { Clock } from '../ports.ts';
import { Writable } from '../readable.ts';
import { aborted } from './background.ts';
import type { Levels } from './types.ts';

const LEVEL_EVERY_MS = 50;
const SILENCE: Levels = { user: 0, agent: 0 };

/** One session's levels. */
export class LevelLoop {
  readonly levels: Writable<Levels>;
  readonly #clock: Clock;
  readonly #read: () => Levels;
  #loop = aborted();

  /** @param read is called at each turn. */
  constructor(clock: Clock, read: () => Levels, onWatcherError: (error: unknown) => void) {
    this.#clock = clock;
    this.#read = read;
    this.levels = new Writable<Levels>(SILENCE, onWatcherError);
  }

  get isRunning(): boolean {
    return !this.#loop.signal.aborted;
  }

  /** Until {@link end}. Never rejects by its clock; what `read` throws is its caller's. */
  async run(): Promise<void> {
    const loop = new AbortController();
    this.#loop = loop;
    while (!loop.signal.aborted) {
      const { user, agent } = this.#read();
      const before = this.levels.value;
      if (user !== before.user || agent !== before.agent) this.levels.set({ user, agent });
      await this.#clock.sleep(LEVEL_EVERY_MS, loop.signal).catch(() => {}); // the loop looks at the signal
    }
    if (!this.isRunning) this.levels.set(SILENCE);
  }

  /** Idempotent. */
  end(): void {
    this.#loop.abort();
    this.levels.set(SILENCE);
  }
}
