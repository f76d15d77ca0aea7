import { html, nothing, type TemplateResult } from 'lit';
import type { StorageFacts } from '../../compose/recording-library.ts';
import type { RetentionLimits } from '../../core/review/retention.ts';
import type { ListedRecording } from '../../shared/recording.ts';
import { bytesText } from '../../ui/review/format.ts';
import type { Reviews } from '../review/reviews.ts';
import { importButton, noticeTemplate, dateText } from './sessions.ts';
import { keptChoice, waiting } from './session.ts';

const DAY_MS = 86_400_000;
const DAYS = [7, 30, 90, 365] as const;
const MEGABYTES = [50, 200, 500, 1000] as const;
/** Rows of the table. */
const LARGEST = 20;

/** What the recordings take, what goes next, and how to keep or delete them. */
export function storagePage(reviews: Reviews): TemplateResult {
  const { sessions, storage } = reviews.state;
  return html`<a class="back" href="/sessions">All sessions</a>
    <h1 tabindex="-1">Storage</h1>
    <p class="lead">What your recordings take in this browser, and for how long they are kept.</p>
    ${noticeTemplate(reviews.state)}
    ${
      storage.status !== 'ready'
        ? waiting(storage.status)
        : sessions.status !== 'ready'
          ? waiting(sessions.status)
          : ready(reviews, sessions.value, storage.value)
    }`;
}

function ready(reviews: Reviews, sessions: readonly ListedRecording[], facts: StorageFacts): TemplateResult {
  const total = sessions.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);
  const { limits } = facts;
  return html`<section class="panel">
      <h2>In use</h2>
      <p class="figure">${bytesText(total)} <span class="quiet">in ${sessions.length} sessions</span></p>
      <meter
        min="0"
        max=${limits.maxBytes}
        .value=${Math.min(total, limits.maxBytes)}
        aria-label="Used of what may be kept"
      ></meter>
      <p class="quiet">
        Kept are at most ${bytesText(limits.maxBytes)}. The browser counts ${bytesText(facts.usedBytes)} for
        this site with the app itself, and would give it ${bytesText(facts.quotaBytes)}; browsers round these
        figures.
      </p>
    </section>
    <section class="panel">
      <h2>Kept by the browser</h2>
      <p>${persistText(facts.isPersisted, reviews.state.isPersistent)}</p>
      ${
        facts.isPersisted === false && reviews.state.isPersistent
          ? html`<button class="action" @click=${() => reviews.persist()}>
              Ask the browser to keep them
            </button>`
          : nothing
      }
    </section>
    <fieldset class="panel choices in-row">
      <legend>Kept for</legend>
      ${DAYS.map((days) => limitChoice(reviews, 'days', `${days} days`, limits, { maxAgeMs: days * DAY_MS }))}
    </fieldset>
    <fieldset class="panel choices in-row">
      <legend>At most</legend>
      ${MEGABYTES.map((mega) =>
        limitChoice(reviews, 'bytes', bytesText(mega * 1_000_000).replace('.0 ', ' '), limits, {
          maxBytes: mega * 1_000_000,
        }),
      )}
      <p class="quiet">The oldest go first. Pinned sessions stay.</p>
    </fieldset>
    <section class="panel">
      <h2>What goes next</h2>
      ${goingTemplate(sessions, limits)}
    </section>
    <section class="panel">
      <h2>Largest sessions</h2>
      ${largestTemplate(reviews, sessions)}
    </section>
    <section class="panel">
      <h2>Backup</h2>
      <p>
        Every session, to be imported here or in another browser: one file, or several numbered ones where one
        would be too large to import (from about 130 MB on).
      </p>
      ${sessions.some(({ keptBytes }) => keptBytes !== undefined) ? keptChoice(reviews) : nothing}
      <div class="tools">
        <button
          class="action"
          ?disabled=${reviews.state.isBusy || sessions.length === 0}
          @click=${() => reviews.exportAll()}
        >
          Export all
        </button>
        ${importButton(reviews)}
      </div>
    </section>`;
}

function persistText(isPersisted: boolean | undefined, isDatabase: boolean): string {
  if (!isDatabase)
    return 'This window keeps nothing: private mode, or storage is off. The list goes away with it.';
  if (isPersisted === true) return 'Yes. The browser deletes nothing here by itself.';
  if (isPersisted === undefined) return 'This browser does not say.';
  return 'Not promised: when the disk is full, the browser may delete everything here.';
}

function limitChoice(
  reviews: Reviews,
  group: string,
  name: string,
  limits: RetentionLimits,
  change: Partial<RetentionLimits>,
): TemplateResult {
  const isChosen = Object.entries(change).every(
    ([key, value]) => limits[key as keyof RetentionLimits] === value,
  );
  return html`<label class="choice">
    <input
      type="radio"
      name=${group}
      .checked=${isChosen}
      @change=${() => reviews.setLimits({ ...limits, ...change })}
    /><span>${name}</span>
  </label>`;
}

function goingTemplate(sessions: readonly ListedRecording[], limits: RetentionLimits): TemplateResult {
  const next = sessions.findLast(({ pinned, endedWallMs }) => !pinned && endedWallMs !== undefined);
  if (next?.endedWallMs === undefined)
    return html`<p class="quiet">Nothing: every session is pinned, or there is none.</p>`;
  return html`<p>
    The session of <a href=${`/sessions/${next.id}`}>${dateText(next.startedWallMs)}</a>, at the latest on
    ${dateText(next.endedWallMs + limits.maxAgeMs)}.
  </p>`;
}

function largestTemplate(reviews: Reviews, sessions: readonly ListedRecording[]): TemplateResult {
  const largest = [...sessions]
    .filter(({ endedWallMs }) => endedWallMs !== undefined)
    .sort((a, b) => (b.bytes ?? 0) - (a.bytes ?? 0))
    .slice(0, LARGEST);
  if (largest.length === 0) return html`<p class="quiet">There is none.</p>`;
  return html`<ul class="rows" role="list">
    ${largest.map(
      ({ id, startedWallMs, bytes, keptBytes, pinned }) =>
        html`<li>
          <a href=${`/sessions/${id}`}>${dateText(startedWallMs)}</a>
          <span class="quiet">${bytesText(bytes)}${keptText(keptBytes)}${pinned ? ', pinned' : ''}</span>
          <button
            class="action quiet-action small-action"
            aria-label=${`Delete the session of ${dateText(startedWallMs)}`}
            @click=${() => {
              if (confirm('Delete this session for good?')) reviews.delete(id);
            }}
          >
            Delete
          </button>
        </li>`,
    )}
  </ul>`;
}

function keptText(kept: ListedRecording['keptBytes']): string {
  if (kept === undefined) return '';
  return `, of it ${bytesText(kept.text)} text and ${bytesText(kept.sound)} sound`;
}
