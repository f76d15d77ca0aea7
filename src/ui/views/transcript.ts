import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { TranscriptEntry } from '../../core/session/types.ts';
import type { Words } from '../messages/words.ts';
import { icon } from './icons.ts';

/** What can be done with the transcript. */
export interface TranscriptActions {
  readonly onScroll: () => void;
  readonly toEnd: () => void;
  readonly copy: () => void;
  readonly resend: (text: string) => void;
}

/** The conversation as a list that scrolls. Not live: finished lines are announced elsewhere, half ones never. */
export function transcriptTemplate(
  entries: readonly TranscriptEntry[],
  pinned: boolean,
  actions: TranscriptActions,
  words: Words,
): TemplateResult {
  return html`<section class="transcript" part="transcript">
    <div
      class="lines"
      part="transcript-lines"
      role="region"
      tabindex="0"
      aria-label=${words.text('transcript.label')}
      @scroll=${actions.onScroll}
    >
      ${
        entries.length === 0
          ? html`<p class="empty">${words.text('transcript.empty')}</p>`
          : html`<ol>
              ${repeat(
                entries,
                (entry) => entry.id,
                (entry) => line(entry, actions, words),
              )}
            </ol>`
      }
    </div>
    <div class="transcript-actions">
      ${
        pinned
          ? nothing
          : html`<button class="small" part="latest-button" @click=${actions.toEnd}>
              ${icon('down')}<span>${words.text('action.latest')}</span>
            </button>`
      }
      ${
        entries.length === 0
          ? nothing
          : html`<button class="small" part="copy-button" @click=${actions.copy}>
              ${icon('copy')}<span>${words.text('action.copy')}</span>
            </button>`
      }
    </div>
  </section>`;
}

function line(entry: TranscriptEntry, actions: TranscriptActions, words: Words): TemplateResult {
  const resend = entry.delivery === 'failed' ? () => actions.resend(entry.text) : undefined;
  return html`<li class="line ${entry.from}" part="line ${entry.from}-line" ?data-partial=${!entry.final}>
    <span class="who">${words.text(`transcript.${entry.from}`)}</span>
    <span class="text" dir="auto">${entry.text}</span>
    ${
      entry.delivery === undefined
        ? nothing
        : html`<span class="delivery" data-delivery=${entry.delivery}
            >${words.text(`transcript.${entry.delivery}`)}</span
          >`
    }
    ${
      resend === undefined
        ? nothing
        : html`<button class="small" part="resend-button" @click=${resend}>
            ${icon('retry')}<span>${words.text('action.resend')}</span>
          </button>`
    }
  </li>`;
}
