import { css } from 'lit';

/** Colours and sizes. Without `theme` the page's own colour scheme counts; all pairs reach AA in both. */
export const tokens = css`
  :host {
    --_accent: var(--clara-accent, light-dark(#0b6b66, #62d8cd));
    --_on-accent: var(--clara-on-accent, light-dark(#ffffff, #04211f));
    --_surface: var(--clara-surface, light-dark(#ffffff, #12181c));
    --_raised: var(--clara-raised, light-dark(#f1f5f5, #1d262b));
    --_text: var(--clara-text, light-dark(#10201f, #ecf3f2));
    --_soft: var(--clara-soft-text, light-dark(#4d605f, #a3b5b4));
    --_line: var(--clara-line, light-dark(#d9e3e2, #2c383d));
    --_warn: light-dark(#8a4b00, #f4bd62);
    --_bad: light-dark(#b3261e, #ffa199);
    --_radius: var(--clara-radius, 28px);
    --_font: var(--clara-font, system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif);

    display: block;
    container-type: inline-size;
    color: var(--_text);
    font: 400 1rem/1.5 var(--_font);
    -webkit-text-size-adjust: 100%;
  }
  :host([theme='light']) {
    color-scheme: light;
  }
  :host([theme='dark']) {
    color-scheme: dark;
  }
  :host([theme='auto']) {
    color-scheme: light dark;
  }
  :host([hidden]) {
    display: none;
  }
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  p,
  ol {
    margin: 0;
    padding: 0;
  }
  .unseen {
    position: absolute;
    inline-size: 1px;
    block-size: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
`;
