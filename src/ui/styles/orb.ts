import { css } from 'lit';

/** The visualiser and the meters. All movement is transform and opacity, driven by two inherited numbers. */
export const orb = css`
  .stage {
    --_user-level: 0;
    --_agent-level: 0;
  }
  .orb {
    --_hue: var(--_accent);
    --_glow: var(--_hue);
    --_deep: color-mix(in oklab, var(--_hue), black 24%);
    position: relative;
    display: grid;
    place-items: center;
    inline-size: clamp(132px, 44cqi, 200px);
    aspect-ratio: 1;
  }
  .talking .orb {
    inline-size: clamp(104px, 32cqi, 200px);
  }
  :host([size='compact']) .orb {
    inline-size: 44px;
  }
  @supports (color: oklch(from red l c h)) {
    .orb {
      --_glow: oklch(from var(--_hue) clamp(0.62, l, 0.76) calc(c * 1.35) h);
      --_deep: oklch(from var(--_hue) clamp(0.42, l - 0.1, 0.56) calc(c * 1.2) h);
    }
  }
  .orb > span {
    grid-area: 1 / 1;
    border-radius: 50%;
  }
  .halo {
    inline-size: 92%;
    aspect-ratio: 1;
    background: radial-gradient(circle, color-mix(in oklab, var(--_hue) 46%, transparent), transparent 68%);
    opacity: calc(0.35 + var(--_agent-level) * 0.65);
    transform: scale(calc(0.96 + var(--_agent-level) * 0.5));
    transition:
      transform 120ms ease-out,
      opacity 120ms ease-out;
  }
  .ring {
    inline-size: 70%;
    aspect-ratio: 1;
    border: 2px solid var(--_text);
    opacity: calc(0.14 + var(--_user-level) * 0.7);
    transform: scale(calc(1 + var(--_user-level) * 0.36));
    transition:
      transform 90ms ease-out,
      opacity 90ms ease-out;
  }
  .core {
    inline-size: 56%;
    aspect-ratio: 1;
    background:
      radial-gradient(circle at 32% 22%, rgb(255 255 255 / 0.55), transparent 52%),
      linear-gradient(160deg, color-mix(in oklab, var(--_glow), white 28%), var(--_glow) 48%, var(--_deep));
    box-shadow: 0 18px 44px -14px color-mix(in oklab, var(--_glow) 70%, transparent);
    transform: scale(calc(1 + var(--_agent-level) * 0.26));
    transition:
      transform 90ms ease-out,
      background-color 400ms;
  }
  .arc {
    inline-size: 70%;
    aspect-ratio: 1;
    border: 3px solid transparent;
    border-block-start-color: var(--_hue);
    border-inline-end-color: color-mix(in oklab, var(--_hue) 40%, transparent);
    opacity: 0;
  }

  .card[data-tone='calm'] .core {
    animation: breathe 5.5s ease-in-out infinite;
  }
  .card[data-tone='busy'] .arc,
  .card[data-reconnecting] .arc {
    opacity: 1;
    animation: turn 1.3s linear infinite;
  }
  .card[data-tone='warn'] .orb {
    --_hue: light-dark(#c07a14, #f4bd62);
  }
  .card[data-tone='bad'] .orb {
    --_hue: light-dark(#8d9a9a, #5d6b6d);
  }
  .card[data-agent='thinking'] .core {
    animation: breathe 1.6s ease-in-out infinite;
  }

  .meters {
    display: flex;
    gap: 20px;
    font-size: 0.8125rem;
    color: var(--_soft);
  }
  .meter {
    display: inline-flex;
    align-items: center;
    gap: 8px;
  }
  .meter-track {
    inline-size: 64px;
    block-size: 6px;
    border-radius: 3px;
    background: var(--_line);
    overflow: hidden;
  }
  .meter-bar {
    display: block;
    block-size: 100%;
    border-radius: inherit;
    transform-origin: left;
    transition: transform 90ms ease-out;
  }
  .meter-bar:dir(rtl) {
    transform-origin: right;
  }
  .user .meter-bar {
    background: var(--_soft);
    transform: scaleX(var(--_user-level));
  }
  .agent .meter-bar {
    background: var(--_accent);
    transform: scaleX(var(--_agent-level));
  }

  @keyframes breathe {
    50% {
      transform: scale(1.05);
    }
  }
  @keyframes turn {
    to {
      transform: rotate(1turn);
    }
  }
  @media (prefers-reduced-motion: reduce) {
    .core,
    .halo,
    .ring {
      transform: none;
      transition: none;
    }
    .card .core,
    .card .arc {
      animation: none !important;
    }
  }
`;
