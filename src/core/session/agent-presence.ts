/**
 * Whether an agent is there for us, from what the room tells and what the heartbeat finds. It owns the shown agent
 * state, says when an agent is missed, and asks the server side for a new one; it never dispatches one itself. At most
 * 3 requests per absence. Invariant: an agent is missed only while a room stands in which one is to be expected.
 */
import { Writable } from '../readable.ts';
import type { Clock } from '../ports.ts';
import type { AgentState } from './types.ts';

/** An agent may need this long to come at first, or to come back by itself, ms; then the server side is asked. */
const PATIENCE_MS = 5000;
/** A successor takes the name of the one before it, which leaves a moment without either, ms. */
const SUCCESSION_MS = 300;
const MAX_CALLS = 3;

/** Whether an agent is missed, monotonic ms. */
export interface AgentStanding {
  /** Since when there should be an agent and is none; absent while there is one, or none is expected. */
  readonly missedSinceMonoMs?: number;
  /** The latest absence that is over, of an agent that had been there before. */
  readonly returned?: { readonly sinceMonoMs: number; readonly atMonoMs: number };
}

/** One session's view of its agent. */
export class AgentPresence {
  readonly state: Writable<AgentState>;
  readonly standing: Writable<AgentStanding>;
  readonly #clock: Clock;
  readonly #call: ((signal: AbortSignal) => Promise<void>) | undefined;
  #told: AgentState = 'absent';
  #isSilent = false;
  #isExpected = false;
  #wasHere = false;
  #absence = new AbortController();

  /** @param call asks for a new agent; undefined where nobody can be asked. */
  constructor(
    clock: Clock,
    call: ((signal: AbortSignal) => Promise<void>) | undefined,
    onWatcherError: (error: unknown) => void,
  ) {
    this.#clock = clock;
    this.#call = call;
    this.state = new Writable<AgentState>('absent', onWatcherError);
    this.standing = new Writable<AgentStanding>({}, onWatcherError);
    this.#absence.abort();
  }

  /** An agent has been there in this session. */
  get wasHere(): boolean {
    return this.#wasHere;
  }

  /** The room said so. */
  told(state: AgentState): void {
    this.#told = state;
    this.#show(SUCCESSION_MS);
  }

  /** The heartbeat found it hanging since `sinceMonoMs`, or (undefined) not hanging. */
  silent(sinceMonoMs: number | undefined): void {
    this.#isSilent = sinceMonoMs !== undefined;
    this.#show(0, sinceMonoMs);
  }

  /** A room stands, in which an agent is to be expected: one that was there before is missed at once. */
  expect(): void {
    if (this.#isExpected) return;
    this.#isExpected = true;
    if (this.state.value === 'absent') this.#beginAbsence(0);
  }

  /** No room stands: nothing is known, and nobody is asked for. */
  pause(): void {
    this.#isExpected = false;
    this.#absence.abort();
    this.#isSilent = false;
    this.standing.set({});
  }

  /** The session is over. */
  reset(): void {
    this.pause();
    this.#told = 'absent';
    this.#wasHere = false;
    this.state.set('absent');
  }

  #show(graceMs: number, sinceMonoMs = this.#clock.monoMs()): void {
    const shown = this.#isSilent ? 'absent' : this.#told;
    if (shown === this.state.value) return;
    this.state.set(shown);
    if (shown === 'absent') this.#beginAbsence(graceMs, sinceMonoMs);
    else this.#endAbsence();
  }

  #beginAbsence(graceMs: number, sinceMonoMs = this.#clock.monoMs()): void {
    if (!this.#isExpected) return;
    this.#absence.abort();
    const absence = new AbortController();
    this.#absence = absence;
    const miss = async (): Promise<void> => {
      const delayMs = this.#wasHere ? graceMs : PATIENCE_MS;
      if (delayMs > 0) await this.#clock.sleep(delayMs, absence.signal);
      this.standing.set({ missedSinceMonoMs: sinceMonoMs });
    };
    const ask = async (call: (signal: AbortSignal) => Promise<void>): Promise<void> => {
      for (let calls = 0; calls < MAX_CALLS; calls += 1) {
        await this.#clock.sleep(PATIENCE_MS, absence.signal);
        await call(absence.signal);
      }
    };
    miss().catch(() => {}); // it came back
    if (this.#call !== undefined) ask(this.#call).catch(() => {}); // it came back, or asking failed: best effort by contract
  }

  #endAbsence(): void {
    this.#absence.abort();
    const sinceMonoMs = this.standing.value.missedSinceMonoMs;
    if (sinceMonoMs !== undefined)
      this.standing.set(this.#wasHere ? { returned: { sinceMonoMs, atMonoMs: this.#clock.monoMs() } } : {});
    this.#wasHere = true;
  }
}
