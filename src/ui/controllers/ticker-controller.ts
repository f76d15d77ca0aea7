import type { ReactiveController, ReactiveControllerHost } from 'lit';

/** Short enough that a countdown in whole seconds never skips one. */
const TICK_MS = 250;

/** Renders the host again while `isNeeded` says that its view changes with time alone; no timer runs otherwise. */
export class TickerController implements ReactiveController {
  readonly #host: ReactiveControllerHost;
  readonly #isNeeded: () => boolean;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(host: ReactiveControllerHost, isNeeded: () => boolean) {
    this.#host = host;
    this.#isNeeded = isNeeded;
    host.addController(this);
  }

  hostUpdated(): void {
    const needed = this.#isNeeded();
    if (needed && this.#timer === undefined)
      this.#timer = setInterval(() => this.#host.requestUpdate(), TICK_MS);
    if (!needed) this.#stop();
  }

  hostConnected(): void {
    this.#host.requestUpdate();
  }

  hostDisconnected(): void {
    this.#stop();
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
