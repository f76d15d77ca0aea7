/**
 * What holds for the bytes of one TCP path now: held, late, slow. Conditions stack and each is taken back by its
 * own undo. Decides nothing about connections (tcp-proxy does).
 */

/** Bytes come `delayMs` later and at most `bytesPerSecond` each way and connection. */
export interface SlowLink {
  readonly delayMs: number;
  readonly bytesPerSecond: number;
}

/** The conditions of one path, shared by all its connections. */
export class TcpConditions {
  #holds = 0;
  readonly #slow = new Set<SlowLink>();
  readonly #waiters = new Set<() => void>();

  /** True while nothing may pass. */
  get held(): boolean {
    return this.#holds > 0;
  }

  /** Sum of all delays in force, ms. */
  get delayMs(): number {
    return [...this.#slow].reduce((sum, link) => sum + link.delayMs, 0);
  }

  /** The narrowest rate in force; Infinity when none is. */
  get bytesPerSecond(): number {
    return Math.min(Infinity, ...[...this.#slow].map((link) => link.bytesPerSecond));
  }

  /** Stops all bytes until the result is called, idempotent. */
  hold(): () => void {
    this.#holds += 1;
    let released = false;
    return () => {
      if (released) return;
      released = true;
      this.#holds -= 1;
      if (this.#holds > 0) return;
      for (const tell of [...this.#waiters]) tell();
    };
  }

  /** Makes the path slow until the result is called, idempotent. */
  slowDown(link: SlowLink): () => void {
    const entry = { ...link };
    this.#slow.add(entry);
    return () => void this.#slow.delete(entry);
  }

  /** Resolves when nothing is held; rejects with `signal.reason`. */
  async passable(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    while (this.held) {
      await new Promise<void>((resolve, reject) => {
        const done = (settle: () => void): void => {
          this.#waiters.delete(tell);
          signal.removeEventListener('abort', abort);
          settle();
        };
        const tell = (): void => done(resolve);
        const abort = (): void => done(() => reject(signal.reason));
        this.#waiters.add(tell);
        signal.addEventListener('abort', abort, { once: true });
      });
    }
  }
}
