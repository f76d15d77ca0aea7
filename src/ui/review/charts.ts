/**
 * The charts of a review as one thing: same stretch of time, same cursor. Owns the plots and their observers from
 * `connect` to `close`, the visible stretch, and the cursor; draws into places that the element's template has made.
 * Invariant: after `close` no canvas, listener or observer is left.
 */
import type { Panel } from '../../core/review/panels.ts';
import type { ReviewModel } from '../../core/review/review-model.ts';
import { clockText, valueText } from './format.ts';
import { Plot, type PlotData, type PlotLook, type UPlot } from './plot.ts';
import { SERIES_NAMES } from './words-en.ts';

/** A stretch of the session, ms. */
export interface VisibleStretch {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Least stretch that can be shown, ms. */
const LEAST_MS = 5000;
const HEIGHT_PX = 128;
/** The value axis of each panel reaches at least so far: a quiet call shall look quiet. */
const LEAST_MAX = { roundTrip: 100, buffer: 100, loss: 10, bitrate: 40, level: 50, heard: 1000 } as const;

/** See the file's head. */
export class Charts {
  readonly #model: ReviewModel;
  readonly #root: ParentNode;
  readonly #onStretch: (stretch: VisibleStretch) => void;
  readonly #life = new AbortController();
  readonly #plots: { readonly panel: Panel; readonly plot: Plot }[] = [];
  #stretch: VisibleStretch;
  #row: number | undefined;
  #widthPx = 0;

  /** @param root holds `.plot[data-panel]` places and `.readout` texts. @param onStretch told after a zoom. */
  constructor(model: ReviewModel, root: ParentNode, onStretch: (stretch: VisibleStretch) => void) {
    this.#model = model;
    this.#root = root;
    this.#onStretch = onStretch;
    this.#stretch = { fromMs: 0, toMs: wholeMs(model) };
  }

  get model(): ReviewModel {
    return this.#model;
  }

  get stretch(): VisibleStretch {
    return this.#stretch;
  }

