/**
 * Which page is shown, by the address. Owns the history entries that it makes; draws nothing. An unknown address is the
 * page `notFound`, never a silent jump elsewhere.
 */
import { Writable, type Readable } from '../core/readable.ts';

/** The pages with an address, in the order of the navigation. */
export const PAGES = [
  { name: 'talk', path: '/', title: 'Talk' },
  { name: 'sessions', path: '/sessions', title: 'Sessions' },
  { name: 'settings', path: '/settings', title: 'Settings' },
  { name: 'about', path: '/about', title: 'About' },
] as const;

/** A page's name. */
export type PageName = (typeof PAGES)[number]['name'] | 'notFound';

/** The page of a path; a slash at the end and `/index.html` make no difference. */
export function pageOf(path: string): PageName {
  const plain = path.replace(/\/(index\.html)?$/, '') || '/';
  return PAGES.find((page) => page.path === plain)?.name ?? 'notFound';
}

/** Whether a click on a link is the router's: plain, primary button, same window, same origin, a page of the app. */
export function isOwnClick(event: MouseEvent, link: HTMLAnchorElement, origin: string): boolean {
  return (
    !event.defaultPrevented &&
    event.button === 0 &&
    !event.metaKey &&
    !event.ctrlKey &&
    !event.shiftKey &&
    !event.altKey &&
    link.target === '' &&
    !link.hasAttribute('download') &&
    link.origin === origin &&
    pageOf(link.pathname) !== 'notFound'
  );
}

/** Watches the address until `signal` aborts. */
export class Router {
  readonly #page: Writable<PageName>;
  readonly #window: Window;

  constructor(window: Window, signal: AbortSignal) {
    this.#window = window;
    this.#page = new Writable<PageName>(pageOf(window.location.pathname));
    window.addEventListener('popstate', () => this.#read(), { signal });
    window.document.addEventListener('click', (event) => this.#onClick(event), { signal });
  }

  get page(): Readable<PageName> {
    return this.#page;
  }

  /** Goes to `path`, keeping the query, so that `?pipeline=…` lasts as long as the visit. */
  go(path: string): void {
    if (path === this.#window.location.pathname) return;
    this.#window.history.pushState(null, '', path + this.#window.location.search);
    this.#read();
  }

  #read(): void {
    this.#page.set(pageOf(this.#window.location.pathname));
  }

  #onClick(event: MouseEvent): void {
    const link = event.composedPath().find((node) => node instanceof HTMLAnchorElement);
    if (link === undefined || !isOwnClick(event, link, this.#window.location.origin)) return;
    event.preventDefault();
    this.go(link.pathname);
  }
}
