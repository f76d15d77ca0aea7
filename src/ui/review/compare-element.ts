/**
 * Two recorded sessions side by side: facts with the better one marked, and each measure as two lines over a common
 * time. Draws a {@link CompareModel}; which two, and how they are laid together, is chosen outside.
 */
import {
  html,
  LitElement,
  nothing,
  type PropertyDeclarations,
  type PropertyValues,
  type TemplateResult,
} from 'lit';
import type { ComparedFact, ComparedFactName } from '../../core/review/compare.ts';
import type { ComparedPanel, CompareModel } from '../../core/review/compare-model.ts';
import { tokens } from '../styles/tokens.ts';
import { durationText, percentText, valueText } from './format.ts';
import { Plot, type UPlot } from './plot.ts';
import { plotStyles, reviewStyles, timelineStyles } from './styles.ts';
import { FACT_NAMES, PANEL_NAMES, SERIES_NAMES } from './words-en.ts';

const HEIGHT_PX = 150;

/**
 * The comparison of two recorded sessions.
 *
 * @element clara-review-compare
 */
export class ClaraCompareElement extends LitElement {
  static override styles = [tokens, reviewStyles, timelineStyles, plotStyles];

  static override properties: PropertyDeclarations = {
    model: { attribute: false },
    names: { attribute: false },
    theme: { reflect: true },
  };

  declare model: CompareModel | undefined;
  /** What the two are called. */
  declare names: readonly [first: string, second: string];
  declare theme: 'light' | 'dark' | 'auto' | undefined;

  #plots: { readonly place: HTMLElement; readonly plot: Plot }[] = [];
  #life = new AbortController();

  constructor() {
    super();
    this.names = ['First', 'Second'];
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#life = new AbortController();
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#redraw(), {
      signal: this.#life.signal,
    });
    const observer = new ResizeObserver(() => {
      for (const { place, plot } of this.#plots) plot.resize(place.clientWidth, HEIGHT_PX);
    });
    observer.observe(this);
    this.#life.signal.addEventListener('abort', () => observer.disconnect(), { once: true });
    if (this.hasUpdated) this.#redraw();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#life.abort();
    this.#clear();
  }

  override updated(changed: PropertyValues<this>): void {
    if (changed.has('model') || changed.has('theme')) this.#redraw();
  }

  #clear(): void {
    for (const { plot } of this.#plots) plot.close();
    this.#plots = [];
  }

  #redraw(): void {
    this.#clear();
    if (this.model !== undefined) this.#draw(this.model).catch(reportError);
  }

  async #draw(model: CompareModel): Promise<void> {
    const { default: UPlotClass } = await import('uplot');
    if (this.model !== model || this.#life.signal.aborted || this.#plots.length > 0) return;
    this.#plots = model.panels.flatMap((panel) => {
      const place = this.renderRoot.querySelector<HTMLElement>(`.plot[data-panel="${panel.key}"]`);
      return place === null ? [] : [{ place, plot: plotOf(UPlotClass, place, panel) }];
    });
  }

  override render(): TemplateResult | typeof nothing {
    const { model } = this;
    if (model === undefined) return nothing;
    const { comparison, panels } = model;
    const [first, second] = this.names;
    return html`<section aria-labelledby="facts">
        <h2 id="facts">Side by side</h2>
        <div class="scroll">
          <table>
            <thead>
              <tr>
                <td></td>
                <th scope="col">${first}</th>
                <th scope="col">${second}</th>
              </tr>
            </thead>
            <tbody>
              ${comparison.facts.map(factRow)}
            </tbody>
          </table>
        </div>
      </section>
      <section aria-labelledby="lines">
        <h2 id="lines">Over time</h2>
        <p class="quiet">
          ${comparison.alignment === 'join' ? '0:00 is the join of both.' : '0:00 is the first outage of both.'}
          The solid line is ${first}, the dashed one ${second}.
        </p>
        ${panels.length === 0 ? html`<p class="quiet">Nothing was measured in both.</p>` : nothing}
        ${panels.map(
          ({ key, series, unit }) =>
            html`<figure class="panel-figure">
              <figcaption class="panel-head">
                <h3>${PANEL_NAMES[key]}: ${SERIES_NAMES[series]} <span class="quiet">${unit}</span></h3>
                <span class="key"><span class="swatch"></span>${first}</span>
                <span class="key"><span class="swatch second"></span>${second}</span>
              </figcaption>
              <div
                class="plot"
                data-panel=${key}
                role="img"
                aria-label=${`${PANEL_NAMES[key]} of both sessions over time; the table above has the figures`}
              ></div>
            </figure>`,
        )}
      </section>`;
  }
}

function factRow({ fact, first, second, better }: ComparedFact): TemplateResult {
  const cell = (value: number | undefined, isBetter: boolean): TemplateResult =>
    html`<td>
      ${isBetter ? html`<strong>${factText(fact, value)}</strong> <span class="quiet">better</span>` : factText(fact, value)}
    </td>`;
  // What reads the same is the same to whoever reads it.
  const told = factText(fact, first) === factText(fact, second) ? undefined : better;
  return html`<tr>
    <th scope="row">${FACT_NAMES[fact]}</th>
    ${cell(first, told === 'first')} ${cell(second, told === 'second')}
  </tr>`;
}

/** A fact with its unit. */
export function factText(fact: ComparedFactName, value: number | undefined): string {
  if (value === undefined) return '–';
  switch (fact) {
    case 'outages':
      return String(value);
    case 'mos':
      return value.toFixed(2);
    case 'downLossRatio':
    case 'concealedRatio':
      return percentText(value);
    case 'rttMs':
    case 'jitterMs':
    case 'bufferMs':
      return valueText(value, 'ms');
    default:
      return durationText(value);
  }
}

function plotOf(UPlotClass: UPlot, place: HTMLElement, panel: ComparedPanel): Plot {
  const figure = place.closest('figure') ?? place;
  const { color, outlineColor } = getComputedStyle(place);
  const points = [[...panel.atS], [...panel.first], [...panel.second]] as ConstructorParameters<UPlot>[1] &
    object;
  return new Plot(
    UPlotClass,
    place,
    { points, fromS: panel.atS[0] ?? 0, toS: panel.atS.at(-1) ?? 1 },
    place.clientWidth || 600,
    {
      colors: [...figure.querySelectorAll('.swatch')].map((swatch) => getComputedStyle(swatch).color),
      text: color,
      grid: outlineColor,
      cut: 'transparent',
      isDots: panel.key === 'heard',
      leastMax: 1,
      heightPx: HEIGHT_PX,
      outages: [],
    },
    { onHover: () => {}, onSelect: () => {} },
  );
}
