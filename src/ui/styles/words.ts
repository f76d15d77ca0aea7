import { css } from 'lit';

/** Status, headline, facts and notes. */
export const words = css`
  .words {
    display: grid;
    gap: 10px;
    justify-items: center;
    inline-size: 100%;
    min-inline-size: 0;
    text-align: center;
  }
  .status {
    display: inline-flex;
    align-items: center;
    gap: 8px;
    font-size: 0.875rem;
    font-weight: 600;
    color: var(--_soft);
  }
  .dot {
    inline-size: 9px;
    block-size: 9px;
    border-radius: 50%;
    background: currentcolor;
  }
  .card[data-tone='live'] .status,
  .card[data-tone='busy'] .status {
    color: var(--_accent);
  }
  .card[data-tone='warn'] .status {
    color: var(--_warn);
  }
  .card[data-tone='bad'] .status {
    color: var(--_bad);
  }
  .headline {
    max-inline-size: 34ch;
    font-size: clamp(1.1875rem, 4.6cqi, 1.5rem);
    font-weight: 600;
    line-height: 1.3;
    letter-spacing: -0.01em;
    text-wrap: balance;
  }
  .card[data-tone='bad'] .headline,
  .card[data-long] .headline {
    max-inline-size: 44ch;
    font-size: 1.0625rem;
    font-weight: 500;
    line-height: 1.45;
    letter-spacing: 0;
  }
  .facts {
    display: flex;
    flex-wrap: wrap;
    justify-content: center;
    gap: 4px 18px;
    font-size: 0.875rem;
    color: var(--_soft);
    font-variant-numeric: tabular-nums;
  }
  .note {
    max-inline-size: 44ch;
    padding: 6px 14px;
    border-radius: 14px;
    background: var(--_raised);
    font-size: 0.875rem;
    color: var(--_text);
    text-wrap: pretty;
  }
`;
