/**
 * Keeps a scrolling list at its end while lines come or its size changes (a keyboard opens, a phone is turned), unless
 * the reader has scrolled up. Owns the scroll position of one node and whether it is pinned.
 */
import type { ReactiveController, ReactiveControllerHost } from 'lit';

/** Nearer to the end than this counts as at the end, px; fractions of zoomed pages stay below it. */
const END_ZONE_PX = 24;

/** See the file's comment. */
export class PinnedScrollController implements ReactiveController {
  readonly #host: ReactiveControllerHost;
  readonly #list: () => HTMLElement | null;
  readonly #sizes = new ResizeObserver(() => this.#follow());
  #watched: HTMLElement | null = null;
  #pinned = true;
  #lastTopPx = 0;

  constructor(host: ReactiveControllerHost, list: () => HTMLElement | null) {
    this.#host = host;
    this.#list = list;
    host.addController(this);
  }

  /** Whether the end is shown and followed. */
  get pinned(): boolean {
    return this.#pinned;
  }

  /** To be called when the list was scrolled. */
  readonly onScroll = (): void => {
    const list = this.#list();
    if (list === null) return;
    const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < END_ZONE_PX;
    const hasMovedUp = list.scrollTop < this.#lastTopPx;
    this.#lastTopPx = list.scrollTop;
    // The event comes a frame late: the list may have got less room since, which is no wish of the reader's.
    const pinned = isAtEnd || (this.#pinned && !hasMovedUp);
    if (pinned === this.#pinned) return;
    this.#pinned = pinned;
    this.#host.requestUpdate();
  };

  /** Goes to the end and follows it again. */
  toEnd(): void {
    this.#pinned = true;
    this.#host.requestUpdate();
  }

  hostUpdated(): void {
    const list = this.#list();
    if (list === null) this.#pinned = true;
    if (list !== this.#watched) {
      this.#sizes.disconnect();
      if (list !== null) this.#sizes.observe(list);
      this.#watched = list;
    }
    this.#follow();
  }

  hostDisconnected(): void {
    this.#sizes.disconnect();
    this.#watched = null;
  }

  hostConnected(): void {
    this.#host.requestUpdate();
  }

  #follow(): void {
    const list = this.#list();
    if (list === null || !this.#pinned) return;
    list.scrollTop = list.scrollHeight;
    this.#lastTopPx = list.scrollTop;
  }
}
