/**
 * The element. Owns its shadow tree, the words and the DOM events; decides nothing about the link. Its session comes
 * from outside as a property, or from `createSession` of the subclass that the package registers. A session that was
 * made here is disposed of here; one from outside never is.
 */
import { html, nothing, type PropertyDeclarations, type PropertyValues, type TemplateResult } from 'lit';
import type {
  AgentState,
  Link,
  LinkPhase,
  StartOptions,
  TranscriptEntry,
  VoiceSession,
} from '../core/session/types.ts';
import { ConfiguredElement } from './configured-element.ts';
import { ConversationLoader } from './controllers/conversation-loader.ts';
import { FocusController } from './controllers/focus-controller.ts';
import { LevelController } from './controllers/level-controller.ts';
import { PinnedScrollController } from './controllers/pinned-scroll-controller.ts';
import { OwnSession } from './controllers/own-session.ts';
import { SessionController } from './controllers/session-controller.ts';
import { TickerController } from './controllers/ticker-controller.ts';
import { ClaraErrorEvent } from './events.ts';
import { wordsOf, type MessageKey, type MessageOverrides, type Words } from './messages/words.ts';
import { eventsForLink, eventsForTranscript, hasSound, isActive, newFinalLines } from './session-events.ts';
import { isConfigured, isMuted, SessionCodeError, type SessionConfig } from './session-config.ts';
import { needsClock, statusView, type LocalProblem } from './status-view.ts';
import { controls } from './styles/controls.ts';
import { layout } from './styles/layout.ts';
import { orb } from './styles/orb.ts';
import { tokens } from './styles/tokens.ts';
import { words } from './styles/words.ts';
import { controlsTemplate } from './views/controls.ts';
import { metersTemplate } from './views/meters.ts';
import { orbTemplate, statusTemplate } from './views/status.ts';
import { transcriptText } from './transcript-text.ts';

/** What the pointer or keyboard does before a click: time to load the session's code. */
const INTENTS = ['pointerenter', 'pointerdown', 'focusin'] as const;

/** Lets `work` go on by itself; what it rejects with becomes an error event of the page, as nobody else would hear of it. */
function run(work: Promise<unknown>): void {
  work.catch(reportError);
}

/**
 * A voice session with a face: start, stop, mute, what is going on in words, levels, messages and a transcript.
 *
 * @element clara-voice
 *
 * @attr {string} token-endpoint - Address that answers `{ serverUrl, participantToken }`, asked anew for every join.
 * @attr {string} server-url - Address of a LiveKit server, with `token`.
 * @attr {string} token - A participant token, for trying things out.
 * @attr {string} pipeline - Sent with the token request: which voice pipeline the agent shall run.
 * @attr {'on' | 'off'} audio-processing - `off` turns echo cancellation, noise suppression and gain control off.
 * @attr {'resilient' | 'classic'} policy - How stubborn reconnecting is.
 * @attr {number} budget - Seconds from an outage to `failed`, 5 to 3600; 120 by default.
 * @attr {boolean} resume-when-back - Start again by itself when the network is back after the budget.
 * @attr {boolean} text-only - No microphone; messages only.
 * @attr {boolean} preload - Load the session's code at once and not at the first pointer or focus.
 * @attr {'full' | 'compact'} size - A card with a transcript, or one row.
 * @attr {'light' | 'dark' | 'auto'} theme - Without it the page's own colour scheme counts.
 * @attr {string} phase - Reflects the link's phase; read only.
 *
 * @fires {ClaraPhaseChangeEvent} clara-phase-change - The link went from one phase to another.
 * @fires {ClaraSessionStartEvent} clara-session-start - Connected for the first time since the start.
 * @fires {ClaraSessionEndEvent} clara-session-end - A session that had been connected is over.
 * @fires {ClaraTranscriptEvent} clara-transcript - A line of the transcript is new or has changed.
 * @fires {ClaraMessageEvent} clara-message - A written message is complete.
 * @fires {ClaraErrorEvent} clara-error - Something could not be done.
 * @fires {ClaraRecoveredEvent} clara-recovered - The link is back after an outage.
 *
 * @csspart card - The whole surface.
 * @csspart stage - Visualiser, words and buttons.
 * @csspart orb - The visualiser.
 * @csspart words - Status, headline, facts and notes.
 * @csspart status - The phase in words.
 * @csspart headline - What it means, or what to do.
 * @csspart facts - Attempt, elapsed time, countdown.
 * @csspart note - A note, for instance after a recovery.
 * @csspart meters - Both level meters.
 * @csspart controls - The row of buttons.
 * @csspart button - Any button; also start-button, stop-button, mute-button, retry-button, play-button, send-button, use-here-button.
 * @csspart conversation - Transcript and message box.
 * @csspart transcript - The transcript with its buttons.
 * @csspart line - One line; also user-line and agent-line.
 * @csspart message-box - Where a message is written.
 *
 * @cssproperty --clara-accent - The one accent colour.
 * @cssproperty --clara-on-accent - Text on the accent colour.
 * @cssproperty --clara-surface - Background of the card.
 * @cssproperty --clara-raised - Background of what stands on the card.
 * @cssproperty --clara-text - Text.
 * @cssproperty --clara-soft-text - Text of less weight.
 * @cssproperty --clara-line - Borders.
 * @cssproperty --clara-radius - Corners of the card.
 * @cssproperty --clara-font - Font family.
 * @cssproperty --clara-transcript-height - Greatest height of the transcript.
 */
