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

/** A page's name. `session`, `compare` and `storage` belong to the sessions and are reached from there. */
export type PageName = (typeof PAGES)[number]['name'] | 'session' | 'compare' | 'storage' | 'notFound';

/** A page and which sessions it is about: one for `session`, two for `compare`. */
export interface Route {
  readonly page: PageName;
  readonly ids: readonly string[];
}

/** Ids of sessions, as they stand in an address. */
const ID = /^[\w.:-]{1,128}$/;

/** The page of a path; a slash at the end and `/index.html` make no difference. */
export function routeOf(path: string): Route {
  const plain = path.replace(/\/(index\.html)?$/, '') || '/';
  const page = PAGES.find((one) => one.path === plain)?.name;
  if (page !== undefined) return { page, ids: [] };
  const [, first, ...ids] = plain.split('/');
  if (ids.every((id) => ID.test(id))) {
    if (first === 'sessions' && ids.length === 1) return { page: 'session', ids };
    if (first === 'compare' && ids.length === 2) return { page: 'compare', ids };
    if (first === 'storage' && ids.length === 0) return { page: 'storage', ids };
  }
  return { page: 'notFound', ids: [] };
}

/** The page of a path. */
export function pageOf(path: string): PageName {
  return routeOf(path).page;
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
  readonly #route: Writable<Route>;
  readonly #window: Window;

  constructor(window: Window, signal: AbortSignal) {
    this.#window = window;
    this.#route = new Writable<Route>(routeOf(window.location.pathname));
    window.addEventListener('popstate', () => this.#read(), { signal });
    window.document.addEventListener('click', (event) => this.#onClick(event), { signal });
  }

  /** A new one with every move, also within a page. */
  get route(): Readable<Route> {
    return this.#route;
  }

  /** Goes to `path`, keeping the query, so that `?pipeline=…` lasts as long as the visit. */
  go(path: string): void {
    if (path === this.#window.location.pathname) return;
    this.#window.history.pushState(null, '', path + this.#window.location.search);
    this.#read();
  }

  #read(): void {
    this.#route.set(routeOf(this.#window.location.pathname));
  }

  #onClick(event: MouseEvent): void {
    const link = event.composedPath().find((node) => node instanceof HTMLAnchorElement);
    if (link === undefined || !isOwnClick(event, link, this.#window.location.origin)) return;
    event.preventDefault();
    this.go(link.pathname);
  }
}
