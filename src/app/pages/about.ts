import { html, type TemplateResult } from 'lit';
import type { Capability } from '../capabilities.ts';

/** What the app is, and what this browser can do for it. */
export function aboutPage(version: string, capabilities: readonly Capability[]): TemplateResult {
  const missing = capabilities.filter((capability) => capability.required && !capability.found);
  return html`<h1 tabindex="-1">About</h1>
    <p class="lead">
      Clara Voice is a voice session that survives the network. It tells you the truth about your connection,
      comes back by itself after an outage, and keeps notes of your calls in this browser, where you can read
      them offline.
    </p>
    <section class="panel">
      <h2>What this browser can do</h2>
      <p>
        ${
          missing.length === 0
            ? 'Everything that a call needs is here.'
            : `A call cannot be made here. Missing: ${missing.map((capability) => capability.name).join(', ')}.`
        }
      </p>
      <ul class="capabilities" role="list">
        ${capabilities.map(
          (capability) =>
            html`<li>
              <span class="badge ${capability.found ? 'good' : capability.required ? 'failed' : 'open'}"
                >${capability.found ? 'Yes' : 'No'}</span
              >
              <span
                ><strong>${capability.name}</strong>
                <span class="quiet">for ${capability.neededFor}</span></span
              >
            </li>`,
        )}
      </ul>
    </section>
    <p class="quiet">Version ${version} · Apache-2.0</p>`;
}
