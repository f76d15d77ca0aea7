import { html, type TemplateResult } from 'lit';
import type { Alignment } from '../../core/review/compare.ts';
import type { Reviews } from '../review/reviews.ts';
import { waiting } from './session.ts';
import { dateText, noticeTemplate } from './sessions.ts';

const ALIGNMENTS: readonly (readonly [Alignment, string])[] = [
  ['join', 'From the join'],
  ['firstReconnect', 'From the first outage'],
];

/** Two sessions side by side. */
export function comparePage(reviews: Reviews): TemplateResult {
  const { comparison, alignment } = reviews.state;
  return html`<a class="back" href="/sessions">All sessions</a>
    <h1 tabindex="-1">Compare</h1>
    ${noticeTemplate(reviews.state)}
    ${
      comparison.status !== 'ready'
        ? waiting(comparison.status)
        : html`<fieldset class="switch">
              <legend class="unseen">Lay them together</legend>
              ${ALIGNMENTS.map(
                ([value, name]) =>
                  html`<label
                    ><input
                      type="radio"
                      name="alignment"
                      .checked=${alignment === value}
                      @change=${() => reviews.align(value)}
                    /><span>${name}</span></label
                  >`,
              )}
            </fieldset>
            <p class="lead">
              ${[comparison.value.first, comparison.value.second].map(
                ({ recording: { session } }, at) =>
                  html`${at === 0 ? '' : ' and '}<a href=${`/sessions/${session.id}`}
                      >${dateText(session.startedWallMs)}</a
                    >`,
              )}
            </p>
            <clara-review-compare
              .model=${comparison.value}
              .names=${[comparison.value.first, comparison.value.second].map(({ recording: { session } }) =>
                dateText(session.startedWallMs),
              )}
            ></clara-review-compare>`
    }`;
}
