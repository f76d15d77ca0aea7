import { html, nothing, type TemplateResult } from 'lit';
import type { StatusView } from '../status-view.ts';

/** The visualiser: the core moves with the agent's voice, the ring with the user's. */
export function orbTemplate(): TemplateResult {
  return html`<div class="orb" part="orb" aria-hidden="true">
    <span class="halo"></span><span class="ring"></span><span class="arc"></span><span class="core"></span>
  </div>`;
}

/** The status in words. Only the status text and the announcements are live; what ticks is not. */
export function statusTemplate(view: StatusView, lineAnnouncement: string): TemplateResult {
  return html`<div class="words" part="words">
    <p class="status" part="status">
      <span class="dot" aria-hidden="true"></span><span role="status" dir="auto">${view.status}</span>
    </p>
    <p class="headline" part="headline" dir="auto">${view.headline}</p>
    ${
      view.facts.length === 0
        ? nothing
        : html`<p class="facts" part="facts">
            ${view.facts.map((fact) => html`<span dir="auto">${fact}</span> `)}
          </p>`
    }
    ${view.notes.map((note) => html`<p class="note" part="note" dir="auto">${note}</p>`)}
    <p class="unseen" aria-live="polite">${view.announcement}</p>
    <p class="unseen" aria-live="polite">${view.qualityAnnouncement}</p>
    <p class="unseen" aria-live="polite">${lineAnnouncement}</p>
  </div>`;
}
