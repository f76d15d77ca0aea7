/**
 * Moves the visualiser. Writes two custom properties through CSSOM (which a strict CSP allows, other than a style
 * attribute in markup) and never renders: levels come about 20 times a second.
 */
import type { ReactiveController, ReactiveControllerHost } from 'lit';
import type { Levels, VoiceSession } from '../../core/session/types.ts';

const SILENCE: Levels = { user: 0, agent: 0 };

/** See the file's comment. */
export class LevelController implements ReactiveController {
  readonly #target: () => HTMLElement | null;
  #session: VoiceSession | undefined;
  #connected = false;
  #watching: AbortController | undefined;

  /** @param target the node that carries `--_user-level` and `--_agent-level`, 0 to 1. */
  constructor(host: ReactiveControllerHost, target: () => HTMLElement | null) {
    this.#target = target;
    host.addController(this);
  }

  set session(session: VoiceSession | undefined) {
    if (session === this.#session) return;
    this.#session = session;
    if (this.#connected) this.#watch();
  }

  hostConnected(): void {
    this.#connected = true;
    this.#watch();
  }

  /** The first rendering makes the node that the levels are written to. */
  hostUpdated(): void {
    this.#show(this.#session?.levels.value ?? SILENCE);
  }

  hostDisconnected(): void {
    this.#connected = false;
    this.#watching?.abort();
  }

  #watch(): void {
    this.#watching?.abort();
    this.#watching = new AbortController();
    this.#session?.levels.watch((levels) => this.#show(levels), this.#watching.signal);
    this.#show(this.#session?.levels.value ?? SILENCE);
  }

  #show(levels: Levels): void {
    const style = this.#target()?.style;
    style?.setProperty('--_user-level', shownLevel(levels.user));
    style?.setProperty('--_agent-level', shownLevel(levels.agent));
  }
}

/** `level` as CSS takes it; levels are loudness already, not amplitude. */
function shownLevel(level: number): string {
  return Math.min(1, Math.max(0, level)).toFixed(3);
}
