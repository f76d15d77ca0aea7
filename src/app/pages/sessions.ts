import { html, nothing, svg, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { ListedRecording } from '../../shared/recording.ts';
import { wordsOf, type MessageKey } from '../../ui/messages/words.ts';
import { en } from '../../ui/messages/en.ts';
import { bytesText, clockText, durationText, percentText } from '../../ui/review/format.ts';
import type { Reviews, ReviewsState } from '../review/reviews.ts';
import { lengthMs, outcomeOf, passing, sparkPath, type Outcome } from '../review/session-list.ts';

/** Outcomes in words. */
export const OUTCOME_NAMES: Readonly<Record<Outcome, string>> = {
  good: 'Ended well',
  outages: 'With outages',
  failed: 'Failed',
  interrupted: 'No end recorded',
  running: 'Running now',
};

const FILTERS: readonly (readonly [ReviewsState['filter']['outcome'], string])[] = [
  ['all', 'All'],
  ['good', OUTCOME_NAMES.good],
  ['outages', OUTCOME_NAMES.outages],
  ['failed', OUTCOME_NAMES.failed],
  ['interrupted', OUTCOME_NAMES.interrupted],
  ['pinned', 'Pinned'],
];

const SPARK = { width: 120, height: 26 } as const;
const words = wordsOf('en');
const dateFormat = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

/** When a session began, as lists write it. */
export function dateText(wallMs: number): string {
  return dateFormat.format(wallMs);
}

/** The recorded sessions of this browser, newest first. Needs no network. `inCall`: the newest open one is going on. */
export function sessionsPage(reviews: Reviews, inCall: boolean): TemplateResult {
  const { state } = reviews;
  return html`<h1 tabindex="-1">Sessions</h1>
    <p class="lead">
      Every call is noted in this browser, and only here. Sound and text only when you switched that on for a
      call.
    </p>
    ${noticeTemplate(state)} ${content(reviews, state, inCall)}`;
}

/** What came of the last deed. */
export function noticeTemplate({ told }: ReviewsState): TemplateResult | typeof nothing {
  if (told === undefined) return nothing;
  return html`<p
    class="notice ${told.isProblem ? 'bad-notice' : ''}"
    role=${told.isProblem ? 'alert' : 'status'}
  >
    ${told.text}
  </p>`;
}

/** A button that takes files in. */
export function importButton(reviews: Reviews): TemplateResult {
  const onChange = (event: Event): void => {
    const input = event.target as HTMLInputElement;
    reviews.import([...(input.files ?? [])]);
    input.value = ''; // the same file may be chosen again
  };
  return html`<label class="action quiet-action file-button"
    >Import a file<input
      type="file"
      multiple
      accept=".clararec,.gz,.json,.txt,.rtcstats"
      class="unseen"
      @change=${onChange}
  /></label>`;
}

function content(reviews: Reviews, state: ReviewsState, inCall: boolean): TemplateResult {
  switch (state.sessions.status) {
    case 'loading':
      return html`<p class="quiet" role="status">Reading the list…</p>`;
    case 'ready':
      return state.sessions.value.length === 0
        ? emptyTemplate(reviews)
        : listTemplate(reviews, state, state.sessions.value, inCall);
    default:
      return html`<div class="panel problem" role="alert">
        <p>
          <strong>The list cannot be read.</strong> This browser’s storage is shut, full or damaged. Calls
          still work.
        </p>
      </div>`;
  }
}

function emptyTemplate(reviews: Reviews): TemplateResult {
  return html`<div class="panel empty-page">
    <p><strong>No calls yet.</strong></p>
    <p>After your first call you find here when it was, how long it took and how the connection did.</p>
    <a class="action" href="/">Go and talk</a>
    <p class="quiet">Or look at a recording or dump that somebody sent you:</p>
    ${importButton(reviews)}
  </div>`;
}

function listTemplate(
  reviews: Reviews,
  state: ReviewsState,
  all: readonly ListedRecording[],
  inCall: boolean,
): TemplateResult {
  const found = passing(all, state.filter, dateText);
  const newest = all[0]?.id;
  return html`${
      state.isPersistent
        ? nothing
        : html`<p class="notice">This window keeps nothing: the list goes away with it.</p>`
    }
    <div class="tools" role="search">
      <input
        type="search"
        class="field"
        placeholder="Search"
        aria-label="Search sessions"
        .value=${state.filter.search}
        @input=${(event: Event) => reviews.filter({ search: (event.target as HTMLInputElement).value })}
      />
      <select
        class="field"
        aria-label="Which sessions"
        @change=${(event: Event) =>
          reviews.filter({
            outcome: (event.target as HTMLSelectElement).value as ReviewsState['filter']['outcome'],
          })}
      >
        ${FILTERS.map(
          ([value, name]) =>
            html`<option value=${value} ?selected=${state.filter.outcome === value}>${name}</option>`,
        )}
      </select>
      ${importButton(reviews)}
      <a class="action quiet-action" href="/storage">Storage</a>
    </div>
    ${
      state.chosen.length === 0
        ? nothing
        : html`<div class="notice" role="status">
            <span
              >${state.chosen.length === 1 ? 'Choose one more session to compare.' : 'Two sessions chosen.'}</span
            >
            <button
              class="action"
              ?disabled=${state.chosen.length < 2}
              @click=${() => reviews.compareChosen()}
            >
              Compare
            </button>
          </div>`
    }
    ${found.length === 0 ? html`<p class="quiet" role="status">No session is like that.</p>` : nothing}
    <ul class="sessions" role="list">
      ${repeat(
        found.slice(0, state.shown),
        ({ id }) => id,
        (session) =>
          sessionItem(reviews, session, inCall && session.id === newest, state.chosen.includes(session.id)),
      )}
    </ul>
    ${
      found.length > state.shown
        ? html`<button class="action quiet-action more" @click=${() => reviews.showMore()}>
            Show more of ${found.length}
          </button>`
        : nothing
    }`;
}

function sessionItem(
  reviews: Reviews,
  session: ListedRecording,
  isRunning: boolean,
  isChosen: boolean,
): TemplateResult {
  const { id, startedWallMs, pinned, digest } = session;
  const outcome = outcomeOf(session, isRunning);
  const date = dateText(startedWallMs);
  return html`<li class="panel session">
    <div class="session-head">
      <h2>
        <a href=${`/sessions/${id}`}
          ><time datetime=${new Date(startedWallMs).toISOString()}>${date}</time></a
        >
      </h2>
      ${pinned ? html`<span class="badge open">Pinned</span>` : nothing}
      <span class="badge ${outcome}">${OUTCOME_NAMES[outcome]}</span>
    </div>
    <p class="quiet">${lineOf(session, isRunning)}</p>
    ${reasonText(session)}
    <div class="session-foot">
      ${digest === undefined || digest.spark.length === 0 ? html`<span class="spark"></span>` : sparkline(digest.spark)}
      ${
        outcome === 'running'
          ? nothing
          : html`<label class="compare"
              ><input
                type="checkbox"
                .checked=${isChosen}
                aria-label=${`Compare the session of ${date}`}
                @change=${(event: Event) => reviews.choose(id, (event.target as HTMLInputElement).checked)}
              /><span>Compare</span></label
            >`
      }
    </div>
  </li>`;
}

function lineOf(session: ListedRecording, isRunning: boolean): string {
  const { digest, source } = session;
  const length = lengthMs(session);
  const parts = [
    length === undefined ? (isRunning ? 'since then' : 'length not known') : durationText(length),
    ...(digest === undefined ? [] : [outagesText(digest)]),
    ...(digest?.mos === undefined ? [] : [`MOS ${digest.mos.toFixed(1)}`]),
    ...worstText(digest),
    ...(source === 'recorded'
      ? []
      : [source === 'rtcstats' ? 'imported rtcstats dump' : 'imported Chrome dump']),
    ...(session.bytes === undefined ? [] : [bytesText(session.bytes)]),
  ];
  return parts.join(' · ');
}

function outagesText({ outages, outageMs }: NonNullable<ListedRecording['digest']>): string {
  if (outages === 0) return 'no outage';
  return `${outages} ${outages === 1 ? 'outage' : 'outages'}, ${durationText(outageMs)}`;
}

/** Only one that was worth telling. */
function worstText(digest: ListedRecording['digest']): string[] {
  const worst = digest?.worstMinute;
  if (worst === undefined || (worst.concealedRatio ?? 0) < 0.02) return [];
  return [`worst minute at ${clockText(worst.startMs)}, ${percentText(worst.concealedRatio)} made up`];
}

function sparkline(points: readonly (number | null)[]): TemplateResult {
  const { width, height } = SPARK;
  const known = points.filter((point) => point !== null);
  const worst = known.length === 0 ? undefined : Math.min(...known);
  return html`<svg
    class="spark"
    viewBox="0 0 ${width} ${height}"
    preserveAspectRatio="none"
    role="img"
    aria-label=${worst === undefined ? 'Quality was not measured' : `Quality over the call, lowest ${Math.round(worst * 100)} of 100`}
  >
    ${svg`<path d=${sparkPath(points, width, height)} />`}
  </svg>`;
}

function reasonText({ outcome }: ListedRecording): TemplateResult | typeof nothing {
  if (outcome === undefined || outcome.reason === 'stopped') return nothing;
  const key = outcome.phase === 'failed' ? `problem.${outcome.reason}` : `ended.${outcome.reason}`;
  return key in en ? html`<p>${words.text(key as MessageKey)}</p>` : nothing;
}
