/**
 * The element as it is seen: its shadow tree and the words in it. What it can be asked for and what it tells the page is
 * in session-element.ts; neither decides anything about the link.
 */
import { html, nothing, type PropertyDeclarations, type PropertyValues, type TemplateResult } from 'lit';
import type { TranscriptEntry, VoiceSession } from '../core/session/types.ts';
import { ConversationLoader } from './controllers/conversation-loader.ts';
import { FocusController } from './controllers/focus-controller.ts';
import { LevelController } from './controllers/level-controller.ts';
import { PinnedScrollController } from './controllers/pinned-scroll-controller.ts';
import { TickerController } from './controllers/ticker-controller.ts';
import { wordsOf, type MessageKey, type MessageOverrides, type Words } from './messages/words.ts';
import { hasSound, isActive, newFinalLines } from './session-events.ts';
import { run, SessionElement } from './session-element.ts';
import { needsClock, statusView } from './status-view.ts';
import { controls } from './styles/controls.ts';
import { layout } from './styles/layout.ts';
import { orb } from './styles/orb.ts';
import { tokens } from './styles/tokens.ts';
import { words } from './styles/words.ts';
import { controlsTemplate } from './views/controls.ts';
import { metersTemplate } from './views/meters.ts';
import { orbTemplate, statusTemplate } from './views/status.ts';
import { transcriptText } from './transcript-text.ts';

/**
 * A voice session with a face: start, stop, mute, what is going on in words, levels, messages and a transcript.
 *
 * @element clara-voice
 *
 * @attr {string} token-endpoint - Address that answers `{ serverUrl, participantToken }`, asked anew for every join.
 * @attr {string} server-url - Address of a LiveKit server, with `token`; several with spaces between are tried in turn.
 * @attr {string} token - A participant token, for trying things out.
 * @attr {string} pipeline - Sent with the token request: which voice pipeline the agent shall run.
 * @attr {'on' | 'off'} audio-processing - `off` turns echo cancellation, noise suppression and gain control off.
 * @attr {'resilient' | 'classic'} policy - How stubborn reconnecting is.
 * @attr {number} budget - Seconds from an outage to `failed`, 5 to 3600; 120 by default.
 * @attr {boolean} resume-when-back - Start again by itself when the network is back after the budget.
 * @attr {boolean} text-only - No microphone; messages only.
 * @attr {string} session-key - The page's name for this session, by which a reload finds it again; with a `tokenSource` it should name the user too.
 * @attr {boolean} preload - Load the session's code at once and not at the first pointer or focus.
 * @attr {boolean} offer-recording - Offer the user to have text and sound of a session kept in this browser; off until the user switches it on.
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
 * @fires {ClaraConsentEvent} clara-consent - The user is about to have text or sound kept; can be cancelled.
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
 * @csspart meter - One of them; also user-meter and agent-meter.
 * @csspart controls - The row of buttons.
 * @csspart button - Any button of the row and the send button; also start-button, stop-button, mute-button, retry-button, play-button, send-button, use-here-button.
 * @csspart conversation - Transcript and message box.
 * @csspart transcript - The transcript with its buttons: latest-button, copy-button, resend-button.
 * @csspart transcript-lines - What scrolls in it.
 * @csspart line - One line; also user-line and agent-line.
 * @csspart keeping - What is kept of the session, with its switches: keep-button, keep-note.
 * @csspart composer - Message box and send button.
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
export class ClaraVoiceElement extends SessionElement {
  static override styles = [tokens, layout, orb, words, controls];

  static override properties: PropertyDeclarations = {
    size: { reflect: true },
    theme: { reflect: true },
    messages: { attribute: false },
  };

  /** @default 'full' */
  declare size: 'full' | 'compact' | undefined;
  /** Without it the page's own colour scheme counts. */
  declare theme: 'light' | 'dark' | 'auto' | undefined;
  /** Texts to put over the catalogue, by key. */
  declare messages: MessageOverrides | undefined;

  readonly #levels = new LevelController(
    this,
    () => this.renderRoot?.querySelector<HTMLElement>('.stage') ?? null,
  );
  readonly #scroll = new PinnedScrollController(
    this,
    () => this.renderRoot?.querySelector<HTMLElement>('.lines') ?? null,
  );
  readonly #conversation = new ConversationLoader(this, () => this.shadowRoot);
  #words: Words = wordsOf('en');
  #draft = '';
  #lineAnnouncement = '';
  #copyNote: MessageKey | undefined;

  constructor() {
    super();
    new FocusController(this, () => this.shadowRoot, '[data-control]');
    new TickerController(this, () => needsClock(this.link, this.handover, this.nowMonoMs));
  }

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    if (changed.has('messages') || !this.hasUpdated) {
      // The page's language is that of the words only where the page gave words: a screen reader reads them by it.
      const lang = this.messages === undefined ? 'en' : this.lang || 'en';
      this.#words = wordsOf(lang, this.messages);
    }
  }

  protected override render(): TemplateResult {
    const { link } = this;
    const active = isActive(link);
    const view = statusView(
      {
        link,
        agentState: this.agentState,
        microphone: this.microphone,
        audioBlocked: this.audioBlocked,
        quality: this.quality,
        weakAs: this.weakAs,
        handover: this.handover,
        muted: active && this.muted,
        loading: this.loading,
        localProblem: this.localProblem,
        nowMonoMs: this.nowMonoMs,
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
            loading: this.loading,
            muted: this.muted,
            withMicrophone: !this.textOnly,
            audioBlocked: this.audioBlocked,
          },
          this.#actions,
          this.#words,
        )}
      </div>
      ${talking ? this.#conversationTemplate(active) : nothing} ${this.#keepingTemplate()}
    </div>`;
  }

  #keepingTemplate(): TemplateResult | typeof nothing {
    const states = this.keepStates;
    // What is on is shown whoever offered it.
    if (!states || (!this.offerRecording && states.text === 'off' && states.sound === 'off')) return nothing;
    return (
      this.#conversation.view?.keepingTemplate(states, (kept, on) => this.setKept(kept, on), this.#words) ??
      nothing
    );
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

  protected override sessionChanged(session: VoiceSession | undefined): void {
    this.#levels.session = session;
    if (session !== undefined && this.size !== 'compact' && this.hasUpdated) this.#conversation.load();
  }

  protected override linesChanged(
    entries: readonly TranscriptEntry[],
    previous: readonly TranscriptEntry[],
  ): void {
    this.#copyNote = undefined;
    const lines = newFinalLines(entries, previous);
    if (lines.length > 0) this.#lineAnnouncement = transcriptText(lines, this.#words);
  }
}
