/**
 * The part of the element that has a session: what a page can ask of it, and the DOM events. Draws nothing. Its session
 * comes from outside as a property, or from `createSession` of the subclass that the package registers. A session that
 * was made here is disposed of here; one from outside never is.
 */
import type { PropertyDeclarations, PropertyValues } from 'lit';
import type {
  AgentHandover,
  AgentState,
  KeepStates,
  Link,
  LinkPhase,
  MicrophoneState,
  NetworkQuality,
  StartOptions,
  TranscriptEntry,
  VoiceSession,
} from '../core/session/types.ts';
import { ConfiguredElement } from './configured-element.ts';
import { OwnSession } from './controllers/own-session.ts';
import { SessionController } from './controllers/session-controller.ts';
import type { KeptKind } from '../shared/recording.ts';
import { ClaraConsentEvent, ClaraErrorEvent } from './events.ts';
import { eventsForLink, eventsForTranscript, isActive } from './session-events.ts';
import {
  checkConfig,
  isConfigured,
  isMuted,
  SessionCodeError,
  type SessionConfig,
} from './session-config.ts';
import type { LocalProblem } from './status-view.ts';

/** What the pointer or keyboard does before a click: time to load the session's code. */
const INTENTS = ['pointerenter', 'pointerdown', 'focusin'] as const;

/** Lets `work` go on by itself; what it rejects with becomes an error event of the page, as nobody else would hear of it. */
export function run(work: Promise<unknown>): void {
  work.catch(reportError);
}

/** Base of the element. */
export class SessionElement extends ConfiguredElement {
  static override properties: PropertyDeclarations = {
    session: { attribute: false },
    preload: { type: Boolean },
    offerRecording: { attribute: 'offer-recording', type: Boolean },
  };

  /** Load the session's code at once. */
  declare preload: boolean;
  /** Offer the user to have the text and the sound of a session kept in this browser; nothing is until the user says so. */
  declare offerRecording: boolean;

