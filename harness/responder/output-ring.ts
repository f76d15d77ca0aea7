/**
 * Owns: the last lines of a stream, bounded in lines and characters.
 * Invariant: what does not fit any more leaves at the front, in order, and is counted; whoever wants it gets it then.
 */

export interface RingLimits {
  readonly maxLines: number;
  readonly maxCharacters: number;
}

export const DEFAULT_RING: RingLimits = { maxLines: 1000, maxCharacters: 256 * 1024 };

/** The room that is made beyond what is needed, as a share, so that not every line moves all the others. */
const SLACK_RATIO = 0.25;

/** Lines of one stream. */
export class OutputRing {
  readonly lines: string[] = [];
  dropped = 0;
  #characters = 0;

  /** Adds a line. Returns the lines that left for it, oldest first. A line above the limit is kept cut, and returned whole. */
  push(line: string, limits: RingLimits): readonly string[] {
    const { maxLines, maxCharacters } = limits;
    const left: string[] = [];
    if (line.length > maxCharacters) {
      this.dropped += this.lines.length + 1;
      left.push(...this.lines.splice(0), line);
      const shown = `${line.slice(0, Math.floor(maxCharacters / 2))} … (${line.length} characters)`;
      this.lines.push(shown);
      this.#characters = shown.length;
      return left;
    }
    this.lines.push(line);
    this.#characters += line.length;
    const isFull = this.lines.length > maxLines * (1 + SLACK_RATIO);
    if (!isFull && this.#characters <= maxCharacters * (1 + SLACK_RATIO)) return left;
    let count = 0;
    while (this.lines.length - count > maxLines || this.#characters > maxCharacters) {
      this.#characters -= this.lines[count]?.length ?? 0;
      count += 1;
    }
    this.dropped += count;
    return this.lines.splice(0, count);
  }
}
