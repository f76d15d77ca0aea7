/**
 * Owns: making whole lines of chunks as they come. Pure, but for the rest that waits for its end.
 * Invariant: joined, the lines are the text; a line longer than the limit is handed on cut, told as such, and the rest
 * of it is dropped, so that nobody fills the memory with one line.
 */

/** A line without its end. */
export interface SplitLine {
  readonly text: string;
  /** It was longer than the limit; what is missing is gone. */
  readonly isCut: boolean;
}

/** Longest line by default, characters: a tool result with a whole file in it is one line. */
const MAX_LINE_CHARACTERS = 8 * 1024 * 1024;

/** Splits one stream. */
export class LineSplitter {
  readonly #maxCharacters: number;
  #rest = '';
  #isDropping = false;

  constructor(maxCharacters = MAX_LINE_CHARACTERS) {
    this.#maxCharacters = maxCharacters;
  }

  /** The lines that this chunk ends. */
  push(chunk: string): SplitLine[] {
    const lines: SplitLine[] = [];
    let from = 0;
    for (let at = chunk.indexOf('\n'); at >= 0; at = chunk.indexOf('\n', from)) {
      const text = this.#rest + chunk.slice(from, at);
      this.#rest = '';
      from = at + 1;
      if (this.#isDropping) this.#isDropping = false;
      else lines.push(this.#line(text.endsWith('\r') ? text.slice(0, -1) : text));
    }
    if (this.#isDropping) return lines;
    this.#rest += chunk.slice(from); // a rope: joined only when the line is whole
    if (this.#rest.length > this.#maxCharacters) {
      lines.push(this.#line(this.#rest));
      this.#rest = '';
      this.#isDropping = true;
    }
    return lines;
  }

  /** The last line, when the stream ended without an end of line. */
  end(): SplitLine[] {
    const rest = this.#rest;
    this.#rest = '';
    return rest === '' ? [] : [this.#line(rest)];
  }

  #line(text: string): SplitLine {
    const isCut = text.length > this.#maxCharacters;
    return { text: isCut ? text.slice(0, this.#maxCharacters) : text, isCut };
  }
}
