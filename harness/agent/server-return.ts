/**
 * What the word "your server is back" means to a session, by how its connection stands. It comes from the parent,
 * whose worker finds a restarted server within 200 ms; rtc-node's own repair waits up to 5 s between two tries, and
 * finds no room then anyway. A connection that stands, or whose repair is through, needs no word.
 * Invariant: a token that came is used for one join at most, and never for a later outage.
 */
import type { Clock } from './clock.ts';

type Standing =
  | { readonly phase: 'joined' }
  /** rtc-node repairs its room; `drop` gives that room up. */
  | { readonly phase: 'repairing'; readonly drop: () => void }
  /** No room: joining, or waiting for a server. */
  | { readonly phase: 'away'; readonly token: string | undefined; readonly nap: AbortController };

const away = (token?: string): Standing => ({ phase: 'away', token, nap: new AbortController() });

/** Of one session; `told` when the word comes. */
export class ServerReturn {
  #standing: Standing = away();

  /** A room is joined, or has repaired itself. */
  joined(): void {
    this.#standing = { phase: 'joined' };
  }

  /** The joined room repairs itself; `drop` is called at most once, when it need not any more. */
  repairing(drop: () => void): void {
    if (this.#standing.phase === 'joined') this.#standing = { phase: 'repairing', drop };
  }

  /** There is no room any more; a token that has just come for it stays. */
  away(): void {
    if (this.#standing.phase !== 'away') this.#standing = away();
  }

  /** The server is back, and this is a fresh token for it. */
  told(token: string): void {
    const standing = this.#standing;
    if (standing.phase === 'joined') return;
    this.#standing = away(token);
    if (standing.phase === 'repairing') standing.drop();
    else standing.nap.abort();
  }

  /** The token that came, once. */
  takeToken(): string | undefined {
    if (this.#standing.phase !== 'away') return undefined;
    const { token } = this.#standing;
    this.#standing = away();
    return token;
  }

  /** Sleeps until the word comes or `delayMs` have gone; rejects with the reason of `signal` when that aborts. */
  async nap(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
    if (this.#standing.phase !== 'away' || this.#standing.token !== undefined) return;
    const { nap } = this.#standing;
    try {
      await clock.sleep(delayMs, AbortSignal.any([signal, nap.signal]));
    } catch {
      signal.throwIfAborted(); // else woken by the word
    }
  }
}
