/** The part of the element that says which session it wants: attributes and properties, nothing else. */
import { LitElement, type PropertyDeclarations } from 'lit';
import type { SessionConfig, TokenSource } from './session-config.ts';

/** Base of the element; makes nothing and shows nothing. */
export class ConfiguredElement extends LitElement {
  static override properties: PropertyDeclarations = {
    tokenEndpoint: { attribute: 'token-endpoint' },
    serverUrl: { attribute: 'server-url' },
    token: {},
    tokenSource: { attribute: false },
    pipeline: {},
    audioProcessing: { attribute: 'audio-processing' },
    policy: {},
    budgetSeconds: { attribute: 'budget', type: Number },
    resumeWhenBack: { attribute: 'resume-when-back', type: Boolean },
    textOnly: { attribute: 'text-only', type: Boolean },
    sessionKey: { attribute: 'session-key' },
  };

  /** Address of a token endpoint. */
  declare tokenEndpoint: string | undefined;
  /** Address of a LiveKit server, with `token`. */
  declare serverUrl: string | undefined;
  /** A participant token. Kept in memory, never shown. */
  declare token: string | undefined;
  /** Gives tokens where an endpoint does not do. */
  declare tokenSource: TokenSource | undefined;
  /** Which voice pipeline the agent shall run. */
  declare pipeline: string | undefined;
  /** `off` turns the browser's audio processing off. */
  declare audioProcessing: 'on' | 'off' | undefined;
  /** How stubborn reconnecting is. @default 'resilient' */
  declare policy: 'resilient' | 'classic' | undefined;
  /** Seconds from an outage to `failed`, 5 to 3600. @default 120 */
  declare budgetSeconds: number | undefined;
  /** Start again by itself when the network is back after the budget. */
  declare resumeWhenBack: boolean;
  /** No microphone; messages only. */
  declare textOnly: boolean;
  /** The page's name for this session, by which a reload finds it again; needed for that with a `tokenSource`. */
  declare sessionKey: string | undefined;

  /** Which of the page's elements this is; the first that it was, so that one added before it ends no session. */
  #slot: string | undefined;

  /** What the attributes and properties say now. */
  protected get sessionConfig(): SessionConfig {
    const { tokenEndpoint, serverUrl, token, tokenSource, pipeline, policy, budgetSeconds, sessionKey } =
      this;
    this.#slot ??= slotOf(this);
    return {
      audioProcessing: this.audioProcessing !== 'off',
      ...(tokenEndpoint && { tokenEndpoint }),
      ...(serverUrl && { serverUrl }),
      ...(token && { token }),
      ...(tokenSource && { tokenSource }),
      ...(pipeline && { pipeline }),
      ...(policy && { policy }),
      ...(typeof budgetSeconds === 'number' && { budgetMs: budgetSeconds * 1000 }),
      ...(this.resumeWhenBack && { resumeWhenBack: true }),
      ...(this.textOnly && { textOnly: true }),
      ...(sessionKey ? { sessionKey } : { slot: this.#slot }),
    };
  }
}

/** What the page calls the element, else its place among those of its kind, which a reload does not change. */
function slotOf(element: Element): string {
  const name = element.id || element.getAttribute('name');
  if (name) return name;
  const root = element.getRootNode();
  if (!(root instanceof Document || root instanceof ShadowRoot)) return '';
  return String([...root.querySelectorAll(element.localName)].indexOf(element));
}
