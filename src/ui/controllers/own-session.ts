/**
 * Makes the element's own session once, however many ask at a time, and disposes of it. Invariant: at most one session
 * is made and alive; one that arrives after `dispose` is disposed of at once and given to nobody.
 */
import type { VoiceSession } from '../../core/session/types.ts';

/** See the file's comment. */
export class OwnSession {
  #made: VoiceSession | undefined;
  #generation = 0;
  #making: Promise<VoiceSession | undefined> | undefined;

  /** The session made here, while it is alive. */
  get made(): VoiceSession | undefined {
    return this.#made;
  }

  /** Gives the session, made by `make` if there is none. Undefined: disposed of meanwhile. Rejects when `make` does; the next call tries again. */
  get(make: () => Promise<VoiceSession>): Promise<VoiceSession | undefined> {
    if (this.#made !== undefined) return Promise.resolve(this.#made);
    if (this.#making !== undefined) return this.#making;
    const making = this.#make(make, this.#generation);
    this.#making = making;
    return making;
  }

  /** Ends and forgets the session. */
  dispose(): void {
    const made = this.#made;
    this.#made = undefined;
    this.#making = undefined;
    this.#generation += 1;
    void made?.dispose();
  }

  async #make(make: () => Promise<VoiceSession>, generation: number): Promise<VoiceSession | undefined> {
    try {
      const session = await make();
      if (generation === this.#generation) return (this.#made = session);
      await session.dispose();
      return undefined;
    } finally {
      if (generation === this.#generation) this.#making = undefined;
    }
  }
}
