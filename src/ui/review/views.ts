/** The parts of a review as templates. Decides nothing: what is shown comes with the model. */
import { html, nothing, type TemplateResult } from 'lit';
import type { ReviewedOutage } from '../../core/review/open-recording.ts';
import type { Panel } from '../../core/review/panels.ts';
import type { ReviewModel } from '../../core/review/review-model.ts';
import { wholeMs, type VisibleStretch } from './charts.ts';
import { clockText, durationText, percentText, valueText } from './format.ts';
import { CAUSE_NAMES, OUTAGE_ENDS, PANEL_NAMES, PHASE_NAMES, SERIES_NAMES, SIDE_NAMES } from './words-en.ts';

/** Rows of a chart's table. */
const TABLE_ROWS = 20;
/** As many outages as are listed at once. */
const LISTED_OUTAGES = 50;

/** Summary in words, and the call in a few figures. */
export function summaryTemplate({ story, recording }: ReviewModel): TemplateResult {
  const { outages, summary, durationMs, heardLatenciesMs } = recording;
  const lead = story.filter(({ isLead }) => isLead);
  const rest = story.filter(({ outage, isLead }) => outage === undefined && !isLead);
  const lostMs = outages.flatMap(({ audio }) => audio?.downMs ?? []).reduce((sum, ms) => sum + ms, 0);
  const isMeasured = outages.some(({ audio }) => audio !== undefined);
  const median = [...heardLatenciesMs].sort((a, b) => a - b)[Math.floor(heardLatenciesMs.length / 2)];
  return html`<section part="summary" aria-labelledby="summary">
    <h2 id="summary">In short</h2>
    <p class="lead">${lead.map(({ text }) => html`${text} `)}</p>
    <p class="story">${rest.map(({ text }) => html`${text} `)}</p>
    <dl class="tiles">
      ${tile('Length', durationText(durationMs))}
      ${tile(outages.length === 1 ? 'Outage' : 'Outages', String(outages.length), outages.length > 0)}
      ${tile('Sound lost', outages.length > 0 && !isMeasured ? '–' : durationText(lostMs), lostMs > 0)}
      ${tile('MOS, estimated', summary?.mos?.toFixed(1) ?? '–', (summary?.mos ?? 4.5) < 3.1)}
      ${tile('Round trip', valueText(summary?.facts.rttMs, 'ms'))}
      ${tile('Time to the answer', median === undefined ? '–' : durationText(median))}
    </dl>
  </section>`;
}

function tile(name: string, value: string, isBad = false): TemplateResult {
  return html`<div class="tile ${isBad ? 'bad' : ''}">
    <dt>${name}</dt>
    <dd>${value}</dd>
  </div>`;
}

/** Every outage with what it did and why. */
export function outagesTemplate(
  { recording }: ReviewModel,
  shown: number | undefined,
  show: (index: number) => void,
): TemplateResult | typeof nothing {
  const { outages } = recording;
  if (outages.length === 0) return nothing;
  return html`<section part="outages" aria-labelledby="outages">
    <h2 id="outages">Outages</h2>
    <ol>
      ${outages.slice(0, LISTED_OUTAGES).map((outage, index) => outageItem(outage, index, shown, show))}
    </ol>
    ${outages.length > LISTED_OUTAGES ? html`<p class="quiet">and ${outages.length - LISTED_OUTAGES} more</p>` : nothing}
  </section>`;
}

function outageItem(
  { startMs, endMs, noticedMs, side, end, attempts, isRejoin, sameRoom, cause, audio }: ReviewedOutage,
  index: number,
  shown: number | undefined,
  show: (index: number) => void,
): TemplateResult {
  const facts = [
    `${SIDE_NAMES[side]}, ${OUTAGE_ENDS[end]}${isRejoin && end === 'recovered' ? ' by joining again' : ''}`,
    ...(noticedMs - startMs >= 100 ? [`told after ${durationText(noticedMs - startMs)}`] : []),
    ...(attempts > 0 ? [`${attempts} ${attempts === 1 ? 'try' : 'tries'}`] : []),
    ...(audio === undefined
      ? ['sound not measured']
      : [
          `${durationText(audio.downMs)} of sound lost to you`,
          // A browser that does not notice sends on, and then nobody knows here what arrived.
          ...(audio.upMs > 0 ? [`${durationText(audio.upMs)} not sent`] : []),
        ]),
    ...(sameRoom ? [] : ['in a new room']),
  ];
  return html`<li class="outage ${shown === index ? 'shown' : ''}">
    <span class="number" aria-hidden="true">${index + 1}</span>
    <span>
      <strong>${durationText(endMs - startMs)}</strong> at ${clockText(startMs)} ·
      ${CAUSE_NAMES[cause.cause]}${cause.isTold ? '' : html` <span class="quiet">(likely)</span>`} <br /><span
        class="quiet"
        >${facts.join(' · ')}</span
      >
    </span>
    <button @click=${() => show(index)} aria-label=${`Show outage ${index + 1} in the charts`}>Show</button>
  </li>`;
}

