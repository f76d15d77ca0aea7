/**
 * Makes the element's own session once, however many ask at a time, and disposes of it. Invariant: at most one session
 * is made and alive; one that arrives after `dispose` is disposed of at once and given to nobody.
 */
import type { VoiceSession } from '../../core/session/types.ts';
import { isSameConfig, type SessionConfig } from '../session-config.ts';

/** See the file's comment. */
export class OwnSession {
  #made: VoiceSession | undefined;
  #config: SessionConfig | undefined;
  #generation = 0;
  #making: Promise<VoiceSession | undefined> | undefined;

  /** The session made here, while it is alive. */
  get made(): VoiceSession | undefined {
    return this.#made;
  }

  /**
   * Gives the session for `config`, made by `make` if there is none; one that was made for another config is disposed of.
   * Undefined: disposed of meanwhile. Rejects when `make` does; the next call tries again.
   */
  get(
    config: SessionConfig,
    make: (config: SessionConfig) => Promise<VoiceSession>,
  ): Promise<VoiceSession | undefined> {
    if (this.#config !== undefined && !isSameConfig(config, this.#config)) this.dispose();
    this.#config = config;
    if (this.#made !== undefined) return Promise.resolve(this.#made);
    this.#making ??= this.#make(() => make(config), this.#generation);
    return this.#making;
  }

  /** Ends and forgets the session. */
  dispose(): void {
    const made = this.#made;
    this.#made = undefined;
    this.#making = undefined;
    this.#generation += 1;
    made?.dispose().catch(reportError);
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
