import { html, type TemplateResult } from 'lit';

/** Shown for an address that is no page. */
export function notFoundPage(): TemplateResult {
  return html`<h1 tabindex="-1">Nothing here</h1>
    <p class="lead">There is no page at this address.</p>
    <a class="action" href="/">Go and talk</a>`;
}
