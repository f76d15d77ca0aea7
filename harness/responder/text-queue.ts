/** Owns: texts on their way from who makes them to the one who reads them; closed at once or after the last. */
export class TextQueue {
  readonly #waiting: string[] = [];
  #isClosed = false;
  #wake: (() => void) | undefined;

  /** Adds texts; ignored once closed. */
  add(texts: readonly string[]): void {
    if (this.#isClosed) return;
    this.#waiting.push(...texts);
    this.#wake?.();
  }

  /** No more come. @param dropWaiting those that were not read yet are not wanted either */
  close(dropWaiting = false): void {
    this.#isClosed = true;
    if (dropWaiting) this.#waiting.length = 0;
    this.#wake?.();
  }

  /** The next, undefined when there is none any more. One reader at a time. */
  async next(): Promise<string | undefined> {
    for (;;) {
      const text = this.#waiting.shift();
      if (text !== undefined || this.#isClosed) return text;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
