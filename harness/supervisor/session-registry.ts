/**
 * Owns: the sessions of this process, their states and their events.
 * Never: moves a session against its table; never keeps a removed one.
 * Invariant: one move is one event; a session that has reached a final state stays there until it is removed.
 */
import { EventChannel } from './event-channel.ts';
import type { EngineClock } from './engine-clock.ts';
import type { TransitionTable } from './transition-table.ts';

/** What the registry knows of a session. `data` is its user's own. */
export interface SessionRecord<S extends string, D> {
  readonly id: string;
  readonly userKey: string;
  readonly startedWallMs: number;
  readonly startedMonoMs: number;
  readonly state: S;
  /** Why it is in this state; undefined in the initial one. */
  readonly reason: string | undefined;
  /** Set in a final state. */
  readonly endedWallMs: number | undefined;
  readonly data: D;
}

export type RegistryEvent<S extends string> =
  | { readonly type: 'added'; readonly sessionId: string; readonly state: S; readonly atWallMs: number }
  | {
      readonly type: 'moved';
      readonly sessionId: string;
      readonly from: S;
      readonly to: S;
      readonly reason: string;
      readonly isFinal: boolean;
      readonly atWallMs: number;
    }
  | { readonly type: 'removed'; readonly sessionId: string; readonly atWallMs: number };

/** No session with this id, or one too many. */
export class UnknownSessionError extends Error {
  override readonly name = 'UnknownSessionError';
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Sessions of one kind. */
export class SessionRegistry<S extends string, D> {
  readonly events: EventChannel<RegistryEvent<S>>;
  readonly #table: TransitionTable<S>;
  readonly #clock: EngineClock;
  readonly #records = new Map<string, Mutable<SessionRecord<S, D>>>();

  /** @param onError gets what a listener threw */
  constructor(table: TransitionTable<S>, clock: EngineClock, onError: (error: unknown) => void) {
    this.#table = table;
    this.#clock = clock;
    this.events = new EventChannel(onError);
  }

  get size(): number {
    return this.#records.size;
  }

  /** Adds a session in the table's initial state. Throws when the id is taken. */
  add(id: string, userKey: string, data: D): SessionRecord<S, D> {
    if (this.#records.has(id)) throw new UnknownSessionError(`session ${id} is there already`);
    const record: Mutable<SessionRecord<S, D>> = {
      id,
      userKey,
      startedWallMs: this.#clock.wallMs(),
      startedMonoMs: this.#clock.monoMs(),
      state: this.#table.initial,
      reason: undefined,
      endedWallMs: undefined,
      data,
    };
    this.#records.set(id, record);
    this.events.emit({ type: 'added', sessionId: id, state: record.state, atWallMs: record.startedWallMs });
    return record;
  }

  get(id: string): SessionRecord<S, D> | undefined {
    return this.#records.get(id);
  }

  /** All, oldest first. */
  list(): SessionRecord<S, D>[] {
    return [...this.#records.values()];
  }

  /** How many are in each state; every state of the table is a key. */
  countByState(): Record<S, number> {
    const counts = Object.fromEntries(this.#table.states.map((state) => [state, 0])) as Record<S, number>;
    for (const { state } of this.#records.values()) counts[state] += 1;
    return counts;
  }

  isFinal(state: S): boolean {
    return this.#table.isFinal(state);
  }

  /** Moves a session. Throws IllegalTransitionError, or UnknownSessionError when there is none. */
  move(id: string, to: S, reason: string): void {
    const record = this.#records.get(id);
    if (record === undefined) throw new UnknownSessionError(`no session ${id}`);
    const from = record.state;
    record.state = this.#table.move(from, to, `session ${id}`);
    record.reason = reason;
    const atWallMs = this.#clock.wallMs();
    const isFinal = this.#table.isFinal(to);
    if (isFinal) record.endedWallMs = atWallMs;
    this.events.emit({ type: 'moved', sessionId: id, from, to, reason, isFinal, atWallMs });
  }

  /** Forgets a session in whatever state; false when there was none. */
  remove(id: string): boolean {
    if (!this.#records.delete(id)) return false;
    this.events.emit({ type: 'removed', sessionId: id, atWallMs: this.#clock.wallMs() });
    return true;
  }
}
