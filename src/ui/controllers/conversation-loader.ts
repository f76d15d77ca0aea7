/**
 * Loads the conversation's view once somebody needs it, and puts its style sheet into the shadow root. A load that
 * fails is tried again at the next need; the call goes on without the view meanwhile.
 */
import type { ReactiveControllerHost } from 'lit';
import type * as ConversationView from '../views/conversation.ts';

type View = typeof ConversationView;

/** See the file's comment. */
export class ConversationLoader {
  readonly #host: ReactiveControllerHost;
  readonly #root: () => ShadowRoot | null;
  #view: View | undefined;
  #loading: Promise<void> | undefined;

  constructor(host: ReactiveControllerHost, root: () => ShadowRoot | null) {
    this.#host = host;
    this.#root = root;
  }

  /** Loads the view ahead of its need. */
  load(): void {
    if (this.#view === undefined) this.#loading ??= this.#load();
  }

  /** The view, once it is there. Asking for it loads it. */
  get view(): View | undefined {
    this.load();
    return this.#view;
  }

  /** Settles when nothing is being loaded; never rejects. */
  get settled(): Promise<void> {
    return this.#loading ?? Promise.resolve();
  }

  async #load(): Promise<void> {
    try {
      const view = await import('../views/conversation.ts');
      const root = this.#root();
      const { styleSheet } = view.conversationStyles;
      if (root !== null && styleSheet !== undefined) root.adoptedStyleSheets.push(styleSheet);
      this.#view = view;
      this.#host.requestUpdate();
    } catch {
      // Offline in the middle of a call, for instance; the next rendering asks again.
    } finally {
      this.#loading = undefined;
    }
  }
}
