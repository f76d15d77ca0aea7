/**
 * Judges by a child's life signs whether it hangs. Pure: time arrives with every call. Two ways to hang: nothing is
 * heard of it (stopped, a busy loop), or it beats but hands no more sound on. It never judges by a time in which we
 * stood still ourselves: a machine that stalls stalls both.
 */

/** How a child is. */
export type LifeVerdict = 'alive' | 'silent' | 'stuck';

/** Between two looks, ms. */
export const LOOK_EVERY_MS = 500;
/** Three beats of a second and half of one: told and out of the room within 5 s of the hang. */
const SILENT_LIMIT_MS = 3_500;
/** The speaker hands on at least a frame a second, even while its source takes none. */
const STUCK_LIMIT_MS = 5_000;
/** Before the first word: a cold child on a busy machine loads for seconds. */
const LOADING_LIMIT_MS = 15_000;

/** The life of one child, from the moment that it has work. */
export class LifeWatch {
  #heardMonoMs: number;
  #movedMonoMs: number;
  #lookedMonoMs: number;
  #soundMs = -1;
  #hasSpoken = false;

  constructor(nowMs: number) {
    this.#heardMonoMs = nowMs;
    this.#movedMonoMs = nowMs;
    this.#lookedMonoMs = nowMs;
  }

  /** Something came from it; `soundMs` where it was a beat. */
  heard(nowMs: number, soundMs?: number): void {
    this.#hasSpoken = true;
    this.#heardMonoMs = nowMs;
    if (soundMs === undefined || soundMs === this.#soundMs) return;
    this.#soundMs = soundMs;
    this.#movedMonoMs = nowMs;
  }

  /** Looks; to be called every {@link LOOK_EVERY_MS}. */
  look(nowMs: number): LifeVerdict {
    const standstillMs = nowMs - this.#lookedMonoMs - LOOK_EVERY_MS;
    this.#lookedMonoMs = nowMs;
    if (standstillMs > LOOK_EVERY_MS) {
      this.#heardMonoMs += standstillMs;
      this.#movedMonoMs += standstillMs;
    }
    if (!this.#hasSpoken) return nowMs - this.#heardMonoMs > LOADING_LIMIT_MS ? 'silent' : 'alive';
    if (nowMs - this.#heardMonoMs > SILENT_LIMIT_MS) return 'silent';
    return this.#soundMs >= 0 && nowMs - this.#movedMonoMs > STUCK_LIMIT_MS ? 'stuck' : 'alive';
  }
}
