import { html, nothing, type TemplateResult } from 'lit';
import type { Link } from '../../core/session/types.ts';
import { reasonOf } from '../session-events.ts';
import type { MessageKey, Words } from '../messages/words.ts';
import { icon, type IconName } from './icons.ts';

/** What the buttons do. */
export interface ControlActions {
  readonly start: () => void;
  /** Takes the session over from the tab that has it. */
  readonly useHere: () => void;
  readonly stop: () => void;
  readonly toggleMute: () => void;
  readonly retryNow: () => void;
  readonly playAudio: () => void;
}

/** What the buttons show. */
export interface ControlState {
  readonly link: Link;
  readonly active: boolean;
  readonly loading: boolean;
  readonly muted: boolean;
  /** False in text-only mode: there is nothing to mute. */
  readonly withMicrophone: boolean;
  readonly audioBlocked: boolean;
}

/** Start, or everything that can be done in a session. Each button is there only when it does something. */
export function controlsTemplate(state: ControlState, actions: ControlActions, words: Words): TemplateResult {
  if (!state.active)
    return html`<div class="controls" part="controls">
      <button
        class="button primary"
        part="button start-button"
        data-control
        aria-disabled=${state.loading}
        @click=${actions.start}
      >
        ${icon('start')}<span>${words.text('action.start')}</span>
      </button>
      ${reasonOf(state.link) === 'duplicateIdentity' ? button('', 'use-here-button', 'down', 'action.useHere', actions.useHere, words) : nothing}
    </div>`;
  return html`<div class="controls" part="controls">
    ${state.audioBlocked ? button('primary', 'play-button', 'sound', 'action.playAudio', actions.playAudio, words) : nothing}
    ${
      state.link.phase === 'reconnecting'
        ? html`<button
            class="button primary"
            part="button retry-button"
            data-control
            aria-disabled=${!canHurry(state.link)}
            @click=${actions.retryNow}
          >
            ${icon('retry')}<span>${words.text('action.retry')}</span>
          </button>`
        : nothing
    }
    ${state.withMicrophone ? muteButton(state.muted, actions, words) : nothing}
    <button
      class="button stop"
      part="button stop-button"
      data-control
      @click=${(event: MouseEvent) => {
        // The second click of a double click on Start lands here.
        if (event.detail < 2) actions.stop();
      }}
    >
      ${icon('stop')}<span>${words.text('action.stop')}</span>
    </button>
  </div>`;
}

/** Whether "Retry now" does anything: a wait is cut short, the SDK's repair is pushed; a join under way cannot be hurried. */
function canHurry(link: Link & { phase: 'reconnecting' }): boolean {
  return link.by === 'sdk' || link.offline || link.nextTryMonoMs !== undefined;
}

function muteButton(muted: boolean, actions: ControlActions, words: Words): TemplateResult {
  return html`<button
    class="button mute"
    part="button mute-button"
    data-control
    ?data-muted=${muted}
    @click=${actions.toggleMute}
  >
    ${icon(muted ? 'micOff' : 'mic')}<span>${words.text(muted ? 'action.unmute' : 'action.mute')}</span>
  </button>`;
}

function button(
  look: string,
  part: string,
  name: IconName,
  key: MessageKey,
  onClick: () => void,
  words: Words,
): TemplateResult {
  return html`<button class="button ${look}" part="button ${part}" data-control @click=${onClick}>
    ${icon(name)}<span>${words.text(key)}</span>
  </button>`;
}
