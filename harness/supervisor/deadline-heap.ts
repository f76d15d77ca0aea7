/**
 * Owns: a binary heap of dues in which every entry knows its place, so that moving and taking out cost O(log n) and
 * a heartbeat that moves its deadline thousands of times leaves nothing behind.
 */

/** One due. `place` belongs to the heap; -1 while it is in none. */
export interface Due {
  dueMonoMs: number;
  /** Breaks ties: first set, first fired. */
  order: number;
  place: number;
}

const before = (a: Due, b: Due): boolean =>
  a.dueMonoMs < b.dueMonoMs || (a.dueMonoMs === b.dueMonoMs && a.order < b.order);

/** Entries by due time. */
export class DeadlineHeap<T extends Due> {
  readonly #entries: T[] = [];

  get size(): number {
    return this.#entries.length;
  }

  /** The earliest, undefined when empty. */
  first(): T | undefined {
    return this.#entries[0];
  }

  /** Puts an entry in, or to its new place when it is in already. */
  put(entry: T): void {
    if (entry.place < 0) {
      entry.place = this.#entries.length;
      this.#entries.push(entry);
    }
    this.#up(entry);
    this.#down(entry);
  }

  /** Takes an entry out; one that is not in is left alone. */
  remove(entry: T): void {
    const { place } = entry;
    if (place < 0) return;
    entry.place = -1;
    const last = this.#entries.pop();
    if (last === undefined || last === entry) return;
    this.#set(last, place);
    this.#up(last);
    this.#down(last);
  }

  #set(entry: T, place: number): void {
    entry.place = place;
    this.#entries[place] = entry;
  }

  #up(entry: T): void {
    while (entry.place > 0) {
      const parent = this.#entries[(entry.place - 1) >> 1];
      if (parent === undefined || !before(entry, parent)) return;
      this.#swap(entry, parent);
    }
  }

  #down(entry: T): void {
    for (;;) {
      const left = this.#entries[entry.place * 2 + 1];
      const right = this.#entries[entry.place * 2 + 2];
      const child = right !== undefined && left !== undefined && before(right, left) ? right : left;
      if (child === undefined || !before(child, entry)) return;
      this.#swap(child, entry);
    }
  }

  #swap(a: T, b: T): void {
    const place = a.place;
    this.#set(a, b.place);
    this.#set(b, place);
  }
}