export class ClaraVoiceElement extends ConfiguredElement {
  static override styles = [tokens, layout, orb, words, controls];

  static override properties: PropertyDeclarations = {
    session: { attribute: false },
    preload: { type: Boolean },
    size: { reflect: true },
    theme: { reflect: true },
    messages: { attribute: false },
  };

  /** Load the session's code at once. */
  declare preload: boolean;
  /** @default 'full' */
  declare size: 'full' | 'compact' | undefined;
  /** Without it the page's own colour scheme counts. */
  declare theme: 'light' | 'dark' | 'auto' | undefined;
  /** Texts to put over the catalogue, by key. */
  declare messages: MessageOverrides | undefined;

  readonly #watch = new SessionController(this, {
    onLink: (link, previous) => this.#onLink(link, previous),
    onTranscript: (entries, previous) => this.#onTranscript(entries, previous),
    onMicrophone: (microphone, previous) => {
      if (microphone.status === 'live') this.#muteWish = microphone.muted;
      if (microphone.status === 'failed' && previous.status !== 'failed' && this.link.phase !== 'failed')
        this.dispatchEvent(new ClaraErrorEvent(microphone.code, 'the microphone ended', false));
    },
  });
  readonly #levels = new LevelController(
    this,
    () => this.renderRoot?.querySelector<HTMLElement>('.stage') ?? null,
  );
  readonly #scroll = new PinnedScrollController(
    this,
    () => this.renderRoot?.querySelector<HTMLElement>('.lines') ?? null,
  );
  readonly #conversation = new ConversationLoader(this, () => this.shadowRoot);
  readonly #own = new OwnSession();
  #words: Words = wordsOf('en');
  #joined = false;
  #loading = false;
  #muteWish = false;
  #draft = '';
  #lineAnnouncement = '';
  #copyNote: MessageKey | undefined;
  #localProblem: LocalProblem | undefined;

  constructor() {
    super();
    new FocusController(this, () => this.shadowRoot, '[data-control]');
    new TickerController(this, () => needsClock(this.link, this.#watch.nowMonoMs));
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
    if (changed.has('messages') || !this.hasUpdated) this.#words = wordsOf(this.lang || 'en', this.messages);
    if (changed.has('preload') && this.preload) this.#onIntent();
  }

  protected override render(): TemplateResult {
    const { link } = this;
    const active = isActive(link);
    const view = statusView(
      {
        link,
        agentState: this.agentState,
        microphone: this.#watch.microphone,
        audioBlocked: this.#watch.audioBlocked,
        muted: active && this.muted,
        loading: this.#loading,
        localProblem: this.#localProblem,
        nowMonoMs: this.#watch.nowMonoMs,
      },
      this.#words,
    );
    const compact = this.size === 'compact';
    const talking = !compact && (active || this.transcript.length > 0);
    return html`<div
      class="card ${talking ? 'talking' : ''}"
      part="card"
      lang=${this.#words.lang}
      role="group"
      aria-label=${this.#words.text('label.widget')}
      data-tone=${view.tone}
      data-agent=${active ? this.agentState : nothing}
      ?data-reconnecting=${link.phase === 'reconnecting'}
      ?data-long=${view.headline.length > 44}
    >
      <div class="stage" part="stage">
        ${orbTemplate()} ${statusTemplate(view, this.#lineAnnouncement)}
        ${hasSound(link) && !this.textOnly ? metersTemplate(this.#words) : nothing}
        ${controlsTemplate(
          {
            link,
            active,
            loading: this.#loading,
            muted: this.muted,
            withMicrophone: !this.textOnly,
            audioBlocked: this.#watch.audioBlocked,
          },
          this.#actions,
          this.#words,
        )}
      </div>
      ${talking ? this.#conversationTemplate(active) : nothing}
    </div>`;
  }

  #conversationTemplate(active: boolean): TemplateResult | typeof nothing {
    const view = this.#conversation.view;
    if (view === undefined) return nothing;
    return view.conversationTemplate(
      {
        entries: this.transcript,
        pinned: this.#scroll.pinned,
        active,
        draft: this.#draft,
        copyNote: this.#copyNote === undefined ? '' : this.#words.text(this.#copyNote),
      },
      this.#conversationActions,
      this.#words,
    );
  }

  protected override async getUpdateComplete(): Promise<boolean> {
    const done = await super.getUpdateComplete();
    await this.#conversation.settled;
    return done && !this.isUpdatePending;
  }

  readonly #actions = {
    start: (): void => run(this.start()),
    useHere: (): void => run(this.start({ takeOver: true })),
    stop: (): void => run(this.stop()),
    toggleMute: (): void => run(this.setMuted(!this.muted)),
    retryNow: (): void => this.retryNow(),
    playAudio: (): void => run(this.playAudio()),
  };

  readonly #conversationActions = {
    onScroll: (): void => this.#scroll.onScroll(),
    toEnd: (): void => this.#scroll.toEnd(),
    copy: (): void => run(this.#copyTranscript()),
    resend: (text: string): void => run(this.sendText(text)),
    onDraft: (text: string): void => {
      this.#draft = text;
      this.requestUpdate();
    },
    send: (): void => {
      const text = this.#draft.trim();
      if (text === '' || !isActive(this.link)) return;
      this.#draft = '';
      this.#scroll.toEnd();
      run(this.sendText(text));
    },
  };

  async #copyTranscript(): Promise<void> {
    try {
      await navigator.clipboard.writeText(transcriptText(this.transcript, this.#words));
      this.#copyNote = 'note.copied';
    } catch {
      this.#copyNote = 'note.copyFailed'; // no permission, or no clipboard on an insecure page
    }
    this.requestUpdate();
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
    this.#levels.session = session;
    if (session !== undefined && this.size !== 'compact' && this.hasUpdated) this.#conversation.load();
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

  #onTranscript(entries: readonly TranscriptEntry[], previous: readonly TranscriptEntry[]): void {
    this.#copyNote = undefined;
    const lines = newFinalLines(entries, previous);
    if (lines.length > 0) this.#lineAnnouncement = transcriptText(lines, this.#words);
    for (const event of eventsForTranscript(entries, previous)) this.dispatchEvent(event);
  }
}
