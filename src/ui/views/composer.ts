import { html, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import { MAX_TEXT_LENGTH } from '../../shared/wire.ts';
import type { Words } from '../messages/words.ts';
import { icon } from './icons.ts';

/** What the message box tells. */
export interface ComposerActions {
  readonly onDraft: (text: string) => void;
  readonly send: () => void;
}

/** The message box. Enter sends, Shift+Enter makes a line. In an outage too: the session hands it over after it. */
export function composerTemplate(draft: string, actions: ComposerActions, words: Words): TemplateResult {
  const onKeyDown = (event: KeyboardEvent): void => {
    // While an input method composes, Enter belongs to it.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    actions.send();
  };
  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    actions.send();
  };
  const ready = draft.trim() !== '';
  return html`<form class="composer" part="composer" @submit=${onSubmit}>
    <textarea
      part="message-box"
      rows="1"
      dir="auto"
      maxlength=${MAX_TEXT_LENGTH}
      aria-label=${words.text('message.label')}
      placeholder=${words.text('message.placeholder')}
      .value=${live(draft)}
      @input=${(event: Event) => actions.onDraft((event.target as HTMLTextAreaElement).value)}
      @keydown=${onKeyDown}
    ></textarea>
    <button
      class="round"
      part="button send-button"
      type="submit"
      aria-disabled=${!ready}
      aria-label=${words.text('action.send')}
    >
      ${icon('send')}
    </button>
  </form>`;
}
