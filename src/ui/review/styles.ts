import { css } from 'lit';

/** What uPlot's own sheet says, as far as it is used here: a sheet of its own cannot reach into a shadow tree. */
export const plotStyles = css`
  .uplot {
    inline-size: min-content;
    line-height: 1.5;
  }
  .u-wrap {
    position: relative;
    user-select: none;
  }
  .u-over,
  .u-under,
  .u-axis {
    position: absolute;
  }
  .u-under {
    overflow: hidden;
  }
  .uplot canvas {
    display: block;
    position: relative;
    inline-size: 100%;
    block-size: 100%;
  }
  .u-select {
    position: absolute;
    background: color-mix(in oklab, var(--_accent), transparent 80%);
    pointer-events: none;
  }
  .u-cursor-x,
  .u-cursor-y {
    position: absolute;
    inset-block-start: 0;
    left: 0;
    pointer-events: none;
    will-change: transform;
  }
  .u-cursor-x {
    block-size: 100%;
    border-right: 1px solid var(--_soft);
  }
  .u-cursor-pt {
    position: absolute;
    top: 0;
    left: 0;
    border: 0 solid;
    border-radius: 50%;
    pointer-events: none;
    will-change: transform;
    background-clip: padding-box !important;
  }
  .u-off {
    display: none;
  }
`;

/** The review itself. */
export const reviewStyles = css`
  :host {
    --_line-1: light-dark(#0b6b66, #62d8cd);
    --_line-2: light-dark(#b4540a, #f4a85a);
    --_good: light-dark(#0b6b66, #62d8cd);
    --_cut: light-dark(#b3261e24, #ffa19930);
    display: grid;
    gap: 16px;
  }
  section,
  .card {
    display: grid;
    gap: 12px;
    min-inline-size: 0;
    padding: clamp(16px, 3cqi, 24px);
    border: 1px solid var(--_line);
    border-radius: 22px;
    background: var(--_surface);
  }
  h2,
  h3 {
    margin: 0;
    font-size: 1.0625rem;
    font-weight: 650;
    line-height: 1.4;
  }
  h3 {
    font-size: 0.9375rem;
  }
  p,
  ol,
  ul,
  dl,
  dd,
  figure {
    margin: 0;
    padding: 0;
  }
  ol,
  ul {
    list-style: none;
  }
  .quiet {
    font-size: 0.875rem;
    color: var(--_soft);
  }
  .lead {
    font-size: 1.1875rem;
    font-weight: 600;
    line-height: 1.45;
    text-wrap: pretty;
  }
  .story {
    max-inline-size: 68ch;
    text-wrap: pretty;
  }
  .tiles {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(128px, 1fr));
    gap: 10px;
  }
  .tile {
    display: flex;
    flex-direction: column-reverse;
    justify-content: flex-end;
    gap: 2px;
    padding: 12px 14px;
    border-radius: 16px;
    background: var(--_raised);
  }
  .tile dt {
    font-size: 0.8125rem;
    color: var(--_soft);
  }
  .tile dd {
    font-size: 1.25rem;
    font-weight: 650;
    font-variant-numeric: tabular-nums;
    letter-spacing: -0.01em;
  }
  .tile.bad dd {
    color: var(--_bad);
  }

  button {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 8px;
    min-block-size: 36px;
    padding: 4px 14px;
    border: 1px solid var(--_line);
    border-radius: 999px;
    font: inherit;
    font-size: 0.875rem;
    font-weight: 600;
    color: inherit;
    background: var(--_raised);
    cursor: pointer;
  }
  button:hover:not(:disabled) {
    background: color-mix(in oklab, var(--_raised), var(--_text) 8%);
  }
  button:disabled {
    cursor: default;
    opacity: 0.5;
  }
  :focus-visible {
    outline: 3px solid var(--_accent);
    outline-offset: 2px;
  }
  summary {
    padding-block: 6px;
    font-weight: 600;
    cursor: pointer;
  }
  table {
    inline-size: 100%;
    border-collapse: collapse;
    font-size: 0.875rem;
    font-variant-numeric: tabular-nums;
  }
  .scroll {
    overflow-x: auto;
  }
  caption {
    padding-block: 10px 4px;
    text-align: start;
    font-weight: 600;
  }
  th,
  td {
    padding: 6px 12px 6px 0;
    border-block-end: 1px solid var(--_line);
    text-align: start;
    font-weight: 400;
    vertical-align: top;
  }
  thead th {
    color: var(--_soft);
  }
  tr:last-child > * {
    border: 0;
  }
`;