/** The state lane with a button for each outage. */
export function laneTemplate(
  { stays, recording }: ReviewModel,
  { fromMs, toMs }: VisibleStretch,
  show: (index: number) => void,
): TemplateResult {
  const place = (atMs: number): number => ((atMs - fromMs) / (toMs - fromMs)) * 100;
  const told = stays
    .map(
      ({ phase, fromMs: at, toMs: until }) =>
        `${PHASE_NAMES[phase] ?? phase} ${clockText(at)} to ${clockText(until)}`,
    )
    .join(', ');
  return html`<div class="lane-box" part="lane">
    <span class="cursor-clock" aria-hidden="true"></span>
    <div class="marks" role="group" aria-label="Outages">
      ${recording.outages.map(({ startMs, endMs }, index) =>
        endMs < fromMs || startMs > toMs
          ? nothing
          : html`<button
              class="mark"
              .style=${`inset-inline-start: ${Math.min(99, Math.max(1, place(startMs)))}%`}
              aria-label=${`Outage ${index + 1}, at ${clockText(startMs)} for ${durationText(endMs - startMs)}`}
              @click=${() => show(index)}
            >
              ${index + 1}
            </button>`,
      )}
    </div>
    <div class="lane" role="img" aria-label=${`States: ${told}`}>
      ${stays.map(({ phase, fromMs: at, toMs: until }) => {
        const left = Math.max(0, place(at));
        const width = Math.min(100, place(until)) - left;
        if (width <= 0) return nothing;
        return html`<div
          class="stay ${phase}"
          .style=${`inset-inline-start: ${left}%; inline-size: max(2px, ${width}%)`}
          title=${`${PHASE_NAMES[phase] ?? phase}, ${durationText(until - at)}`}
        >
          <span>${PHASE_NAMES[phase] ?? phase}</span>
        </div>`;
      })}
    </div>
  </div>`;
}

/** One chart: heading, legend with the values under the cursor, the place for the canvas, its table. */
export function panelTemplate(
  panel: Panel,
  onKey: (event: KeyboardEvent, panel: Panel) => void,
): TemplateResult {
  return html`<div
    class="panel-figure"
    part="panel"
    role="group"
    aria-roledescription="chart"
    aria-labelledby=${`panel-${panel.key}`}
    aria-describedby="chart-help"
    tabindex="0"
    @keydown=${(event: KeyboardEvent) => onKey(event, panel)}
  >
    <div class="panel-head">
      <h3 id=${`panel-${panel.key}`}>${PANEL_NAMES[panel.key]} <span class="quiet">${panel.unit}</span></h3>
      ${panel.series.map(
        ({ key }, at) =>
          html`<span class="key"
            ><span class="swatch ${at === 0 ? '' : 'second'}"></span>${SERIES_NAMES[key]}
            <span class="readout" data-panel=${panel.key} data-series=${at}></span
          ></span>`,
      )}
    </div>
    <div class="plot" data-panel=${panel.key} aria-hidden="true"></div>
  </div>`;
}

/** The charts' values as tables, for those who cannot see a chart and for those who want figures. */
export function tablesTemplate(model: ReviewModel): TemplateResult {
  return html`${model.charts.panels.flatMap((panel) =>
    panel.series.map(
      ({ key, values }) =>
        html`<table>
          <caption>
            ${PANEL_NAMES[panel.key]}: ${SERIES_NAMES[key]}
          </caption>
          <thead>
            <tr>
              <th scope="col">From</th>
              <th scope="col">To</th>
              <th scope="col">Mean</th>
              <th scope="col">Lowest</th>
              <th scope="col">Highest</th>
            </tr>
          </thead>
          <tbody>
            ${model.tableOf(values, Math.min(TABLE_ROWS, Math.max(1, Math.floor(wholeMs(model) / 1000)))).map(
              ({ fromMs, toMs, mean, min, max }) =>
                html`<tr>
                  <th scope="row">${clockText(fromMs)}</th>
                  <td>${clockText(toMs)}</td>
                  <td>${valueText(mean, panel.unit)}</td>
                  <td>${valueText(min, panel.unit)}</td>
                  <td>${valueText(max, panel.unit)}</td>
                </tr>`,
            )}
          </tbody>
        </table>`,
    ),
  )}`;
}

/** The estimate with its parts, and what it stands on. */
export function qualityTemplate({ quality, recording }: ReviewModel): TemplateResult {
  if (quality === undefined)
    return html`<section part="quality" aria-labelledby="quality">
      <h2 id="quality">Quality</h2>
      <p class="quiet">
        No score: round trip, jitter buffer and loss have to be measured for one, and not all of them were.
      </p>
    </section>`;
  const { rating, mos, delayImpairment, equipmentImpairment, input, profile } = quality;
  const worst = recording.summary?.worstMinute;
  const rows: readonly (readonly [string, string])[] = [
    ['Rating R', `${rating.toFixed(1)} of 93.2`],
    [
      'less for delay (Idd)',
      `${delayImpairment.toFixed(2)}, for ${Math.round(input.delayMs)} ms from mouth to ear`,
    ],
    [
      'less for loss (Ie,eff)',
      `${equipmentImpairment.toFixed(2)}, for ${percentText(input.lossRatio)} missing packets`,
    ],
    ['Codec profile', profile.name],
    ...(worst === undefined
      ? []
      : [
          [
            'Worst minute',
            `at ${clockText(worst.startMs)}: MOS ${worst.mos?.toFixed(1) ?? '–'}, ${percentText(worst.facts.concealedRatio)} made up`,
          ] as const,
        ]),
  ];
  return html`<section part="quality" aria-labelledby="quality">
    <h2 id="quality">Quality: MOS ${mos.toFixed(2)}, estimated</h2>
    <p class="quiet">
      ITU-T G.107 (E-model), conversational quality, 1 to 4.5. Delay and loss only, over the time in which
      sound was measured: outages are told above and not in this number.
    </p>
    <div class="scroll">
      <table>
        <tbody>
          ${rows.map(
            ([name, value]) =>
              html`<tr>
                <th scope="row">${name}</th>
                <td>${value}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`;
}
