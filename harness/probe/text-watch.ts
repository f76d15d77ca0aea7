/**
 * Tells what a person can read in the page, line by line, whenever it changes: open shadow roots included, what is
 * hidden left out. Owns its observers; reads and never writes.
 */

/** Between a change and the look at it, ms: one look for a burst of changes. */
const SETTLE_MS = 40;
const MAX_LINES = 200;
const MAX_LINE_CHARACTERS = 300;
const UNREADABLE = new Set(['SCRIPT', 'STYLE', 'NOSCRIPT', 'TEMPLATE', 'HEAD', 'TITLE']);

/** Calls `onLines` with all lines, each once, when they differ from the last time; for as long as the page lives. */
export function watchText(onLines: (lines: string[]) => void): void {
  const seenRoots = new WeakSet<Node>();
  let planned = false;
  let last = '';
  const look = (): void => {
    planned = false;
    const readable = readLines(observe);
    const text = readable.join('\n');
    if (text === last) return;
    last = text;
    onLines(readable);
  };
  const observer = new MutationObserver(() => {
    if (planned) return;
    planned = true;
    setTimeout(look, SETTLE_MS);
  });
  const observe = (root: Node): void => {
    if (seenRoots.has(root)) return;
    seenRoots.add(root);
    observer.observe(root, {
      subtree: true,
      childList: true,
      characterData: true,
      attributes: true,
      attributeFilter: ['hidden', 'class', 'style', 'open', 'aria-hidden'],
    });
  };
  observe(document);
}

/** Every line once, from top to bottom; `onRoot` gets each shadow root that is there. */
export function readLines(onRoot: (root: Node) => void = () => {}): string[] {
  const lines = new Set<string>();
  if (document.body !== null) collectLines(document.body, lines, onRoot);
  return [...lines].slice(0, MAX_LINES);
}

function collectLines(element: Element, lines: Set<string>, onRoot: (root: Node) => void): void {
  if (UNREADABLE.has(element.tagName)) return;
  if (
    !element.checkVisibility({ visibilityProperty: true }) &&
    getComputedStyle(element).display !== 'contents'
  )
    return;
  const root: Element | ShadowRoot = element.shadowRoot ?? element;
  if (root !== element) onRoot(root);
  const children =
    element instanceof HTMLSlotElement ? element.assignedNodes({ flatten: true }) : [...root.childNodes];
  // Text of one element is one line, however many nodes a template made of it.
  const own = children
    .flatMap((node) => (node instanceof Text ? [node.data] : []))
    .join('')
    .replace(/\s+/g, ' ')
    .trim();
  if (own !== '') lines.add(own.slice(0, MAX_LINE_CHARACTERS));
  for (const child of children) if (child instanceof Element) collectLines(child, lines, onRoot);
}
