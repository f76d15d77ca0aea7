/** Watches what hostile input does to a page: what it throws, which elements it makes, what it holds. */
import { PWNED } from './hostile-mutator.ts';

/** What the element and the adapters make by themselves, in the light and the shadow tree. */
const EXPECTED_TAGS: ReadonlySet<string> = new Set(
  'clara-voice audio div section form textarea button p span ol li svg path rect circle'.split(' '),
);

/** Every attribute that may be there; nothing that loads, runs or styles. */
const EXPECTED_ATTRIBUTES =
  /^(aria-\w+|data-\w+|part|class|role|lang|dir|tabindex|type|rows|maxlength|placeholder|disabled|hidden|autoplay|phase|size|theme|token-endpoint|text-only|viewBox|focusable|d|x|y|rx|cx|cy|r|width|height)$/;

/** See the file's head. `stop()` puts everything back. */
export class PageWitness {
  /** Uncaught errors and unhandled rejections. */
  readonly thrown: unknown[] = [];
  /** Elements and attributes that only a text can have made. */
  readonly strange = new Set<string>();
  /** How many elements were added in all. */
  added = 0;
  readonly #life = new AbortController();
  readonly #observer = new MutationObserver((records) => this.#look(records));

  constructor() {
    const onThrown = (event: PromiseRejectionEvent | ErrorEvent): void => {
      event.preventDefault();
      event.stopImmediatePropagation();
      this.thrown.push('reason' in event ? event.reason : (event.error ?? event.message));
    };
    const { signal } = this.#life;
    window.addEventListener('unhandledrejection', onThrown, { capture: true, signal });
    window.addEventListener('error', onThrown, { capture: true, signal });
  }

  /** Watches a tree from now on. */
  watch(root: Node): void {
    this.#observer.observe(root, { subtree: true, childList: true, attributes: true });
  }

  /** Everything that happened until now has been looked at; rejections are told a task after they happen. */
  async settled(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 30));
    this.#look(this.#observer.takeRecords());
  }

  /** Whether a script that came as text has run. */
  get isPwned(): boolean {
    return PWNED in window;
  }

  stop(): void {
    this.#observer.disconnect();
    this.#life.abort();
  }

  #look(records: readonly MutationRecord[]): void {
    for (const record of records) {
      if (record.type === 'attributes') this.#attribute(record.target as Element, record.attributeName ?? '');
      for (const node of record.addedNodes) if (node instanceof Element) this.#element(node);
    }
  }

  #element(root: Element): void {
    for (const element of [root, ...root.querySelectorAll('*')]) {
      this.added++;
      if (!EXPECTED_TAGS.has(element.localName)) this.strange.add(`<${element.localName}>`);
      for (const name of element.getAttributeNames()) this.#attribute(element, name);
    }
  }

  #attribute(element: Element, name: string): void {
    const isLevels = name === 'style' && element.className === 'stage'; // written through CSSOM
    if (!isLevels && !EXPECTED_ATTRIBUTES.test(name)) this.strange.add(`<${element.localName} ${name}>`);
  }
}

/** Bytes of the JavaScript heap that are in use, after a collection where the browser was started with one. */
export function heapBytes(): number {
  (globalThis as { gc?: () => void }).gc?.();
  return (performance as { memory?: { usedJSHeapSize: number } }).memory?.usedJSHeapSize ?? 0;
}
