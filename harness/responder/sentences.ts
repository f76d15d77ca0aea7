/**
 * Owns: cutting a text that still comes into sentences, so that the first can be shown or spoken while the last is being
 * thought of. Pure. Invariant: joined, the sentences are the text, but for white space between them.
 */

/** Longer ones are cut at a comma or space: nobody waits for, or speaks, a paragraph at one stroke. */
const MAX_CHARACTERS = 400;
/** A full stop after these ends no sentence. */
const ABBREVIATION =
  /(?:^|[\s(])(?:e\.g|i\.e|etc|vs|cf|Mr|Mrs|Ms|Dr|Prof|St|No|approx|z\.B|d\.h|bzw|usw)\.\s*$/;

/** Follows one answer. */
export class SentenceSplitter {
  readonly #segmenter = new Intl.Segmenter('en', { granularity: 'sentence' });
  #rest = '';

  /** Nothing waits for its end. */
  get isEmpty(): boolean {
    return this.#rest === '';
  }

  /** The sentences that this text ends. */
  push(text: string): string[] {
    this.#rest += text;
    return this.#cut(false);
  }

  /** What is left, at the end of the answer. */
  end(): string[] {
    return this.#cut(true);
  }

  #cut(isEnd: boolean): string[] {
    const sentences: string[] = [];
    let open = '';
    const segments = [...this.#segmenter.segment(this.#rest)].map(({ segment }) => segment);
    for (const [index, segment] of segments.entries()) {
      open += segment;
      const isLast = index === segments.length - 1;
      // The last one may go on: "3." may become "3.5".
      const isWhole = segment.endsWith('\n') || !isLast || isEnd;
      if (isWhole && (isEnd || !ABBREVIATION.test(open) || segment.endsWith('\n'))) {
        sentences.push(open);
        open = '';
      }
    }
    for (; open.length > MAX_CHARACTERS; open = open.slice(sentences.at(-1)?.length ?? 0))
      sentences.push(open.slice(0, cutAt(open)));
    this.#rest = open;
    return sentences.map((sentence) => sentence.trim()).filter((sentence) => sentence !== '');
  }
}

/** Where a text that is too long is cut: after the last comma or the like, else the last space. */
function cutAt(text: string): number {
  const head = text.slice(0, MAX_CHARACTERS);
  const comma = Math.max(head.lastIndexOf(', '), head.lastIndexOf('; '), head.lastIndexOf(': '));
  if (comma > MAX_CHARACTERS / 4) return comma + 2;
  const space = head.lastIndexOf(' ');
  return space > 0 ? space + 1 : MAX_CHARACTERS;
}
