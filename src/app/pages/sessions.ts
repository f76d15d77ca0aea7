import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { wordsOf, type MessageKey } from '../../ui/messages/words.ts';
import { en } from '../../ui/messages/en.ts';
import { lengthMs, outcomeOf, type Outcome, type PastSession, type PhaseSpan } from '../session-history.ts';

/** What is known of the list. */
export type SessionsState =
  | { readonly status: 'loading' }
  | { readonly status: 'ready'; readonly sessions: readonly PastSession[]; readonly isPersistent: boolean }
  | { readonly status: 'failed' };

const OUTCOMES: Readonly<Record<Outcome, string>> = {
  good: 'Ended well',
  failed: 'Failed',
  open: 'No end recorded',
  running: 'Running now',
};

const words = wordsOf('en');

/** What the page may do. */
export interface SessionsActions {
  readonly delete: (sessionId: string) => void;
}

/** The recorded sessions of this browser, newest first. Needs no network. `inCall`: the newest open one is going on. */
export function sessionsPage(
  state: SessionsState,
  inCall: boolean,
  actions: SessionsActions,
): TemplateResult {
  return html`<h1 tabindex="-1">Sessions</h1>
    <p class="lead">Every call is noted in this browser, and only here. Sound and text are not kept.</p>
    ${content(state, inCall, actions)}`;
}

function content(state: SessionsState, inCall: boolean, actions: SessionsActions): TemplateResult {
  switch (state.status) {
    case 'loading':
      return html`<p class="quiet" role="status">Reading the list…</p>`;
    case 'failed':
      return html`<div class="panel problem" role="alert">
        <p>
          <strong>The list cannot be read.</strong> This browser’s storage is shut, full or damaged. Calls
          still work.
        </p>
      </div>`;
    case 'ready':
      if (state.sessions.length === 0)
        return html`<div class="panel empty-page">
          <p><strong>No calls yet.</strong></p>
          <p>After your first call you find here when it was, how long it took and how the connection did.</p>
          <a class="action" href="/">Go and talk</a>
        </div>`;
      return html`${
          state.isPersistent
            ? nothing
            : html`<p class="notice">This window keeps nothing: the list goes away with it.</p>`
        }
        <ul class="sessions" role="list">
          ${repeat(
            state.sessions,
            ({ record }) => record.id,
            (session, index) => sessionItem(session, inCall && index === 0, actions),
          )}
        </ul>`;
  }
}

function sessionItem(
  { record, phases }: PastSession,
  isNewestInCall: boolean,
  actions: SessionsActions,
): TemplateResult {
  const outcome = outcomeOf(record, isNewestInCall);
  const length = lengthMs(record);
  const started = new Date(record.startedWallMs);
  return html`<li class="panel session">
    <div class="session-head">
      <h2><time datetime=${started.toISOString()}>${dateFormat.format(started)}</time></h2>
      <span class="badge ${outcome}">${OUTCOMES[outcome]}</span>
    </div>
    <p class="quiet">
      ${length === undefined ? (outcome === 'running' ? 'since then' : 'length not known') : words.duration(length)}${repairs(phases)}
    </p>
    ${reasonText(outcome, record.outcome?.reason)}
    ${
      phases.length === 0
        ? nothing
        : html`<details>
            <summary>Phases</summary>
            <ol class="phases">
              ${phases.map(phaseItem)}
            </ol>
          </details>`
    }
    ${outcome === 'running' ? nothing : deleteButton(record.id, started, actions)}
  </li>`;
}

function deleteButton(sessionId: string, started: Date, actions: SessionsActions): TemplateResult {
  return html`<button
    class="action quiet-action small-action"
    aria-label=${`Delete the session of ${dateFormat.format(started)}`}
    @click=${() => actions.delete(sessionId)}
  >
    Delete
  </button>`;
}

const dateFormat = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

function repairs(phases: readonly PhaseSpan[]): string {
  const count = phases.filter((span) => span.phase === 'reconnecting').length;
  if (count === 0) return ' · no outage';
  return ` · ${count} ${count === 1 ? 'outage' : 'outages'}`;
}

function reasonText(outcome: Outcome, reason: string | undefined): TemplateResult | typeof nothing {
  if (reason === undefined) return nothing;
  const key = outcome === 'failed' ? `problem.${reason}` : `ended.${reason}`;
  return key in en ? html`<p>${words.text(key as MessageKey)}</p>` : nothing;
}

function spanLength({ durationMs }: PhaseSpan): string {
  if (durationMs === undefined) return '';
  return durationMs < 1000 ? `under ${words.duration(1000)}` : words.duration(durationMs);
}

function phaseItem(span: PhaseSpan): TemplateResult {
  const key = `status.${span.phase}`;
  const name = key in en ? words.text(key as MessageKey).replace('...', '') : span.phase;
  return html`<li class="phase ${span.phase}">
    <span class="phase-name">${name}</span>
    <span class="quiet">${spanLength(span)}</span>
  </li>`;
}
