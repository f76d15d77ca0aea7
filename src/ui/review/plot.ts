/**
 * One uPlot chart: a panel's lines over a stretch of time, with the outages behind them. Owns its canvas until
 * {@link Plot.close}. Colours come from the legend's swatches, which alone know what `light-dark()` means here.
 */
import type uPlot from 'uplot';
import type { Stretch } from '../../core/metrics/audio-out.ts';
import { clockText } from './format.ts';

/** uPlot, loaded. */
export type UPlot = typeof uPlot;

/** What a chart shows. */
export interface PlotData {
  /** Seconds of the session, and a line of values for each series; null is a gap. */
  readonly points: uPlot.AlignedData;
  readonly fromS: number;
  readonly toS: number;
}

/** How it looks. */
export interface PlotLook {
  readonly colors: readonly string[];
  readonly text: string;
  readonly grid: string;
  readonly cut: string;
  readonly isDots: boolean;
  /** The value axis reaches at least so far. */
  readonly leastMax: number;
  readonly heightPx: number;
  readonly outages: readonly Stretch[];
}

/** What a chart tells. */
export interface PlotListener {
  /** The pointer is over this time; undefined when it left. */
  readonly onHover: (atS: number | undefined) => void;
  /** A stretch was drawn with the pointer. */
  readonly onSelect: (fromS: number, toS: number) => void;
}

/** Space for the value axis and behind the last point, CSS px; the lane of states keeps the same. */
export const AXIS_PX = 46;
export const END_PX = 16;

/** Steps of the time axis, s. */
const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400];

/** See the file's head. */
export class Plot {
  readonly #plot: uPlot;
  #range: readonly [number, number];
  #isTold = false;

  constructor(
    UPlotClass: UPlot,
    place: HTMLElement,
    data: PlotData,
    widthPx: number,
    look: PlotLook,
    listener: PlotListener,
  ) {
    this.#range = [data.fromS, data.toS];
    const axis = { stroke: look.text, font: '11px system-ui, sans-serif' };
    const grid = { stroke: look.grid, width: 1 };
    this.#plot = new UPlotClass(
      {
        width: widthPx,
        height: look.heightPx,
        padding: [6, END_PX, 0, 0],
        legend: { show: false },
        cursor: { y: false, points: { size: 7 }, drag: { x: true, y: false, setScale: false } },
        scales: {
          x: { time: false, range: () => [...this.#range] as [number, number] },
          y: { range: (_plot, _min, max) => [0, Math.max(look.leastMax, (max ?? 0) * 1.08)] },
        },
        axes: [
          {
            ...axis,
            grid: { ...grid, show: false },
            ticks: { ...grid, size: 4 },
            size: 22,
            gap: 2,
            space: 64,
            incrs: STEPS_S,
            values: (_plot, splits) => splits.map((at) => clockText(at * 1000)),
          },
          { ...axis, grid, ticks: { show: false }, size: AXIS_PX, gap: 6, space: 28 },
        ],
        series: [
          {},
          ...look.colors.map((color, at) => ({
            stroke: color,
            width: 1.6,
            spanGaps: false,
            ...(at > 0 && { dash: [5, 3] }),
            points: look.isDots ? { show: true, size: 8, ...(at === 0 && { fill: color }) } : { show: false },
            ...(look.isDots && { paths: () => null }),
          })),
        ],
        hooks: {
          drawClear: [(plot) => drawCuts(plot, look)],
          setCursor: [
            (plot) => {
              if (this.#isTold) return;
              const { left = -1 } = plot.cursor;
              listener.onHover(left < 0 ? undefined : plot.posToVal(left, 'x'));
            },
          ],
          setSelect: [
            (plot) => {
              const { left, width } = plot.select;
              if (width < 4) return;
              plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
              listener.onSelect(plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x'));
            },
          ],
        },
      },
      data.points,
      place,
    );
  }

  /** Shows other points, or another stretch. */
  show({ points, fromS, toS }: PlotData): void {
    this.#range = [fromS, toS];
    // At once: who puts the cursor somewhere next means a place on the new scale.
    this.#isTold = true;
    this.#plot.batch(() => this.#plot.setData(points));
    this.#isTold = false;
  }

  /** Puts the cursor at a time without telling the listener; undefined takes it away. */
  point(atS: number | undefined): void {
    this.#isTold = true;
    const left = atS === undefined ? -10 : this.#plot.valToPos(atS, 'x');
    this.#plot.setCursor({ left, top: atS === undefined ? -10 : 1 }, false);
    this.#isTold = false;
  }

  resize(width: number, height: number): void {
    this.#plot.setSize({ width, height });
  }

  close(): void {
    this.#plot.destroy();
  }
}

function drawCuts(plot: uPlot, { outages, cut }: PlotLook): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.fillStyle = cut;
  for (const { startMs, endMs } of outages) {
    const left = Math.max(bbox.left, plot.valToPos(startMs / 1000, 'x', true));
    const right = Math.min(bbox.left + bbox.width, plot.valToPos(endMs / 1000, 'x', true));
    if (right > left) ctx.fillRect(left, bbox.top, Math.max(2, right - left), bbox.height);
  }
  ctx.restore();
}
