/** Packets that wait for their time, one way of one client: they leave in the order they came, one timer in all. */

interface Waiting {
  readonly releaseMonoMs: number;
  readonly deliver: () => void;
}

/** Owned by a flow, which clears it at its end. */
export class PacketQueue {
  readonly #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;

  get empty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Delivers at `releaseMonoMs` (performance.now), but not before what was added earlier. */
  add(releaseMonoMs: number, deliver: () => void): void {
    this.#waiting.push({ releaseMonoMs, deliver });
    if (this.#timer === undefined) this.#arm();
  }

  /** Forgets all that waits; returns how many packets that were. */
  clear(): number {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    return this.#waiting.splice(0).length;
  }

  #arm(): void {
    const first = this.#waiting[0];
    this.#timer =
      first && setTimeout(() => this.#release(), Math.max(0, first.releaseMonoMs - performance.now()));
  }

  #release(): void {
    // Node's timers may fire up to 1 ms early; what is due within that goes now.
    const nowMonoMs = performance.now() + 1;
    for (
      let first = this.#waiting[0];
      first !== undefined && first.releaseMonoMs <= nowMonoMs;
      first = this.#waiting[0]
    ) {
      this.#waiting.shift();
      first.deliver();
    }
    this.#arm();
  }
}
