/** How the dashboard is drawn. No decision but of words and units. */
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type {
  AgentAnalytics,
  AgentOutlook,
  AgentSessionNews,
  AgentSessionView,
  Spread,
} from '../../shared/agent-sessions.ts';
import type { AgentsState, AgentsStatus } from './agents-state.ts';

/** What the page may do. */
export interface AgentsActions {
  readonly end: (sessionId: string) => void;
  readonly showToken: (token: string) => void;
}

/** What is drawn beside the state. */
export interface AgentsMoment {
  /** By this page's clock. */
  readonly nowWallMs: number;
  /** Sessions whose end was asked for. */
  readonly ending: ReadonlySet<string>;
  /** An end that did not work, in words. */
  readonly problem: string | undefined;
}

const STATUS: Readonly<Record<AgentsStatus, { readonly text: string; readonly badge: string }>> = {
  connecting: { text: 'Connecting', badge: 'open' },
  live: { text: 'Live', badge: 'good' },
  lost: { text: 'Connection lost, trying again', badge: 'failed' },
  refused: { text: 'Not allowed', badge: 'failed' },
  absent: { text: 'No agent here', badge: 'failed' },
};

/** `1:02:03`, `2:03`. */
export function clockText(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = (n: number): string => String(n).padStart(2, '0');
  const minutes = Math.floor(s / 60) % 60;
  const hours = Math.floor(s / 3600);
  return hours > 0 ? `${hours}:${two(minutes)}:${two(s % 60)}` : `${minutes}:${two(s % 60)}`;
}

/** Whole MB of 2^20 bytes. */
export function memoryText(bytes: number | undefined): string {
  return bytes === undefined ? '–' : `${Math.round(bytes / 1024 / 1024)} MB`;
}

/** `450 ms`, `1.2 s`. */
export function durationText(ms: number | undefined): string {
  if (ms === undefined) return '–';
  return ms < 1000 ? `${Math.round(ms)} ms` : ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : clockText(ms);
}

/** The whole page. */
export function agentsView(state: AgentsState, moment: AgentsMoment, actions: AgentsActions): TemplateResult {
  const { text, badge } = STATUS[state.status];
  return html`<main class="dashboard">
    <header class="dashboard-head">
      <h1>Agents</h1>
      <span class="badge ${badge}" role="status">${text}</span>
    </header>
    ${moment.problem === undefined ? nothing : html`<p class="notice" role="alert">${moment.problem}</p>`}
    ${state.status === 'refused' ? tokenForm(actions) : nothing}
    ${state.status === 'absent' ? html`<p class="panel">The gateway serves no agent side.</p>` : nothing}
    ${state.analytics === undefined ? nothing : known(state, state.analytics, moment, actions)}
  </main>`;
}

function known(
  state: AgentsState,
  analytics: AgentAnalytics,
  moment: AgentsMoment,
  actions: AgentsActions,
): TemplateResult {
  return html`<section class="panel" aria-labelledby="running">
      <h2 id="running">Running <span class="count">${state.sessions.length}</span></h2>
      ${
        state.sessions.length === 0
          ? html`<p class="quiet">No session runs.</p>`
          : sessionsTable(state, moment, actions)
      }
    </section>
    <section class="panel" aria-labelledby="news">
      <h2 id="news">As it happens</h2>
      ${state.news.length === 0 ? html`<p class="quiet">Nothing has happened yet.</p>` : newsList(state.news)}
    </section>
    <section class="panel" aria-labelledby="ended">
      <h2 id="ended">Ended <span class="count">${analytics.sessions}</span></h2>
      ${analytics.sessions === 0 ? html`<p class="quiet">No session has ended yet.</p>` : figures(analytics)}
    </section>`;
}

function sessionsTable(state: AgentsState, moment: AgentsMoment, { end }: AgentsActions): TemplateResult {
  const now = moment.nowWallMs + state.clockAheadMs;
  const row = (session: AgentSessionView): TemplateResult =>
    html`<tr>
      <th scope="row" class="id">${session.sessionId}</th>
      <td><span class="state ${session.state}">${session.state}</span></td>
      <td class="number">${clockText(now - session.startedWallMs)}</td>
      <td class="number">${memoryText(session.rssBytes)}</td>
      <td class="number">${durationText(session.answerMs)}</td>
      <td class="number">${session.messages}</td>
      <td class="number">${session.recoveries}</td>
      <td class="number" title=${session.lastError ?? ''}>${session.errors}</td>
      <td>
        <button
          class="action quiet-action small-action"
          aria-label=${`End session ${session.sessionId}`}
          ?disabled=${moment.ending.has(session.sessionId)}
          @click=${() => end(session.sessionId)}
        >
          ${moment.ending.has(session.sessionId) ? 'Ending' : 'End'}
        </button>
      </td>
    </tr>`;
  const figureHeads = ['Age', 'Memory', 'Last answer', 'Turns', 'Recoveries', 'Errors'];
  return html`<div class="scroll" tabindex="0" role="region" aria-labelledby="running">
    <table>
      <thead>
        <tr>
          <th scope="col">Session</th>
          <th scope="col">State</th>
          ${figureHeads.map((head) => html`<th scope="col" class="number">${head}</th>`)}
          <th scope="col"><span class="unseen">Action</span></th>
        </tr>
      </thead>
      <tbody>
        ${repeat(state.sessions, ({ sessionId }) => sessionId, row)}
      </tbody>
    </table>
  </div>`;
}

