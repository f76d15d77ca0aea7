import { svg, type SVGTemplateResult, html, type TemplateResult } from 'lit';

/** One path on a 24 by 24 grid, drawn as strokes. */
const PATHS = {
  start: svg`<rect x="9" y="3" width="6" height="11" rx="3"/><path d="M5.5 11a6.5 6.5 0 0 0 13 0M12 17.5V21"/>`,
  mic: svg`<rect x="9" y="3" width="6" height="11" rx="3"/><path d="M5.5 11a6.5 6.5 0 0 0 13 0M12 17.5V21"/>`,
  micOff: svg`<path d="M9 9.5V11a3 3 0 0 0 4.6 2.5M15 10V6a3 3 0 0 0-5.7-1.3M5.5 11a6.5 6.5 0 0 0 10 5.5M18.5 11c0 1-.2 1.9-.6 2.7M12 17.5V21M4 4l16 16"/>`,
  stop: svg`<path d="M6 6l12 12M18 6L6 18"/>`,
  retry: svg`<path d="M19.5 12a7.5 7.5 0 1 1-2.3-5.4M19.5 4v4h-4"/>`,
  sound: svg`<path d="M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM15.5 9a4 4 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11"/>`,
  send: svg`<path d="M12 19V5M6 11l6-6 6 6"/>`,
  copy: svg`<rect x="8.5" y="8.5" width="11" height="11" rx="2.5"/><path d="M15.5 8.5V7A2.5 2.5 0 0 0 13 4.5H7A2.5 2.5 0 0 0 4.5 7v6A2.5 2.5 0 0 0 7 15.5h1.5"/>`,
  down: svg`<path d="M6 10l6 6 6-6"/>`,
} satisfies Record<string, SVGTemplateResult>;

/** The name of a drawing. */
export type IconName = keyof typeof PATHS;

/** A drawing that says nothing to a screen reader; the control around it has the words. */
export function icon(name: IconName): TemplateResult {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    ${PATHS[name]}
  </svg>`;
}
