/**
 * A recorded session to look at: summary in words, outages, state lane, charts, quality. Draws a {@link ReviewModel} and
 * knows nothing of where it came from; needs no network.
 */
import {
  html,
  LitElement,
  nothing,
  type PropertyDeclarations,
  type PropertyValues,
  type TemplateResult,
} from 'lit';
import type { Panel } from '../../core/review/panels.ts';
import type { ReviewModel } from '../../core/review/review-model.ts';
import type { KeptLine, KeptPiece } from '../../shared/recording.ts';
import { tokens } from '../styles/tokens.ts';
import { Charts, wholeMs, type VisibleStretch } from './charts.ts';
import { clockText, durationText } from './format.ts';
import {
  beginOf,
  closeTakes,
  seekTo,
  soundTemplate,
  takesOf,
  transcriptTemplate,
  type Take,
} from './kept-view.ts';
import { plotStyles, reviewStyles, timelineStyles } from './styles.ts';
import {
  laneTemplate,
  outagesTemplate,
  panelTemplate,
  qualityTemplate,
  summaryTemplate,
  tablesTemplate,
} from './views.ts';
import { CAUSE_NAMES } from './words-en.ts';

/** Time shown before and after an outage, ms. */
const AROUND_MS = 10_000;

/**
 * The review of one recorded session.
 *
 * @element clara-review
 *
 * @attr {'light' | 'dark' | 'auto'} theme - Without it the page's own colour scheme counts.
 *
 * @csspart summary - The summary in words and its figures.
 * @csspart outages - The list of outages.
 * @csspart timeline - Lane and charts.
 * @csspart lane - The lane of states.
 * @csspart panel - One chart with heading and legend.
 * @csspart sound - The player of sound that was kept.
 * @csspart transcript - The text that was kept; its lines are buttons that move the cursor.
 * @csspart quality - The quality estimate.
 */
export class ClaraReviewElement extends LitElement {
  static override styles = [tokens, reviewStyles, timelineStyles, plotStyles];

  static override properties: PropertyDeclarations = {
    model: { attribute: false },
    kept: { attribute: false },
    theme: { reflect: true },
  };

  /** What is shown; nothing without it. */
  declare model: ReviewModel | undefined;
  /** Text and sound of the session, where somebody had them kept. */
  declare kept: readonly KeptPiece[] | undefined;
  declare theme: 'light' | 'dark' | 'auto' | undefined;

  #charts: Charts | undefined;
  #takes: readonly Take[] = [];
  #shownOutage: number | undefined;
  #wantsTables = false;
  #scheme = new AbortController();

