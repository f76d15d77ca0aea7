import { css } from 'lit';

/** Buttons. Every target is 44 px or more, small ones 32. */
export const controls = css`
  .controls {
    display: flex;
    flex-wrap: wrap;
    justify-content: center;
    gap: 10px;
  }
  button {
    margin: 0;
    border: 1px solid transparent;
    font: inherit;
    color: inherit;
    background: none;
    cursor: pointer;
    -webkit-tap-highlight-color: transparent;
  }
  button:focus-visible,
  .lines:focus-visible,
  textarea:focus-visible {
    outline: 3px solid var(--_accent);
    outline-offset: 2px;
  }
  button[aria-disabled='true'] {
    cursor: default;
    opacity: 0.6;
  }
  .button {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 9px;
    min-block-size: 48px;
    padding: 10px 20px;
    border-radius: 999px;
    font-weight: 600;
    white-space: nowrap;
    background: var(--_raised);
    border-color: var(--_line);
    transition: background-color 150ms;
  }
  @container (max-width: 420px) {
    .controls {
      gap: 8px;
    }
    .talking .button {
      flex: 1;
    }
    .talking .button.primary {
      flex-basis: 100%;
    }
    .talking .controls {
      inline-size: 100%;
    }
  }
  .button:hover:not([aria-disabled='true']) {
    background: color-mix(in oklab, var(--_raised), var(--_text) 7%);
  }
  .button.primary {
    padding-inline: 26px;
    color: var(--_on-accent);
    background: var(--_accent);
    border-color: transparent;
  }
  .button.primary:hover:not([aria-disabled='true']) {
    background: color-mix(in oklab, var(--_accent), var(--_text) 14%);
  }
  .button[data-muted] {
    color: var(--_surface);
    background: var(--_text);
    border-color: transparent;
  }
  .button[data-muted]:hover {
    background: color-mix(in oklab, var(--_text), var(--_surface) 16%);
  }
  .button.stop {
    color: var(--_bad);
  }
  .small {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    min-block-size: 32px;
    padding: 4px 10px;
    border-radius: 10px;
    font-size: 0.8125rem;
    font-weight: 600;
    color: var(--_soft);
  }
  .small:hover {
    color: var(--_text);
    background: var(--_raised);
  }
  .round {
    flex: none;
    display: grid;
    place-items: center;
    inline-size: 44px;
    block-size: 44px;
    border-radius: 50%;
    color: var(--_on-accent);
    background: var(--_accent);
  }
  .round[aria-disabled='true'] {
    color: var(--_soft);
    background: var(--_line);
    opacity: 1;
  }
  .icon {
    flex: none;
    inline-size: 20px;
    block-size: 20px;
    fill: none;
    stroke: currentcolor;
    stroke-width: 1.9;
    stroke-linecap: round;
    stroke-linejoin: round;
  }
  .small .icon {
    inline-size: 16px;
    block-size: 16px;
  }
`;
