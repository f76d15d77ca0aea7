import { css } from 'lit';

/** The card: one column, two from 720 px when there is a conversation beside the stage, one row when compact. */
export const layout = css`
  .card {
    position: relative;
    display: grid;
    gap: clamp(20px, 5cqi, 40px);
    justify-items: center;
    padding: clamp(20px, 6cqi, 44px);
    border: 1px solid var(--_line);
    border-radius: var(--_radius);
    background: var(--_surface);
  }
  .stage {
    display: grid;
    gap: clamp(18px, 4cqi, 28px);
    justify-items: center;
    align-content: center;
    inline-size: 100%;
    min-inline-size: 0;
  }
  .conversation {
    display: grid;
    grid-template-rows: minmax(0, 1fr) auto;
    gap: 12px;
    inline-size: 100%;
    min-inline-size: 0;
  }

  @container (min-width: 720px) {
    .card.talking {
      grid-template-columns: minmax(0, 5fr) minmax(0, 6fr);
      align-items: stretch;
    }
  }

  /* The most that is ever shown: on a phone the message box shall stay in sight below it. */
  @container (max-width: 719px) {
    .card.talking[data-reconnecting] .stage {
      gap: 12px;
    }
    .card.talking[data-reconnecting] .orb {
      inline-size: 80px;
    }
  }

  :host([size='compact']) .card {
    grid-template-columns: auto minmax(0, 1fr) auto;
    align-items: center;
    gap: 8px 14px;
    padding: 12px 16px;
  }
  :host([size='compact']) .stage {
    display: contents;
  }
  :host([size='compact']) .words {
    text-align: start;
    justify-items: start;
    gap: 2px;
  }
  :host([size='compact']) .headline {
    text-align: match-parent;
    font-size: 0.9375rem;
    font-weight: 500;
  }
  :host([size='compact']) .meters,
  :host([size='compact']) .card:not([data-reconnecting]) .facts {
    display: none;
  }
  :host([size='compact']) .facts {
    justify-content: start;
  }
  :host([size='compact']) .controls {
    flex-wrap: nowrap;
  }
  @container (max-width: 479px) {
    :host([size='compact']) .card {
      grid-template-columns: auto minmax(0, 1fr);
    }
    :host([size='compact']) .controls {
      grid-column: 1 / -1;
      flex-wrap: wrap;
      inline-size: 100%;
    }
    :host([size='compact']) .button {
      flex: 1;
    }
    :host([size='compact']) .button.primary {
      flex-basis: 100%;
    }
  }
`;
