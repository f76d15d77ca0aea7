/**
 * Owns: which moves between a session's states are legal. Pure; the states themselves are the user's.
 * Never: changes a session; it only says yes or throws.
 * Invariant: a state with no move out of it is final, and nothing ever leaves it.
 */

/** The legal moves, by the state they start from. A state with an empty list is final. */
export type Moves<S extends string> = Readonly<Record<S, readonly S[]>>;

/** A move that the table does not know. Both states stand in the message. */
export class IllegalTransitionError extends Error {
  override readonly name = 'IllegalTransitionError';
  readonly from: string;
  readonly to: string;

  constructor(subject: string, from: string, to: string) {
    super(`${subject} cannot go from ${from} to ${to}`);
    this.from = from;
    this.to = to;
  }
}

/** A checked table of moves. */
export class TransitionTable<S extends string> {
  readonly states: readonly S[];
  readonly initial: S;
  readonly #moves: Moves<S>;

  /** Throws RangeError when a state cannot be reached from `initial`: such a table has a hole. */
  constructor(initial: S, moves: Moves<S>) {
    this.states = Object.keys(moves) as S[];
    this.initial = initial;
    this.#moves = moves;
    const reached = new Set<S>([initial]);
    for (const state of reached) for (const next of moves[state]) reached.add(next);
    const lost = this.states.filter((state) => !reached.has(state));
    if (lost.length > 0) throw new RangeError(`no way from ${initial} to ${lost.join(', ')}`);
  }

  /** Whether the move is legal. Staying where one is is no move. */
  allows(from: S, to: S): boolean {
    return this.#moves[from].includes(to);
  }

  /** Whether nothing leaves this state. */
  isFinal(state: S): boolean {
    return this.#moves[state].length === 0;
  }

  /** Gives `to` back. @param subject named in the error, `session abc` @throws IllegalTransitionError */
  move(from: S, to: S, subject = 'a session'): S {
    if (!this.allows(from, to)) throw new IllegalTransitionError(subject, from, to);
    return to;
  }
}
