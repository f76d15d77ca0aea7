/**
 * The user's switches for one session: keep its text, keep its sound. Small, because every session has it; what keeps is
 * loaded when a switch is first turned on. Invariant: nothing is kept while a switch is off, and both are off when a
 * session ends, however late what keeps is loaded: a wish that was taken back meanwhile is dropped. Nothing here throws
 * or is awaited by the call.
 */
import type { KeptKind } from '../../shared/recording.ts';
import { Writable } from '../readable.ts';
import type { Keeping, KeepState, KeepStates, TranscriptEntry } from '../session/types.ts';

/** The run that something is kept of. */
export interface KeptRun {
  readonly sessionId: string;
  readonly startedMonoMs: number;
}

/** What keeps, for one run. */
export interface Keeper {
  /** Begins with what comes after now. @param known lines that were there when the user switched on */
  start(kind: KeptKind, known: readonly TranscriptEntry[]): void;
  stop(kind: KeptKind): void;
  /** The run is over: writes what waits, lets go of all. */
  end(): void;
}

/** Loads and makes a {@link Keeper}; may reject. @param tell what has become of a kind by itself */
export type LoadKeeper = (run: KeptRun, tell: (kind: KeptKind, state: KeepState) => void) => Promise<Keeper>;

const OFF: KeepStates = { text: 'off', sound: 'off' };

/** See the file's head. */
export class KeepSwitch implements Keeping {
  readonly states = new Writable<KeepStates>(OFF);
  readonly #load: LoadKeeper;
  readonly #lines: () => readonly TranscriptEntry[];
  #run: KeptRun | undefined;
  #keeper: Promise<Keeper | undefined> | undefined;
  /** Counts what became of each switch, so that a start that waits for the keeper knows whether it is still wanted. */
  readonly #turns = { text: 0, sound: 0 };

  /** @param lines the conversation so far */
  constructor(load: LoadKeeper, lines: () => readonly TranscriptEntry[]) {
    this.#load = load;
    this.#lines = lines;
  }

  set(kind: KeptKind, on: boolean): void {
    const isOn = this.states.value[kind] === 'on';
    if (isOn === on) {
      if (!on) this.#put(kind, 'off'); // the user has read why it stopped
      return;
    }
    this.#put(kind, on ? 'on' : 'off');
    this.#turns[kind]++;
    if (on) this.#start(kind);
    else this.#tell((keeper) => keeper.stop(kind));
  }

  /** A session has begun. */
  begin(run: KeptRun): void {
    this.#run = run;
    for (const kind of ['text', 'sound'] as const) if (this.states.value[kind] === 'on') this.#start(kind);
  }

  /** It is over. */
  end(): void {
    this.#tell((keeper) => keeper.end());
    this.#run = this.#keeper = undefined;
    this.#turns.text++;
    this.#turns.sound++;
    this.states.set(OFF);
  }

  #start(kind: KeptKind): void {
    const run = this.#run;
    if (run === undefined) return; // begins with the session
    const known = this.#lines();
    this.#keeper ??= this.#load(run, (which, state) => {
      if (this.#run === run && this.states.value[which] === 'on') this.#put(which, state);
    }).catch(() => {
      if (this.#run !== run) return undefined;
      this.#keeper = undefined; // the next switch tries again
      for (const which of ['text', 'sound'] as const)
        if (this.states.value[which] === 'on') this.#put(which, 'failed');
      return undefined;
    });
    const turn = this.#turns[kind];
    this.#tell((keeper) => {
      if (this.#turns[kind] === turn) keeper.start(kind, known);
    });
  }

  #tell(work: (keeper: Keeper) => void): void {
    this.#keeper?.then((keeper) => keeper && work(keeper)).catch(() => {}); // a keeper does not throw
  }

  #put(kind: KeptKind, state: KeepState): void {
    if (this.states.value[kind] !== state) this.states.set({ ...this.states.value, [kind]: state });
  }
}
