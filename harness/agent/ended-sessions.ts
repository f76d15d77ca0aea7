/** Remembers for a while which voice sessions were ended, so that a job that is still on its way finds no taker. */
export class EndedSessions {
  readonly #rememberMs: number;
  /** Until when, mono ms; oldest first. */
  readonly #untilMonoMs = new Map<string, number>();

  constructor(rememberMs: number) {
    this.#rememberMs = rememberMs;
  }

  /** This one was ended now. */
  add(voiceSessionId: string, nowMs: number): void {
    this.#untilMonoMs.delete(voiceSessionId); // to the end
    this.#untilMonoMs.set(voiceSessionId, nowMs + this.#rememberMs);
    for (const [id, untilMonoMs] of this.#untilMonoMs) {
      if (untilMonoMs > nowMs) break;
      this.#untilMonoMs.delete(id);
    }
  }

  /** Whether it was ended a short while ago. */
  has(voiceSessionId: string, nowMs: number): boolean {
    return (this.#untilMonoMs.get(voiceSessionId) ?? -Infinity) > nowMs;
  }
}
