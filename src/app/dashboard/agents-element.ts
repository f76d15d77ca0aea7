/**
 * The dashboard of the agent side, live: what runs, what happens, what the ended ones were like; ends a session.
 * Owns its stream and a clock of one second, both only while it is in the document. Draws into the page itself, so that
 * the app's styles hold.
 */
import { LitElement, type TemplateResult } from 'lit';
import { NOTHING_KNOWN, withMessage, type AgentsState } from './agents-state.ts';
import { endAgentSession, followAgents, type AgentsStreamParts } from './agents-stream.ts';
import { agentsView } from './agents-view.ts';

const TOKEN_KEY = 'clara.operatorToken';

function sleep(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error);
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, delayMs);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

/** `<clara-agents>`. */
export class AgentsElement extends LitElement {
  /** Network, for tests. @default the page's */
  fetch: typeof fetch = (...args) => globalThis.fetch(...args);
  #state: AgentsState = NOTHING_KNOWN;
  #life: AbortController | undefined;
  #ticker: ReturnType<typeof setInterval> | undefined;
  #problem: string | undefined;
  #ending: ReadonlySet<string> = new Set();

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#follow();
    this.#ticker = setInterval(() => this.requestUpdate(), 1000);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#life?.abort();
    clearInterval(this.#ticker);
  }

  protected override render(): TemplateResult {
    const moment = { nowWallMs: Date.now(), ending: this.#ending, problem: this.#problem };
    return agentsView(this.#state, moment, {
      end: (sessionId) => {
        this.#end(sessionId).catch(reportError);
      },
      showToken: (token) => {
        sessionStorage.setItem(TOKEN_KEY, token);
        this.#follow();
      },
    });
  }

  get #parts(): AgentsStreamParts {
    return {
      fetch: this.fetch,
      sleep,
      token: () => sessionStorage.getItem(TOKEN_KEY) ?? '',
      onMessage: (message) => this.#set(withMessage(this.#state, message, Date.now())),
      onStatus: (status) => this.#set({ ...this.#state, status }),
    };
  }

  #follow(): void {
    this.#life?.abort();
    this.#life = new AbortController();
    this.#set({ ...this.#state, status: 'connecting' });
    followAgents(this.#parts, this.#life.signal).catch(reportError);
  }

  #set(state: AgentsState): void {
    this.#state = state;
    this.requestUpdate();
  }

  /** Never rejects. */
  async #end(sessionId: string): Promise<void> {
    this.#ending = new Set([...this.#ending, sessionId]);
    this.#problem = undefined;
    this.requestUpdate();
    const isOver = await endAgentSession(this.#parts, sessionId);
    this.#ending = new Set([...this.#ending].filter((id) => id !== sessionId));
    if (!isOver) this.#problem = `Session ${sessionId} could not be ended.`;
    this.requestUpdate();
  }
}