/** Outages, lane and charts. */
export const timelineStyles = css`
  audio {
    inline-size: 100%;
  }
  .said {
    max-block-size: 420px;
    overflow-y: auto;
  }
  .said button {
    display: grid;
    inline-size: 100%;
    min-block-size: 32px;
    padding: 6px 8px;
    border: 0;
    font: inherit;
    color: inherit;
    text-align: start;
    background: none;
    cursor: pointer;
    overflow-wrap: anywhere;
    white-space: pre-wrap;
  }
  .outage {
    display: grid;
    grid-template-columns: 28px 1fr auto;
    align-items: center;
    gap: 4px 12px;
    padding-block: 10px;
    border-block-end: 1px solid var(--_line);
  }
  .outage:last-child {
    border: 0;
  }
  .number {
    display: grid;
    place-items: center;
    inline-size: 26px;
    block-size: 26px;
    border-radius: 50%;
    font-size: 0.8125rem;
    font-weight: 700;
    color: var(--_surface);
    background: var(--_bad);
  }
  .outage.shown {
    background: linear-gradient(to right, transparent, var(--_cut), transparent);
  }
  .toolbar {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px;
  }
  .toolbar h2 {
    flex: 1 1 auto;
  }
  .cursor-clock {
    position: absolute;
    inset: 31px auto auto 0;
    font-size: 0.8125rem;
    font-variant-numeric: tabular-nums;
    font-weight: 650;
  }
  .zoom {
    min-inline-size: 36px;
    padding-inline: 0;
    font-size: 1.125rem;
    line-height: 1;
  }
  .lane-box {
    position: sticky;
    inset-block-start: 0;
    z-index: 1;
    padding: 30px 16px 6px 46px;
    background: var(--_surface);
  }
  .lane {
    position: relative;
    block-size: 22px;
    overflow: hidden;
    border-radius: 7px;
    background: var(--_raised);
  }
  .stay {
    position: absolute;
    inset-block: 0;
    overflow: hidden;
    padding-inline: 8px;
    font-size: 0.75rem;
    font-weight: 600;
    line-height: 22px;
    white-space: nowrap;
    color: var(--_text);
    background: color-mix(in oklab, var(--_raised), var(--_soft) 24%);
    container-type: inline-size;
  }
  /* A name is shown whole or not at all. */
  .stay span {
    display: none;
  }
  @container (inline-size >= 6rem) {
    .stay span {
      display: inline;
    }
  }
  .stay.connected {
    color: var(--_on-accent);
    background: var(--_accent);
  }
  .stay.unstable {
    color: light-dark(#ffffff, #1c1206);
    background: repeating-linear-gradient(
      135deg,
      var(--_warn) 0 6px,
      color-mix(in oklab, var(--_warn), var(--_surface) 22%) 6px 10px
    );
  }
  .stay.reconnecting {
    color: light-dark(#ffffff, #2b0603);
    background: var(--_bad);
  }
  .marks {
    position: absolute;
    inset: 0 16px auto 46px;
    block-size: 28px;
    overflow: hidden;
  }
  .mark {
    position: absolute;
    inset-block-start: 2px;
    min-block-size: 24px;
    inline-size: 24px;
    margin-inline-start: -12px;
    padding: 0;
    border: 0;
    font-size: 0.75rem;
    font-weight: 700;
    color: var(--_surface);
    background: var(--_bad);
  }
  .mark:hover:not(:disabled) {
    background: color-mix(in oklab, var(--_bad), var(--_text) 20%);
  }
  .mark:focus-visible {
    outline-offset: -3px;
    outline-color: var(--_surface);
  }
  .panel-figure {
    display: grid;
    gap: 2px;
    min-inline-size: 0;
    padding-block-start: 10px;
    border-block-start: 1px solid var(--_line);
  }
  .panel-figure:focus-visible {
    outline-offset: 6px;
    border-radius: 4px;
  }
  .panel-head {
    display: flex;
    flex-wrap: wrap;
    align-items: baseline;
    gap: 2px 16px;
  }
  .panel-head h3 {
    flex: 1 1 auto;
  }
  .key {
    display: inline-flex;
    align-items: center;
    gap: 7px;
    font-size: 0.8125rem;
    color: var(--_soft);
  }
  .swatch {
    inline-size: 16px;
    border-block-start: 2px solid currentcolor;
    color: var(--_line-1);
  }
  .swatch.second {
    border-block-start-style: dashed;
    color: var(--_line-2);
  }
  .readout {
    min-inline-size: 5ch;
    font-variant-numeric: tabular-nums;
    font-weight: 600;
    color: var(--_text);
  }
  .plot {
    min-block-size: 128px;
    /* Read by the charts, which cannot resolve light-dark() themselves. */
    color: var(--_soft);
    outline-color: color-mix(in oklab, var(--_line), transparent 30%);
    accent-color: var(--_cut);
    overflow: hidden;
    touch-action: pan-y;
  }
  @container (max-width: 520px) {
    .lane-box {
      margin-inline: -6px;
    }
    .outage {
      grid-template-columns: 28px 1fr;
    }
    .outage button {
      grid-column: 2;
      justify-self: start;
    }
  }
`;
