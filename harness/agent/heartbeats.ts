/**
 * Owns: whether a user's way to us stands, by the questions that its client asks of the session all the time.
 * Never: takes a client for one with heartbeats that only asks now and then: its silence says nothing of its way.
 */

/** Our client asks once a second; two that are missing and a little, ms. */
const FRESH_MS = 2_500;
/** Questions closer than this belong together, ms. */
const APART_MS = 500;
/** Questions one after the other, each in time, by which a client shows that it goes on with it. */
const SHOWN_BY = 3;

interface Heart {
  lastMonoMs: number;
  inRow: number;
}

/** The heartbeats of a room's users. */
export class Heartbeats {
  readonly #hearts = new Map<string, Heart>();

  /** A user's client has asked something. */
  beat(identity: string, nowMonoMs: number): void {
    const heart = this.#hearts.get(identity);
    if (heart === undefined) return void this.#hearts.set(identity, { lastMonoMs: nowMonoMs, inRow: 1 });
    const sinceMs = nowMonoMs - heart.lastMonoMs;
    if (heart.inRow < SHOWN_BY && sinceMs >= APART_MS) heart.inRow = sinceMs < FRESH_MS ? heart.inRow + 1 : 1;
    heart.lastMonoMs = nowMonoMs;
  }

  /** Whether they come; undefined for a client that has not shown any. */
  isUp(identity: string, nowMonoMs: number): boolean | undefined {
    const heart = this.#hearts.get(identity);
    if (heart === undefined || heart.inRow < SHOWN_BY) return undefined;
    return nowMonoMs - heart.lastMonoMs < FRESH_MS;
  }

  /** A user is gone. */
  forget(identity: string): void {
    this.#hearts.delete(identity);
  }
}
