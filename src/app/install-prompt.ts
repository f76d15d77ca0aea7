import { Writable, type Readable } from '../core/readable.ts';

/** Chromium's event; no other engine has it, and TypeScript's DOM library does not know it. */
interface BeforeInstallPromptEvent extends Event {
  prompt(): Promise<unknown>;
}

/** Keeps the browser's offer to install the app until the user asks for it. */
export class InstallPrompt {
  readonly #available = new Writable(false);
  #event: BeforeInstallPromptEvent | undefined;

  constructor(window: Window, signal: AbortSignal) {
    window.addEventListener(
      'beforeinstallprompt',
      (event) => {
        event.preventDefault();
        this.#event = event as BeforeInstallPromptEvent;
        this.#available.set(true);
      },
      { signal },
    );
    window.addEventListener('appinstalled', () => this.#forget(), { signal });
  }

  /** Whether {@link install} would show the browser's question. */
  get available(): Readable<boolean> {
    return this.#available;
  }

  /** Shows the browser's question; from a user gesture. An offer works once. */
  async install(): Promise<void> {
    const event = this.#event;
    this.#forget();
    await event?.prompt();
  }

  #forget(): void {
    this.#event = undefined;
    this.#available.set(false);
  }
}
