import { html, type TemplateResult } from 'lit';
import type { Words } from '../messages/words.ts';

/** Two small level meters, named, so that it is seen whose voice moves what. */
export function metersTemplate(words: Words): TemplateResult {
  const meter = (who: 'user' | 'agent'): TemplateResult =>
    html`<span class="meter ${who}" part="meter ${who}-meter"
      ><span class="meter-name">${words.text(`level.${who}`)}</span
      ><span class="meter-track"><span class="meter-bar"></span></span
    ></span>`;
  return html`<div class="meters" part="meters" aria-hidden="true">${meter('user')}${meter('agent')}</div>`;
}