const timeFormat = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });

function newsList(news: readonly AgentSessionNews[]): TemplateResult {
  return html`<div class="news" tabindex="0" role="log" aria-label="Events, newest first">
    <ol>
      ${news.map(
        ({ atWallMs, sessionId, event, text }) =>
          html`<li class=${event}>
            <time datetime=${new Date(atWallMs).toISOString()}>${timeFormat.format(atWallMs)}</time>
            <span class="id">${sessionId}</span> <span>${text}</span>
          </li>`,
      )}
    </ol>
  </div>`;
}

function figures(analytics: AgentAnalytics): TemplateResult {
  const spread = (
    name: string,
    { count, p50, p95 }: Spread,
    show: (value: number) => string,
  ): TemplateResult =>
    html`<tr>
      <th scope="row">${name}</th>
      <td class="number">${count === 0 ? '–' : show(p50)}</td>
      <td class="number">${count === 0 ? '–' : show(p95)}</td>
      <td class="number">${count}</td>
    </tr>`;
  const { recoveries } = analytics;
  return html`<div class="figures">
    <table>
      <thead>
        <tr>
          <th scope="col">Figure</th>
          <th scope="col" class="number">Middle</th>
          <th scope="col" class="number">95 of 100</th>
          <th scope="col" class="number">Sessions</th>
        </tr>
      </thead>
      <tbody>
        ${spread('Length', analytics.durationMs, durationText)}
        ${spread('Agent joined after', analytics.joinMs, durationText)}
        ${spread('Answer after', analytics.answerMs, durationText)}
        ${spread('Most memory', analytics.maxRssBytes, memoryText)}
      </tbody>
    </table>
    ${counts('Why they ended', analytics.endReasons)} ${counts('Errors', analytics.errorsByCode)}
    <p>
      ${
        recoveries.sessions === 0
          ? 'None needed a new process.'
          : `${recoveries.sessions} needed a new process (${recoveries.total} in all); ${recoveries.survived} of them ended well.`
      }
    </p>
    ${outlookList(analytics.outlook ?? [])}
  </div>`;
}

const TREND: Readonly<Record<AgentOutlook['trend'], string>> = {
  rising: 'the share rises',
  falling: 'the share falls',
  steady: 'no trend that chance would not show as well',
  notEnoughData: 'not enough data for a trend',
};

/** What the last sessions of a kind tell of the next, in words with the numbers in them. */
function outlookText({
  kind,
  samples,
  needed,
  failed,
  lowRatio,
  highRatio,
  trend,
  reasons,
}: AgentOutlook): string {
  if (samples < needed) return `${kind}: not enough data (${samples} of ${needed} sessions).`;
  const percent = (ratio: number): string => String(Math.round(ratio * 100));
  const [first] = reasons;
  const why = first === undefined ? '' : ` Most often: ${first.reason} (${first.count} of ${failed}).`;
  return `${kind}: ${failed} of ${samples} ended badly; of the next, ${percent(lowRatio)} to ${percent(highRatio)} of 100 (95 % interval), ${TREND[trend]}.${why}`;
}

function outlookList(outlook: readonly AgentOutlook[]): TemplateResult | typeof nothing {
  if (outlook.length === 0) return nothing;
  return html`<h3>How the next may end</h3>
    <ul class="outlook">
      ${outlook.map((one) => html`<li>${outlookText(one)}</li>`)}
    </ul>`;
}

function counts(title: string, of: Readonly<Record<string, number>>): TemplateResult | typeof nothing {
  const sorted = Object.entries(of).sort(([, one], [, other]) => other - one);
  if (sorted.length === 0) return nothing;
  return html`<h3>${title}</h3>
    <dl class="counts">
      ${sorted.map(
        ([name, count]) =>
          html`<div>
            <dt>${name}</dt>
            <dd>${count}</dd>
          </div>`,
      )}
    </dl>`;
}

function tokenForm({ showToken }: AgentsActions): TemplateResult {
  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    const token = new FormData(event.currentTarget as HTMLFormElement).get('token');
    if (typeof token === 'string' && token !== '') showToken(token);
  };
  return html`<form class="panel" @submit=${onSubmit}>
    <p>Sessions are shown on the agent’s own machine, or to who has the operator token.</p>
    <label>Operator token <input name="token" type="password" autocomplete="off" required /></label>
    <button class="action">Show</button>
  </form>`;
}
