import { css } from 'lit';

/** Transcript and message box. */
export const conversation = css`
  .keeping {
    grid-column: 1 / -1;
    display: flex;
    flex-wrap: wrap;
    justify-content: center;
    gap: 6px 16px;
  }
  .kept {
    display: flex;
    align-items: center;
    gap: 8px;
  }
  .kept-note {
    font-size: 0.875rem;
  }
  .kept[data-on] .kept-note {
    font-weight: 600;
  }
  .kept[data-on] .kept-note::before,
  .kept:not([data-on]) button::before {
    content: '';
    display: inline-block;
    inline-size: 10px;
    block-size: 10px;
    margin-inline-end: 6px;
    border-radius: 50%;
    background: #d93025;
  }
  .kept:not([data-on]) button::before {
    background: none;
    box-shadow: 0 0 0 2px;
    scale: 0.7;
  }
  .transcript {
    display: grid;
    grid-template-rows: minmax(0, 1fr) auto;
    gap: 6px;
    min-block-size: 0;
  }
  .lines {
    min-block-size: 132px;
    max-block-size: var(--clara-transcript-height, 260px);
    padding: 16px;
    overflow-y: auto;
    overscroll-behavior: contain;
    border-radius: 20px;
    background: var(--_raised);
  }
  @container (min-width: 720px) {
    .lines {
      min-block-size: 260px;
      max-block-size: var(--clara-transcript-height, 420px);
    }
  }
  .empty {
    color: var(--_soft);
    text-align: center;
    padding-block: 34px;
  }
  ol {
    display: grid;
    gap: 14px;
    list-style: none;
  }
  .line {
    display: grid;
    gap: 2px;
    justify-items: start;
    max-inline-size: 88%;
  }
  .line.user {
    justify-items: end;
    margin-inline-start: auto;
  }
  .who {
    font-size: 0.75rem;
    font-weight: 600;
    color: var(--_soft);
  }
  .text {
    padding: 9px 14px;
    border-radius: 18px;
    border-end-start-radius: 6px;
    background: var(--_surface);
    overflow-wrap: anywhere;
    white-space: pre-wrap;
  }
  .line.user .text {
    border-end-start-radius: 18px;
    border-end-end-radius: 6px;
    color: var(--_on-accent);
    background: var(--_accent);
  }
  .line[data-partial] .text::after {
    content: ' …';
  }
  .delivery {
    font-size: 0.75rem;
    color: var(--_soft);
  }
  .delivery[data-delivery='failed'] {
    font-weight: 600;
    color: var(--_bad);
  }
  .transcript-actions {
    display: flex;
    flex-wrap: wrap;
    justify-content: end;
    gap: 4px;
    min-block-size: 32px;
  }
  .copy-note {
    font-size: 0.8125rem;
    color: var(--_soft);
    text-align: end;
  }
  .copy-note:empty {
    display: none;
  }
  .composer {
    display: flex;
    align-items: end;
    gap: 10px;
  }
  textarea {
    flex: 1;
    min-inline-size: 0;
    min-block-size: 46px;
    max-block-size: 140px;
    padding: 10px 16px;
    border: 1px solid var(--_soft);
    border-radius: 23px;
    font: inherit;
    color: inherit;
    background: transparent;
    resize: none;
    field-sizing: content;
  }
  textarea::placeholder {
    color: var(--_soft);
    opacity: 1;
  }
`;