  readonly #watch = new SessionController(this, {
    onLink: (link, previous) => this.#onLink(link, previous),
    onTranscript: (entries, previous) => {
      this.linesChanged(entries, previous);
      for (const event of eventsForTranscript(entries, previous)) this.dispatchEvent(event);
    },
    onMicrophone: (microphone, previous) => {
      if (microphone.status === 'live') this.#muteWish = microphone.muted;
      if (microphone.status === 'failed' && previous.status !== 'failed' && this.link.phase !== 'failed')
        this.dispatchEvent(new ClaraErrorEvent(microphone.code, 'the microphone ended', false));
    },
  });
  readonly #own = new OwnSession();
  #joined = false;
  #loading = false;
  #muteWish = false;
  /** Before there is a session. */
  #keepWish: KeepStates = { text: 'off', sound: 'off' };
  #localProblem: LocalProblem | undefined;

  constructor() {
    super();
    for (const intent of INTENTS) this.addEventListener(intent, () => this.#onIntent());
  }

  /** The session that is shown. Setting one from outside takes the place of the element's own. */
  get session(): VoiceSession | undefined {
    return this.#watch.session;
  }

  set session(session: VoiceSession | undefined) {
    if (session === this.#watch.session) return;
    this.#own.dispose();
    this.#show(session);
  }

  /** The link as data. */
  get link(): Link {
    return this.#watch.link;
  }

  /** The link's phase, reflected as the attribute `phase`. */
  get phase(): LinkPhase {
    return this.link.phase;
  }

  get agentState(): AgentState {
    return this.#watch.agentState;
  }

  get transcript(): readonly TranscriptEntry[] {
    return this.#watch.transcript;
  }

  /** The user's wish, kept across reconnects and sessions. */
  get muted(): boolean {
    return isMuted(this.#watch.microphone, this.#muteWish);
  }

  set muted(muted: boolean) {
    run(this.setMuted(muted));
  }

  /** Starts a session, or takes over one that another tab has. Settles when it is connected, failed or ended; never rejects. */
  async start(options?: StartOptions): Promise<void> {
    if (this.#loading || isActive(this.link)) return;
    this.#localProblem = undefined;
    this.#loading = true;
    this.requestUpdate();
    const session = await this.#prepare(true);
    this.#loading = false;
    this.requestUpdate();
    if (session === undefined || !this.isConnected) return;
    if (this.#muteWish) await session.setMuted(true);
    await session.start(options);
  }

  /** Ends the session as the user's own wish. Never rejects. */
  async stop(): Promise<void> {
    await this.session?.stop();
  }

  /** Mutes or unmutes; before a start it is the wish for it. Never rejects. */
  async setMuted(muted: boolean): Promise<void> {
    this.#muteWish = muted;
    this.requestUpdate();
    await this.session?.setMuted(muted);
  }

  /**
   * Has the text or the sound of this session kept, or ends that; from the user's own act. Turning it on fires
   * `clara-consent` first, which the page may cancel. Before a start it is the wish for it.
   */
  setKept(kept: KeptKind, on: boolean): void {
    if (on && !this.dispatchEvent(new ClaraConsentEvent(kept))) return;
    const { session } = this;
    if (session === undefined) this.#keepWish = { ...this.#keepWish, [kept]: on ? 'on' : 'off' };
    else session.keeping?.set(kept, on);
    this.requestUpdate();
  }

  /** What is kept; undefined where nothing can be. */
  protected get keepStates(): KeepStates | undefined {
    return this.session === undefined ? this.#keepWish : this.session.keeping?.states.value;
  }

  /** Sends a text message. Without a session nothing is sent. Rejects with RangeError when `text` is longer than 15,000 characters. */
  async sendText(text: string): Promise<void> {
    await this.session?.sendText(text);
  }

  /** Ends a wait between two tries now. */
  retryNow(): void {
    this.session?.retryNow();
  }

  /** To be called from a user gesture when the browser holds the sound back. */
  async playAudio(): Promise<void> {
    await this.session?.playAudio();
  }

  /**
   * Builds a session of the element's own; the subclass that the package registers does it. Rejects with SessionCodeError
   * when the code cannot be loaded, with TypeError or RangeError for a wrong setting. Undefined: this class cannot, it
   * needs the `session` property.
   */
  protected createSession?(config: SessionConfig): Promise<VoiceSession>;

  override connectedCallback(): void {
    super.connectedCallback();
    this.setAttribute('phase', this.phase);
    if (this.preload) this.#onIntent();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    // A node that is only moved is connected again before this runs; its call goes on.
    queueMicrotask(() => {
      if (!this.isConnected) this.#dropOwn();
    });
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('preload') && this.preload) this.#onIntent();
  }

  protected get microphone(): MicrophoneState {
    return this.#watch.microphone;
  }

  protected get audioBlocked(): boolean {
    return this.#watch.audioBlocked;
  }

  protected get quality(): NetworkQuality {
    return this.#watch.quality;
  }

  protected get weakAs(): NetworkQuality {
    return this.#watch.weakAs;
  }

  protected get handover(): AgentHandover | undefined {
    return this.#watch.handover;
  }

  /** Now on the clock of the link's times. */
  protected get nowMonoMs(): number {
    return this.#watch.nowMonoMs;
  }

  /** The code of the session is on its way. */
  protected get loading(): boolean {
    return this.#loading;
  }

  /** A fault of the element itself, before there is a session. */
  protected get localProblem(): LocalProblem | undefined {
    return this.#localProblem;
  }

  /** Another session is shown, or none. */
  protected sessionChanged(_session: VoiceSession | undefined): void {
    // for the subclass
  }

  /** The transcript has changed; comes before the events of it. */
  protected linesChanged(_entries: readonly TranscriptEntry[], _previous: readonly TranscriptEntry[]): void {
    // for the subclass
  }

  #onIntent(): void {
    if (this.session !== undefined || !this.isConnected) return;
    // A failure here is told when the user presses Start, which tries again.
    if (this.createSession !== undefined && isConfigured(this.sessionConfig)) run(this.#prepare(false));
  }

  async #prepare(tell: boolean): Promise<VoiceSession | undefined> {
    // A session from outside, or one that runs, stays; the own one is asked for again in case the settings changed.
    const { session } = this;
    if (session !== undefined && (session !== this.#own.made || isActive(session.link.value))) return session;
    const config = this.sessionConfig;
    const create = this.createSession?.bind(this);
    if (create === undefined || !isConfigured(config)) {
      this.#fail('notConfigured', 'neither a session nor a source of tokens is set');
      return undefined;
    }
    try {
      checkConfig(config);
      const made = await this.#own.get(config, create);
      if (made !== undefined) this.#show(made);
      return made;
    } catch (error) {
      // A wrong setting has a message that names it and its limits; it holds no token.
      if (tell && error instanceof SessionCodeError) this.#fail('loadFailed', error.message);
      else if (tell) this.#fail('notConfigured', error instanceof Error ? error.message : 'unknown');
      return undefined;
    }
  }

  #fail(problem: LocalProblem, detail: string): void {
    this.#localProblem = problem;
    this.requestUpdate();
    this.dispatchEvent(new ClaraErrorEvent(problem, detail, true));
  }

  #show(session: VoiceSession | undefined): void {
    this.#joined = false;
    this.#watch.session = session;
    // The user's, made before there was a session to tell.
    for (const kind of ['text', 'sound'] as const)
      if (this.#keepWish[kind] === 'on') session?.keeping?.set(kind, true);
    if (session !== undefined) this.#keepWish = { text: 'off', sound: 'off' };
    this.sessionChanged(session);
    this.requestUpdate();
  }

  #dropOwn(): void {
    const made = this.#own.made;
    this.#own.dispose();
    if (made !== undefined && made === this.session) this.#show(undefined);
  }

  #onLink(link: Link, previous: Link): void {
    const events = eventsForLink(link, previous, this.#joined);
    if (link.phase === 'connected') this.#joined = true;
    if (!isActive(link)) this.#joined = false;
    this.setAttribute('phase', link.phase);
    for (const event of events) this.dispatchEvent(event);
  }
}
