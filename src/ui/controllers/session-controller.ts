/**
 * Holds the element's session and its watchers. Owns the watching, never the session: whoever made the session
 * disposes of it. Invariant: no watcher is left once the host is out of the document, and a link that changed
 * meanwhile is told when it comes back.
 */
import type { ReactiveController, ReactiveControllerHost } from 'lit';
import type {
  AgentHandover,
  AgentState,
  Link,
  MicrophoneState,
  NetworkQuality,
  TranscriptEntry,
  VoiceSession,
} from '../../core/session/types.ts';

/** What the host wants to be told; each before the next rendering. */
export interface SessionHooks {
  onLink(link: Link, previous: Link): void;
  onTranscript(entries: readonly TranscriptEntry[], previous: readonly TranscriptEntry[]): void;
  onMicrophone(microphone: MicrophoneState, previous: MicrophoneState): void;
}

const IDLE: Link = { phase: 'idle' };
const OFF: MicrophoneState = { status: 'off' };
const NO_LINES: readonly TranscriptEntry[] = [];

/** See the file's comment. */
export class SessionController implements ReactiveController {
  readonly #host: ReactiveControllerHost;
  readonly #hooks: SessionHooks;
  #session: VoiceSession | undefined;
  #connected = false;
  #watching: AbortController | undefined;
  #seenLink = IDLE;
  #seenLines = NO_LINES;
  #seenMicrophone = OFF;
  #weakAs: NetworkQuality = 'good';

  constructor(host: ReactiveControllerHost, hooks: SessionHooks) {
    this.#host = host;
    this.#hooks = hooks;
    host.addController(this);
  }

  get session(): VoiceSession | undefined {
    return this.#session;
  }

  set session(session: VoiceSession | undefined) {
    if (session === this.#session) return;
    this.#watching?.abort();
    this.#session = session;
    if (this.#connected) this.#watch();
  }

  get link(): Link {
    return this.#session?.link.value ?? IDLE;
  }

  get agentState(): AgentState {
    return this.#session?.agentState.value ?? 'absent';
  }

  get transcript(): readonly TranscriptEntry[] {
    return this.#session?.transcript.value ?? NO_LINES;
  }

  get microphone(): MicrophoneState {
    return this.#session?.microphone.value ?? OFF;
  }

  get audioBlocked(): boolean {
    return this.#session?.audioBlocked.value ?? false;
  }

  get quality(): NetworkQuality {
    return this.#session?.quality.value ?? 'good';
  }

  /** With which quality the present spell of a weak network began to be shown; `good` outside of one. */
  get weakAs(): NetworkQuality {
    return this.#weakAs;
  }

  get handover(): AgentHandover | undefined {
    return this.#session?.handover.value;
  }

  /** Now on the clock of the link's times; 0 without a session. */
  get nowMonoMs(): number {
    return this.#session?.monoMs() ?? 0;
  }

  hostConnected(): void {
    this.#connected = true;
    this.#watch();
  }

  hostDisconnected(): void {
    this.#connected = false;
    this.#watching?.abort();
  }

  #watch(): void {
    this.#watching?.abort();
    const watching = (this.#watching = new AbortController());
    const { signal } = watching;
    const session = this.#session;
    const update = (): void => this.#host.requestUpdate();
    session?.link.watch(() => this.#catchUp(), signal);
    session?.transcript.watch(() => this.#catchUp(), signal);
    session?.microphone.watch(() => this.#catchUp(), signal);
    session?.agentState.watch(update, signal);
    session?.audioBlocked.watch(update, signal);
    session?.quality.watch(() => this.#catchUp(), signal);
    session?.handover.watch(update, signal);
    session?.keeping?.states.watch(update, signal);
    this.#catchUp();
  }

  #catchUp(): void {
    const [link, lines, microphone] = [this.#seenLink, this.#seenLines, this.#seenMicrophone];
    this.#seenLink = this.link;
    this.#seenLines = this.transcript;
    this.#seenMicrophone = this.microphone;
    const isCut = this.link.phase === 'unstable' && (this.link.side === 'up' || this.link.side === 'down');
    if (this.quality === 'good') this.#weakAs = 'good';
    else if (this.#weakAs === 'good' && !isCut) this.#weakAs = this.quality;
    if (this.#seenLink !== link) this.#hooks.onLink(this.#seenLink, link);
    if (this.#seenLines !== lines) this.#hooks.onTranscript(this.#seenLines, lines);
    if (this.#seenMicrophone !== microphone) this.#hooks.onMicrophone(this.#seenMicrophone, microphone);
    this.#host.requestUpdate();
  }
}
