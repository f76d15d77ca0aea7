/**
 * Owns: all deadlines of all sessions on one timer of the injected clock.
 * Never: a timer per session; never lets what one deadline throws keep another from firing.
 * Invariant: a deadline fires once, not before it is due, and never after it was cancelled, moved or its owner forgotten.
 * A machine that slept, or a supervisor that was stopped, shows in `lateMs`: whoever judges silence must allow for it.
 */
import { DeadlineHeap } from './deadline-heap.ts';
import type { Due } from './deadline-heap.ts';
import type { EngineClock } from './engine-clock.ts';

/**
 * Called when due. `lateMs` is by how much the timer was late (0 to some ms; more when this process stood still). Name and
 * owner are told, so that one function can serve many deadlines: a closure each would be a tenth of a session's memory.
 */
export type OnDue = (lateMs: number, name: string, owner: string) => void;

interface Deadline extends Due {
  readonly owner: string;
  readonly name: string;
  onDue: OnDue;
}

/** Named deadlines by owner (a session id). */
export class Deadlines {
  readonly #clock: EngineClock;
  readonly #onError: (error: unknown, owner: string, name: string) => void;
  readonly #heap = new DeadlineHeap<Deadline>();
  /** Few names each: a list is smaller than a map, and a session must stay small. */
  readonly #owners = new Map<string, Deadline[]>();
  #order = 0;
  #cancelTimer: (() => void) | undefined;
  #armedForMonoMs = Infinity;
  #firing = false;
  #stopped = false;

  /** @param onError gets what a deadline threw */
  constructor(clock: EngineClock, onError: (error: unknown, owner: string, name: string) => void) {
    this.#clock = clock;
    this.#onError = onError;
  }

  /** Deadlines that wait. */
  get size(): number {
    return this.#heap.size;
  }

  /** Sets or moves a deadline; the later call wins. Ignored once stopped. */
  set(owner: string, name: string, inMs: number, onDue: OnDue): void {
    if (this.#stopped) return;
    let deadline = this.#find(owner, name);
    if (deadline === undefined) {
      deadline = { owner, name, dueMonoMs: 0, order: 0, place: -1, onDue };
      // Joined, neither pushed nor spread: both make room for sixteen more, 170 bytes a session.
      this.#owners.set(owner, (this.#owners.get(owner) ?? []).concat([deadline]));
    }
    deadline.onDue = onDue;
    deadline.dueMonoMs = this.#clock.monoMs() + Math.max(0, inMs);
    deadline.order = this.#order += 1;
    this.#heap.put(deadline);
    this.#arm();
  }

  /** When it is due on the mono clock, undefined when it is not set. */
  dueMonoMs(owner: string, name: string): number | undefined {
    return this.#find(owner, name)?.dueMonoMs;
  }

  /** Takes one back; false when there was none. */
  cancel(owner: string, name: string): boolean {
    const deadline = this.#find(owner, name);
    if (deadline === undefined) return false;
    this.#drop(deadline);
    return true;
  }

  /** Takes all of an owner back. */
  forget(owner: string): void {
    for (const deadline of this.#owners.get(owner) ?? []) this.#heap.remove(deadline);
    this.#owners.delete(owner);
    this.#disarmWhenEmpty();
  }

  /** Takes everything back, for good. Idempotent. */
  stop(): void {
    this.#stopped = true;
    for (const owner of [...this.#owners.keys()]) this.forget(owner);
  }

  /** A timer with nothing to wait for would keep the process alive. */
  #disarmWhenEmpty(): void {
    if (this.#heap.size > 0) return;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #find(owner: string, name: string): Deadline | undefined {
    return this.#owners.get(owner)?.find((deadline) => deadline.name === name);
  }

  #drop(deadline: Deadline): void {
    this.#heap.remove(deadline);
    const left = this.#owners.get(deadline.owner)?.filter((other) => other !== deadline) ?? [];
    if (left.length > 0) this.#owners.set(deadline.owner, left);
    else this.#owners.delete(deadline.owner);
    this.#disarmWhenEmpty();
  }

  /** A timer that is early enough stays: moving a deadline back, as every heartbeat does, costs no timer. */
  #arm(): void {
    const first = this.#heap.first();
    if (first === undefined || this.#firing || this.#stopped) return;
    if (this.#cancelTimer !== undefined && this.#armedForMonoMs <= first.dueMonoMs) return;
    this.#cancelTimer?.();
    this.#armedForMonoMs = first.dueMonoMs;
    const inMs = Math.max(0, Math.ceil(first.dueMonoMs - this.#clock.monoMs()));
    this.#cancelTimer = this.#clock.after(inMs, () => this.#fire());
  }

  #fire(): void {
    this.#cancelTimer = undefined;
    this.#firing = true;
    const now = this.#clock.monoMs();
    const lastOrder = this.#order; // what is set from here on, even for now, waits for the next turn
    try {
      for (let due = this.#heap.first(); due !== undefined; due = this.#heap.first()) {
        if (due.dueMonoMs > now || due.order > lastOrder) break;
        this.#drop(due);
        try {
          due.onDue(now - due.dueMonoMs, due.name, due.owner);
        } catch (error) {
          this.#onError(error, due.owner, due.name);
        }
      }
    } finally {
      this.#firing = false;
      this.#arm();
    }
  }
}