  /** Draws everything. Once. */
  connect(UPlotClass: UPlot): void {
    for (const panel of this.#model.charts.panels) {
      const place = this.#root.querySelector<HTMLElement>(`.plot[data-panel="${panel.key}"]`);
      if (place === null) continue;
      this.#widthPx = place.clientWidth || this.#widthPx || 600;
      const plot = new Plot(
        UPlotClass,
        place,
        this.#dataOf(panel),
        this.#widthPx,
        this.#lookOf(panel, place),
        {
          onHover: (atS) => this.#hovered(atS),
          onSelect: (fromS, toS) => this.zoom(fromS * 1000, toS * 1000),
        },
      );
      place.addEventListener('dblclick', () => this.whole(), { signal: this.#life.signal });
      this.#plots.push({ panel, plot });
    }
    const first = this.#root.querySelector<HTMLElement>('.plot[data-panel]');
    if (first === null) return;
    const observer = new ResizeObserver(() => this.#resized(first.clientWidth));
    observer.observe(first);
    this.#life.signal.addEventListener('abort', () => observer.disconnect(), { once: true });
  }

  close(): void {
    this.#life.abort();
    for (const { plot } of this.#plots) plot.close();
    this.#plots.length = 0;
  }

  /** Shows a stretch, kept within the session and no shorter than 5 s. */
  zoom(fromMs: number, toMs: number): void {
    const endMs = wholeMs(this.#model);
    const lengthMs = Math.min(endMs, Math.max(LEAST_MS, toMs - fromMs));
    const middleMs = (fromMs + toMs) / 2;
    const startMs = Math.max(0, Math.min(endMs - lengthMs, middleMs - lengthMs / 2));
    this.#stretch = { fromMs: startMs, toMs: startMs + lengthMs };
    for (const { panel, plot } of this.#plots) plot.show(this.#dataOf(panel));
    this.#point();
    this.#onStretch(this.#stretch);
  }

  /** Makes the stretch longer (above 1) or shorter around the cursor, or its middle. */
  scale(factor: number): void {
    const { fromMs, toMs } = this.#stretch;
    const atMs = this.#row === undefined ? (fromMs + toMs) / 2 : this.#atMs(this.#row);
    this.zoom(atMs - (atMs - fromMs) * factor, atMs + (toMs - atMs) * factor);
  }

  whole(): void {
    this.zoom(0, wholeMs(this.#model));
  }

  /** Moves the cursor by samples, or to an end; what stands there as a sentence. */
  move(to: number | 'first' | 'last', panel: Panel | undefined): string {
    const rows = this.#model.charts.atMs.length;
    if (rows === 0) return '';
    const { fromMs, toMs } = this.#stretch;
    const last = Math.max(0, this.#rowAt(toMs));
    const first = this.#rowAt(fromMs);
    if (to === 'first') this.#row = first;
    else if (to === 'last') this.#row = last;
    else this.#row = Math.min(rows - 1, Math.max(0, (this.#row ?? (to > 0 ? first - 1 : last + 1)) + to));
    this.#follow(this.#atMs(this.#row));
    this.#point();
    return this.#sentence(this.#row, panel);
  }

  /** Puts the cursor at a time. */
  goTo(atMs: number): void {
    if (this.#model.charts.atMs.length === 0) return;
    this.#row = this.#rowAt(atMs);
    this.#point();
  }

  /** A cursor that leaves the visible stretch takes it along. */
  #follow(atMs: number): void {
    const { fromMs, toMs } = this.#stretch;
    if (atMs >= fromMs && atMs <= toMs) return;
    const half = (toMs - fromMs) / 2;
    this.zoom(atMs - half, atMs + half);
  }

  #hovered(atS: number | undefined): void {
    this.#row = atS === undefined ? undefined : this.#rowAt(atS * 1000);
    this.#point();
  }

  #point(): void {
    const row = this.#row;
    const atS = row === undefined ? undefined : this.#atMs(row) / 1000;
    for (const { plot } of this.#plots) plot.point(atS);
    const clock = this.#root.querySelector('.cursor-clock');
    if (clock !== null) clock.textContent = atS === undefined ? '' : clockText(atS * 1000);
    for (const place of this.#root.querySelectorAll<HTMLElement>('.readout')) {
      const panel = this.#model.charts.panels.find(({ key }) => key === place.dataset['panel']);
      const series = panel?.series[Number(place.dataset['series'])];
      place.textContent =
        row === undefined || panel === undefined ? '' : valueText(series?.values[row], panel.unit);
    }
  }

  #sentence(row: number, panel: Panel | undefined): string {
    const values = (panel?.series ?? []).map(
      ({ key, values: line }) => `${SERIES_NAMES[key]} ${spoken(valueText(line[row], panel?.unit ?? ''))}`,
    );
    return [clockText(this.#atMs(row)), ...values].join(', ');
  }

  #resized(widthPx: number): void {
    if (widthPx === 0 || Math.abs(widthPx - this.#widthPx) < 1) return;
    this.#widthPx = widthPx;
    for (const { panel, plot } of this.#plots) {
      plot.resize(widthPx, HEIGHT_PX);
      plot.show(this.#dataOf(panel));
    }
    this.#point();
  }

  #dataOf(panel: Panel): PlotData {
    const { fromMs, toMs } = this.#stretch;
    const { atMs } = this.#model.charts;
    const rows = this.#model.rowsFor(panel, fromMs, toMs, Math.max(60, Math.round(this.#widthPx / 3)));
    const at = rows.map((row) => (atMs[row] ?? 0) / 1000);
    const lines = panel.series.map(({ values }) =>
      rows.map((row) => {
        const value = values[row] ?? NaN;
        return Number.isNaN(value) ? null : value;
      }),
    );
    return { points: [at, ...lines], fromS: fromMs / 1000, toS: toMs / 1000 };
  }

  #lookOf(panel: Panel, place: HTMLElement): PlotLook {
    const figure = place.closest('.panel-figure') ?? place;
    const swatches = [...figure.querySelectorAll('.swatch')];
    const { color, outlineColor, accentColor } = getComputedStyle(place);
    return {
      colors: swatches.map((swatch) => getComputedStyle(swatch).color),
      text: color,
      grid: outlineColor,
      cut: accentColor,
      isDots: panel.key === 'heard',
      leastMax: LEAST_MAX[panel.key],
      heightPx: HEIGHT_PX,
      outages: this.#model.recording.outages,
    };
  }

  #atMs(row: number): number {
    return this.#model.charts.atMs[row] ?? 0;
  }

  /** The row nearest to a time. */
  #rowAt(atMs: number): number {
    const { atMs: times } = this.#model.charts;
    let low = 0;
    let high = times.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((times[middle] ?? Infinity) < atMs) low = middle + 1;
      else high = middle;
    }
    return low > 0 && atMs - (times[low - 1] ?? 0) < (times[low] ?? 0) - atMs ? low - 1 : low;
  }
}

/** The length that charts show: never nothing. */
export function wholeMs({ recording }: ReviewModel): number {
  return Math.max(1000, recording.durationMs);
}

function spoken(value: string): string {
  return value === '–' ? 'not measured' : value;
}
