/**
 * Keeps the keyboard's place when the control that has the focus goes away: the focus moves to the first control of
 * the same group that is there. Takes the focus from nobody else.
 */
import type { ReactiveController, ReactiveControllerHost } from 'lit';

/** See the file's comment. */
export class FocusController implements ReactiveController {
  readonly #root: () => ShadowRoot | null;
  readonly #fallback: string;
  #focused: Element | null = null;

  /** @param fallback selector, in the shadow root, of the controls that may take over. */
  constructor(host: ReactiveControllerHost, root: () => ShadowRoot | null, fallback: string) {
    this.#root = root;
    this.#fallback = fallback;
    host.addController(this);
  }

  hostUpdate(): void {
    this.#focused = this.#root()?.activeElement ?? null;
  }

  hostUpdated(): void {
    const focused = this.#focused;
    this.#focused = null;
    if (focused === null || focused.isConnected) return;
    this.#root()?.querySelector<HTMLElement>(this.#fallback)?.focus();
  }
}
