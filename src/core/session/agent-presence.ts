/**
 * Whether an agent is there for us, from what the room tells and what the heartbeat finds. It owns the shown agent
 * state and asks the server side for a new agent; it never dispatches one itself. At most 3 requests per absence.
 */
import { Writable } from '../readable.ts';
import type { Clock } from '../ports.ts';
import type { AgentState } from './types.ts';

/** An agent may need this long to come at first, or to come back by itself, ms; then the server side is asked. */
const PATIENCE_MS = 5000;
const MAX_CALLS = 3;

/** One session's view of its agent. */
export class AgentPresence {
  readonly state: Writable<AgentState>;
  readonly #clock: Clock;
  readonly #call: ((signal: AbortSignal) => Promise<void>) | undefined;
  #told: AgentState = 'absent';
  #isSilent = false;
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
    this.#absence.abort();
  }

  /** The room said so. */
  told(state: AgentState): void {
    this.#told = state;
    this.#show();
  }

  /** The heartbeat found it hanging, or answering again. */
  silent(isSilent: boolean): void {
    this.#isSilent = isSilent;
    this.#show();
  }

  /** A room stands, in which an agent is to be expected. */
  expect(): void {
    if (this.state.value === 'absent') this.#beginAbsence();
  }

  /** No room stands: nothing is known, and nobody is asked for. */
  pause(): void {
    this.#absence.abort();
    this.#isSilent = false;
  }

  /** The session is over. */
  reset(): void {
    this.pause();
    this.#told = 'absent';
    this.state.set('absent');
  }

  #show(): void {
    const shown = this.#isSilent ? 'absent' : this.#told;
    if (shown === this.state.value) return;
    this.state.set(shown);
    if (shown === 'absent') this.#beginAbsence();
    else this.#absence.abort();
  }

  #beginAbsence(): void {
    const call = this.#call;
    if (call === undefined || !this.#absence.signal.aborted) return;
    const absence = new AbortController();
    this.#absence = absence;
    const ask = async (): Promise<void> => {
      for (let calls = 0; calls < MAX_CALLS; calls += 1) {
        await this.#clock.sleep(PATIENCE_MS, absence.signal);
        await call(absence.signal);
      }
    };
    ask().catch(() => {}); // it came back, or asking failed: best effort by contract
  }
}
