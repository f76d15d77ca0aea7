/**
 * Keeps a scrolling list at its end while lines come, unless the reader has scrolled up. Owns the scroll position of
 * one node and whether it is pinned.
 */
import type { ReactiveController, ReactiveControllerHost } from 'lit';

/** Nearer to the end than this counts as at the end, px; fractions of zoomed pages stay below it. */
const END_ZONE_PX = 24;

/** See the file's comment. */
export class PinnedScrollController implements ReactiveController {
  readonly #host: ReactiveControllerHost;
  readonly #list: () => HTMLElement | null;
  #pinned = true;

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
    const pinned = list.scrollHeight - list.scrollTop - list.clientHeight < END_ZONE_PX;
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
    else if (this.#pinned) list.scrollTop = list.scrollHeight;
  }
}
