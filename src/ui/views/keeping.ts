import { html, nothing, type TemplateResult } from 'lit';
import type { KeepState, KeepStates } from '../../core/session/types.ts';
import { KEPT_KINDS, type KeptKind } from '../../shared/recording.ts';
import type { Words } from '../messages/words.ts';

/** What is kept of the session, said and shown, with a switch for each kind. Loaded with the conversation. */
export function keepingTemplate(
  states: KeepStates,
  set: (kind: KeptKind, on: boolean) => void,
  words: Words,
): TemplateResult {
  return html`<div class="keeping" part="keeping">
    ${KEPT_KINDS.map((kind) => {
      const state = states[kind];
      return html`<div class="kept" ?data-on=${state === 'on'}>
        <p class="kept-note" part="keep-note" aria-live="polite">${noteOf(kind, state, words)}</p>
        <button class="small" part="keep-button" @click=${() => set(kind, state !== 'on')}>
          ${words.text(state === 'on' ? `action.stopKeeping.${kind}` : `action.keep.${kind}`)}
        </button>
      </div>`;
    })}
  </div>`;
}

function noteOf(kind: KeptKind, state: KeepState, words: Words): string | typeof nothing {
  if (state === 'off') return nothing;
  return words.text(state === 'on' ? `keeping.${kind}` : `keeping.${state}`);
}