  override connectedCallback(): void {
    super.connectedCallback();
    this.#scheme = new AbortController();
    // Canvases do not follow the colour scheme by themselves.
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#redraw(), {
      signal: this.#scheme.signal,
    });
    if (!this.hasUpdated) return;
    this.#redraw();
    this.#openTakes();
    this.requestUpdate();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#scheme.abort();
    this.#charts?.close();
    this.#charts = undefined;
    closeTakes(this.#takes);
    this.#takes = [];
  }

  #openTakes(): void {
    closeTakes(this.#takes);
    // An update may come after the removal, when nobody would give the addresses back.
    this.#takes = this.isConnected ? takesOf(this.kept ?? []) : [];
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('model')) this.#shownOutage = undefined;
    // A player goes on when only text was deleted: its sound is still at its address.
    if (changed.has('kept') && !hasSameSound(changed.get('kept'), this.kept)) this.#openTakes();
  }

  override updated(changed: PropertyValues<this>): void {
    if (changed.has('model') || changed.has('theme')) this.#redraw();
  }

  /** Draws the charts anew, with the colours of now. */
  redraw(): void {
    this.#redraw();
  }

  #redraw(): void {
    const { model } = this;
    const before = this.#charts;
    before?.close();
    this.#charts = undefined;
    if (model === undefined || model.charts.panels.length === 0 || !this.isConnected) return;
    const charts = new Charts(model, this.renderRoot, () => this.requestUpdate());
    this.#charts = charts;
    this.#connect(charts, before?.stretch).catch(reportError);
  }

  async #connect(charts: Charts, stretch: VisibleStretch | undefined): Promise<void> {
    const { default: UPlotClass } = await import('uplot');
    if (this.#charts !== charts) return; // another model, or gone, meanwhile
    charts.connect(UPlotClass);
    if (stretch !== undefined && stretch.toMs <= wholeMs(charts.model))
      charts.zoom(stretch.fromMs, stretch.toMs);
    this.requestUpdate();
    this.dispatchEvent(new Event('clara-review-drawn'));
  }

  override render(): TemplateResult | typeof nothing {
    const { model } = this;
    if (model === undefined) return nothing;
    const show = (index: number): void => this.#show(index);
    return html`${summaryTemplate(model)} ${outagesTemplate(model, this.#shownOutage, show)}
      ${this.#timeline(model, show)} ${soundTemplate(this.#takes)}
      ${transcriptTemplate(this.kept ?? [], (line) => this.#goTo(line))} ${qualityTemplate(model)}
      <p class="unseen" aria-live="polite"></p>`;
  }

  #timeline(model: ReviewModel, show: (index: number) => void): TemplateResult {
    const stretch = this.#charts?.stretch ?? { fromMs: 0, toMs: wholeMs(model) };
    const isWhole = stretch.toMs - stretch.fromMs >= wholeMs(model);
    return html`<section part="timeline" aria-labelledby="timeline">
      <div class="toolbar">
        <h2 id="timeline">Timeline</h2>
        <button
          class="zoom"
          aria-label="Zoom out"
          ?disabled=${isWhole}
          @click=${() => this.#charts?.scale(2)}
        >
          −
        </button>
        <button class="zoom" aria-label="Zoom in" @click=${() => this.#charts?.scale(0.5)}>+</button>
        <button ?disabled=${isWhole} @click=${() => this.#charts?.whole()}>Whole call</button>
      </div>
      ${laneTemplate(model, stretch, show)}
      ${
        model.charts.panels.length === 0
          ? html`<p class="quiet">Nothing was measured in this session, so there are no charts.</p>`
          : html`<p id="chart-help" class="quiet">
                Drag to zoom, double-click for the whole call. In a chart the arrow keys move the cursor, +
                and − zoom, Escape shows the whole call.
              </p>
              ${model.charts.panels.map((panel) =>
                panelTemplate(panel, (event, of) => this.#onKey(event, of)),
              )}
              <details @toggle=${(event: Event) => this.#onTables(event)}>
                <summary>Values as tables</summary>
                ${this.#wantsTables ? tablesTemplate(model) : nothing}
              </details>`
      }
    </section>`;
  }

  #onTables(event: Event): void {
    this.#wantsTables = (event.target as HTMLDetailsElement).open;
    this.requestUpdate();
  }

  #show(index: number): void {
    const outage = this.model?.recording.outages[index];
    if (outage === undefined) return;
    this.#shownOutage = index;
    this.requestUpdate();
    this.#charts?.zoom(outage.startMs - AROUND_MS, outage.endMs + AROUND_MS);
    this.#charts?.goTo(outage.startMs);
    seekTo(this.renderRoot, this.#takes, outage.startMs);
    this.#say(
      `Outage ${index + 1}, at ${clockText(outage.startMs)} for ${durationText(outage.endMs - outage.startMs)}: ${CAUSE_NAMES[outage.cause.cause]}`,
    );
    this.renderRoot.querySelector('[part=timeline]')?.scrollIntoView({ block: 'start', behavior: 'auto' });
  }

  #goTo(line: KeptLine): void {
    this.#charts?.goTo(line.atMs);
    seekTo(this.renderRoot, this.#takes, line.atMs, beginOf(line, this.kept ?? []));
  }

  #onKey(event: KeyboardEvent, panel: Panel): void {
    const charts = this.#charts;
    if (charts === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = event.shiftKey ? 10 : 1;
    switch (event.key) {
      case 'ArrowLeft':
        this.#say(charts.move(-step, panel));
        break;
      case 'ArrowRight':
        this.#say(charts.move(step, panel));
        break;
      case 'PageUp':
        this.#say(charts.move(-60, panel));
        break;
      case 'PageDown':
        this.#say(charts.move(60, panel));
        break;
      case 'Home':
        this.#say(charts.move('first', panel));
        break;
      case 'End':
        this.#say(charts.move('last', panel));
        break;
      case '+':
      case '=':
        charts.scale(0.5);
        break;
      case '-':
        charts.scale(2);
        break;
      case 'Escape':
        charts.whole();
        break;
      default:
        return;
    }
    event.preventDefault();
  }

  #say(text: string): void {
    const live = this.renderRoot.querySelector('[aria-live]');
    if (live !== null) live.textContent = text;
  }
}

function hasSameSound(before: readonly KeptPiece[] = [], after: readonly KeptPiece[] = []): boolean {
  const sound = after.filter(({ kind }) => kind === 'sound');
  const known = new Set(before.filter(({ kind }) => kind === 'sound'));
  return sound.length === known.size && sound.every((piece) => known.has(piece));
}
