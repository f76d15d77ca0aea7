import { html, nothing, type TemplateResult } from 'lit';
import type { ExportFormat } from '../../compose/recording-library.ts';
import type { ReviewModel } from '../../core/review/review-model.ts';
import { KEPT_KINDS, withKept, type KeptPiece } from '../../shared/recording.ts';
import { bytesText } from '../../ui/review/format.ts';
import { RUNNING_TEXT, type Reviews } from '../review/reviews.ts';
import { dateText, noticeTemplate } from './sessions.ts';

/** Formats with what they are good for. */
const FORMATS: readonly (readonly [ExportFormat, string, string])[] = [
  ['archive', 'Clara archive', 'everything, to send to somebody or to keep'],
  ['csvSamples', 'CSV, samples', 'for a spreadsheet'],
  ['csvEvents', 'CSV, events', 'for a spreadsheet'],
  ['ndjson', 'NDJSON', 'for pandas, DuckDB, jq'],
  ['otlpMetrics', 'OTLP metrics', 'for an OpenTelemetry collector'],
  ['otlpTraces', 'OTLP traces', 'outages as spans'],
  ['openMetrics', 'OpenMetrics', 'for a backfill of Prometheus'],
  ['rtcstats', 'rtcstats dump', 'for rtcstats tools'],
  ['webrtcInternals', 'webrtc-internals dump', 'for tools that read Chrome’s dumps'],
];

/** One session, looked at. */
export function sessionPage(reviews: Reviews): TemplateResult {
  const { review } = reviews.state;
  return html`<a class="back" href="/sessions">All sessions</a> ${
      review.status === 'ready'
        ? ready(reviews, review.value)
        : html`<h1 tabindex="-1">Session</h1>
            ${noticeTemplate(reviews.state)} ${waiting(review.status)}`
    }`;
}

/** What a page says that has nothing to show. */
export function waiting(status: 'loading' | 'missing' | 'failed'): TemplateResult {
  switch (status) {
    case 'loading':
      return html`<p class="quiet" role="status">Opening…</p>`;
    case 'missing':
      return html`<div class="panel empty-page">
        <p><strong>There is no such session in this browser.</strong></p>
        <p>It was deleted, or it was recorded elsewhere.</p>
      </div>`;
    case 'failed':
      return html`<div class="panel problem" role="alert">
        <p><strong>It cannot be opened.</strong> This browser’s storage is shut, full or damaged.</p>
      </div>`;
  }
}

function ready(reviews: Reviews, model: ReviewModel): TemplateResult {
  const { session, brokenRecords, main } = model.recording;
  const { id, pinned } = session;
  const { kept, isRunning } = reviews.state;
  return html`<h1 tabindex="-1">${dateText(session.startedWallMs)}</h1>
    ${noticeTemplate(reviews.state)}
    <div class="tools">
      <details class="menu">
        <summary class="action">Export</summary>
        ${kept.length === 0 ? nothing : keptChoice(reviews)}
        <ul class="menu-list" role="list">
          ${FORMATS.map(
            ([format, name, use]) =>
              html`<li>
                <button
                  class="menu-item"
                  ?disabled=${reviews.state.isBusy}
                  @click=${(event: Event) => {
                    (event.currentTarget as HTMLElement).closest('details')?.removeAttribute('open');
                    reviews.export(id, format);
                  }}
                >
                  <strong>${name}</strong> <span class="quiet">${use}</span>
                </button>
              </li>`,
          )}
        </ul>
      </details>
      <button
        class="action quiet-action"
        aria-pressed=${pinned ? 'true' : 'false'}
        @click=${() => reviews.setPinned(id, !pinned)}
      >
        ${pinned ? 'Pinned' : 'Pin'}
      </button>
      <button
        class="action quiet-action"
        ?disabled=${isRunning}
        aria-describedby=${isRunning ? 'running' : nothing}
        @click=${() => {
          if (confirm('Delete this session for good?')) reviews.delete(id);
        }}
      >
        Delete
      </button>
    </div>
    ${isRunning ? html`<p class="quiet" id="running">${RUNNING_TEXT}</p>` : nothing}
    <clara-review .model=${model} .kept=${kept}></clara-review>
    ${kept.length === 0 ? nothing : keptTools(reviews, id, kept)}
    <details class="panel">
      <summary>About this recording</summary>
      <dl class="facts">
        ${fact('Id', id)} ${fact('Source', SOURCES[session.source])} ${fact('Samples', String(main.rows))}
        ${fact('Records that could not be read', String(brokenRecords))}
        ${session.roomHash === undefined ? '' : fact('Room (hash)', session.roomHash)}
        ${session.identityHash === undefined ? '' : fact('Identity (hash)', session.identityHash)}
      </dl>
    </details>`;
}

/** Whether an archive gets text and sound as well: never unless it is ticked. */
export function keptChoice(reviews: Reviews): TemplateResult {
  return html`<label class="choice">
    <input
      type="checkbox"
      .checked=${reviews.state.withKept}
      @change=${(event: Event) => reviews.chooseKept((event.target as HTMLInputElement).checked)}
    /><span>With text and sound (Clara archive only)</span>
  </label>`;
}

function keptTools(reviews: Reviews, id: string, kept: readonly KeptPiece[]): TemplateResult {
  const { isRunning } = reviews.state;
  const bytes = withKept(undefined, kept);
  return html`<section class="panel" aria-labelledby="kept">
    <h2 id="kept">Text and sound</h2>
    <p class="quiet">
      You had them kept. They are in this browser only, and in no file unless you tick them.
    </p>
    <div class="tools">
      ${KEPT_KINDS.map((kind) =>
        bytes[kind] === 0
          ? nothing
          : html`<button
              class="action quiet-action"
              ?disabled=${isRunning}
              aria-describedby=${isRunning ? 'running' : nothing}
              @click=${() => {
                if (confirm(`Delete the ${kind} of this session for good?`)) reviews.deleteKept(id, kind);
              }}
            >
              Delete ${kind} (${bytesText(bytes[kind])})
            </button>`,
      )}
    </div>
  </section>`;
}

const SOURCES = {
  recorded: 'recorded by Clara Voice',
  rtcstats: 'imported rtcstats dump',
  webrtcInternals: 'imported webrtc-internals dump',
} as const;

function fact(name: string, value: string): TemplateResult {
  return html`<div>
    <dt>${name}</dt>
    <dd>${value}</dd>
  </div>`;
}
