/**
 * Transcript and message box, with their styles. Loaded with the session and not with the launcher: nothing of the
 * first load may import this file statically.
 */
import { html, nothing, type TemplateResult } from 'lit';
import type { TranscriptEntry } from '../../core/session/types.ts';
import type { Words } from '../messages/words.ts';
import { conversation } from '../styles/conversation.ts';
import { composerTemplate, type ComposerActions } from './composer.ts';
import { transcriptTemplate, type TranscriptActions } from './transcript.ts';

export { keepingTemplate } from './keeping.ts';

/** What is shown of the conversation. */
export interface ConversationState {
  readonly entries: readonly TranscriptEntry[];
  /** Whether the end of the transcript is followed. */
  readonly pinned: boolean;
  /** A message can be written. */
  readonly active: boolean;
  readonly draft: string;
  /** What became of copying, in words; empty for nothing. */
  readonly copyNote: string;
}

/** The style sheet that {@link conversationTemplate} needs in its shadow root. */
export const conversationStyles = conversation;

/** The conversation beside the stage. */
export function conversationTemplate(
  state: ConversationState,
  actions: TranscriptActions & ComposerActions,
  words: Words,
): TemplateResult {
  return html`<div class="conversation" part="conversation">
    ${transcriptTemplate(state.entries, state.pinned, actions, words)}
    <p class="copy-note" aria-live="polite">${state.copyNote}</p>
    ${state.active ? composerTemplate(state.draft, actions, words) : nothing}
  </div>`;
}
