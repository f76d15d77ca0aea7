/**
 * The chaos report: one HTML file that needs nothing else and can be read by somebody who has never seen the project.
 * For each fault two real calls, stock above ours, on one scale. Shows what was measured and judges nothing itself.
 * Foreign text (ids, phases, reasons) is escaped; the page allows no script and loads nothing.
 */
import type { CallClient } from '../call/call-result.ts';
import type { ChaosResult, ChaosRun, ChaosSummary } from './chaos-result.ts';
import { percentile, type Percentiles } from './percentiles.ts';
import { promiseOf } from './promise.ts';
import { FOOTNOTES, judgedWithout } from './report-fairness.ts';
import { escapeHtml, seconds } from './report-format.ts';
import { REPORT_STYLE } from './report-style.ts';
import { commonScale, timeline } from './report-timeline.ts';
import type { Scenario } from './scenario.ts';

/** Who is who, for readers. */
const CLIENT_NAMES: Record<CallClient, string> = { stock: 'livekit-client alone', clara: 'Clara Voice' };
const CLIENT_ORDER: readonly CallClient[] = ['stock', 'clara'];
/** Nobody can know of a silent cut at once: so long it is no lie to show the call as connected. */
const DETECTION_MS = 4_000;
const GROUP_TITLES: Record<Scenario['group'], string> = {
  signal: 'The control connection breaks, sound does not',
  join: 'Joining does not work',
  media: 'Sound breaks, the control connection does not',
  outage: 'The whole network is gone',
  policy: 'The plain reconnecting policy',
  quality: 'The network is poor',
  server: 'The server fails',
  agent: 'The agent fails',
  token: 'The way in fails',
  room: 'Somebody ends it',
  microphone: 'The microphone fails',
  page: 'The page is interrupted',
  hostile: 'Hostile input',
};

/** What is told beside the numbers. */
export interface ReportFrame {
  /** Such as `2026-11-21`; taken from the caller, because a report has no clock. */
  readonly date: string;
  /** Machine and versions, one line. */
  readonly setting: string;
}

/** The whole page. @param matrix the scenarios that runs refer to; a run of an unknown id is shown by its id alone. */
export function chaosReport(result: ChaosResult, matrix: readonly Scenario[], frame: ReportFrame): string {
  const ids = [...new Set(result.runs.map(({ id }) => id))];
  const known = matrix.filter(({ id }) => ids.includes(id));
  const unknown = ids.filter((id) => !matrix.some((scenario) => scenario.id === id));
  const groups = [...new Set(known.map(({ group }) => group))];
  const ordered = [
    ...groups.flatMap((group) => known.filter((scenario) => scenario.group === group).map(({ id }) => id)),
    ...unknown,
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Voice calls under network faults</title>
<style>${REPORT_STYLE}</style>
</head>
<body>
${introduction(result, frame)}
${summaryTable(result, ordered, matrix)}
${groups
  .map(
    (group) =>
      `<h2>${GROUP_TITLES[group]}</h2>\n${known
        .filter((each) => each.group === group)
        .map((each) => section(each.id, each, result))
        .join('\n')}`,
  )
  .join('\n')}
${unknown.length === 0 ? '' : `<h2>Others</h2>\n${unknown.map((id) => section(id, undefined, result)).join('\n')}`}
</body>
</html>
`;
}

function introduction(result: ChaosResult, frame: ReportFrame): string {
  const clients = CLIENT_ORDER.filter((client) => result.runs.some((run) => run.client === client));
  const scores = clients.map((client) => {
    const own = result.summary.filter((line) => line.client === client);
    const whole = own.filter((line) => line.passed === line.runs).length;
    const runs = own.reduce((sum, line) => sum + line.runs, 0);
    return `<div>${CLIENT_NAMES[client]}<strong>${whole} of ${own.length}</strong><small>faults survived as promised in every one of ${runs} calls</small></div>`;
  });
  return `<h1>Voice calls under network faults</h1>
<p class="soft">${escapeHtml(frame.date)} · seed ${result.seed} · ${escapeHtml(frame.setting)}</p>
<p>${who(clients)}Each picture is one real voice call: a browser with a microphone, a real LiveKit server, a real agent. Both sides say two numbered words a second, so every word that arrives, or does not, is known. Then the network, the server or the page is broken on purpose, and made whole again. Time counts from the fault.</p>
<div class="score">${scores.join('')}</div>
<ul class="legend" aria-label="How to read the pictures">
<li>${key('<rect class="fault" x="2" y="1" width="14" height="12"/>')}broken</li>
<li>${key('<rect class="bar connecting" x="2" y="1" width="14" height="12"/>')}on the way in</li>
<li>${key('<rect class="bar connected" x="2" y="1" width="14" height="12"/>')}the screen says connected</li>
<li>${key('<rect class="bar unstable" x="2" y="1" width="14" height="12"/>')}unstable</li>
<li>${key('<rect class="bar reconnecting" x="2" y="1" width="14" height="12"/>')}reconnecting</li>
<li>${key('<rect class="bar failed" x="2" y="1" width="14" height="12"/>')}failed</li>
<li>${key('<circle class="word heard" cx="9" cy="7" r="4"/>')}word heard</li>
<li>${key('<path class="word lost" d="M5 3l8 8m0 -8l-8 8"/>')}word lost</li>
<li>${key('<circle class="word twice" cx="9" cy="7" r="5"/>')}word heard twice</li>
<li>${key('<path class="join" d="M9 11l-5 -9h10z"/>')}joined the room</li>
</ul>
<details><summary>How the two are compared, and where both have it easy</summary>${FOOTNOTES}</details>`;
}

/** Who is compared, for somebody who has heard of neither. */
function who(clients: readonly CallClient[]): string {
  const ours =
    'Clara Voice is that library with a session around it that notices faults and comes back by itself.';
  if (!clients.includes('stock')) return '';
  const stock = 'livekit-client is LiveKit’s own library for voice calls in a browser.';
  return `${stock} ${clients.includes('clara') ? `${ours} ` : ''}`;
}

const key = (shape: string): string => `<svg viewBox="0 0 18 14" aria-hidden="true">${shape}</svg>`;

function summaryTable(result: ChaosResult, ids: readonly string[], matrix: readonly Scenario[]): string {
  const rows = ids.flatMap((id) => {
    const scenario = matrix.find((each) => each.id === id);
    const lines = CLIENT_ORDER.flatMap((client) =>
      result.summary.filter((line) => line.id === id && line.client === client),
    );
    return lines.map((line, at) => {
      const head =
        at === 0
          ? `<td rowspan="${lines.length}"><a href="#${encodeURIComponent(id)}">${escapeHtml(id)}</a></td><td class="story" rowspan="${lines.length}">${escapeHtml(scenario?.story ?? '')}</td>`
          : '';
      return `<tr${at === lines.length - 1 ? ' class="second"' : ''}>${head}${summaryCells(line, scenario)}</tr>`;
    });
  });
  return `<h2>All in one table</h2>
<p class="soft">First sign: from the fault until the screen tells of it. Sound back: from the end of the fault until both sides hear each other. As promised: all of what is written above its picture was kept. Where two times stand together, half of the calls were quicker than the first, and 19 of 20 than the second.</p>
<div class="wide told-below"><table><thead><tr><th>fault</th><th class="story">what happens</th><th>client</th><th>as promised</th><th>first sign</th><th>sound back</th><th>words lost a call<br>to / from agent</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody></table></div>`;
}

function summaryCells(line: ChaosSummary, scenario: Scenario | undefined): string {
  const verdict = line.passed === line.runs ? 'pass' : 'miss';
  const without = judgedWithout(line.client, scenario);
  const name = `${CLIENT_NAMES[line.client]}${without === '' ? '' : `<br><small>${without}</small>`}`;
  return `<td>${name}</td><td class="number ${verdict}">${line.passed} of ${line.runs}</td><td class="number">${pair(line.firstUiStateMs)}</td><td class="number">${pair(line.audioBackMs)}</td><td class="number">${perCall(line.wordsLost.toAgent, line.runs)} / ${perCall(line.wordsLost.fromAgent, line.runs)}</td>`;
}

const perCall = (total: number, runs: number): string => `${Math.round((total / runs) * 10) / 10}`;

/** One figure where both are the same: a pair of equals looks like two measurements. */
const pair = ({ p50, p95 }: Percentiles): string =>
  seconds(p50) === seconds(p95) ? seconds(p50) : `${seconds(p50)} / ${seconds(p95)}`;

function section(id: string, scenario: Scenario | undefined, result: ChaosResult): string {
  const shown = CLIENT_ORDER.flatMap((client) => {
    const all = result.runs.filter((run) => run.id === id && run.client === client);
    const own = all.filter(({ unplayed }) => unplayed !== true);
    const run = typicalRun(own);
    return run === undefined ? [] : [{ client, run, own, all }];
  });
  // What could not be played has no picture, and is told all the same.
  const unplayed = CLIENT_ORDER.filter((client) => !shown.some((each) => each.client === client)).flatMap(
    (client) => {
      const told = misses(result.runs.filter((run) => run.id === id && run.client === client));
      return told === '' ? [] : [`<p class="soft">${CLIENT_NAMES[client]}: not played</p>${told}`];
    },
  );
  const scale = commonScale(shown.map(({ run }) => run));
  const figures = shown.map(
    ({ client, run, own, all }) =>
      `<figure><figcaption><b>${CLIENT_NAMES[client]}</b> · ${caption(run, scenario?.pass.maxFalseConnectedMs)}${judgedWithout(client, scenario, ' · ')}${own.length > 1 ? ` · call ${run.run}, the middle one of ${own.length}` : ''}</figcaption><div class="wide">${timeline(run, scale)}</div>${misses(all)}</figure>`,
  );
  const promise =
    scenario === undefined ? '' : ` promised: ${escapeHtml(promiseOf(scenario.pass).join(' · '))}`;
  return `<section class="scenario" id="${escapeHtml(encodeURIComponent(id))}"><h3>${escapeHtml(scenario?.story ?? id)}</h3><p class="promise"><code>${escapeHtml(id)}</code>${promise}</p>${[...figures, ...unplayed].join('')}</section>`;
}

/** The run whose sound came back in the middle of all; those that never came back count as latest. */
function typicalRun(runs: readonly ChaosRun[]): ChaosRun | undefined {
  const backMs = (run: ChaosRun): number => run.faults[0]?.audioBackMs ?? Infinity;
  const middle = percentile(runs.map(backMs), 50);
  return runs.find((run) => backMs(run) === middle);
}

function caption(run: ChaosRun, mostFalseMs = DETECTION_MS): string {
  const verdict = run.pass
    ? '<span class="pass">as promised</span>'
    : '<span class="miss">not as promised</span>';
  const fault = run.faults[0];
  const joined = `joined ${run.joins === 1 ? 'once' : `${run.joins} times`}`;
  if (fault === undefined) return `${verdict} · ${joined}`;
  const lost = `${fault.wordsLost.toAgent} + ${fault.wordsLost.fromAgent} words lost`;
  const sign =
    fault.firstUiStateMs === null ? 'nothing shown' : `told after ${seconds(fault.firstUiStateMs)}`;
  const back =
    fault.audioBackMs === null ? 'sound never back' : `sound back after ${seconds(fault.audioBackMs)}`;
  // Half a second is one word: less than that nobody could have noticed.
  const falsely =
    run.falseConnectedMs > 500
      ? ` · <span${run.falseConnectedMs > mostFalseMs ? ' class="miss"' : ''}>${seconds(run.falseConnectedMs)} shown as connected without sound</span>`
      : '';
  const link = (path: string | undefined, attributes: string, text: string): string =>
    path === undefined ? '' : ` · <a href="${escapeHtml(encodeURI(path))}"${attributes}>${text}</a>`;
  const review = link(run.review, '', 'review');
  const recording = link(
    run.recording,
    ' download title="Can be imported on the app’s sessions page"',
    'recording',
  );
  return `${verdict} · ${sign}${falsely} · ${back} · ${lost} · ${joined}${run.sessionLost ? ' · session lost' : ''}${review}${recording}`;
}

function misses(runs: readonly ChaosRun[]): string {
  const reasons = runs.flatMap((run) => (run.why ?? []).map((why) => `call ${run.run}: ${why}`));
  if (reasons.length === 0) return '';
  return `<details><summary>What was not as promised (${reasons.length})</summary><ul>${reasons.map((reason) => `<li>${escapeHtml(reason)}</li>`).join('')}</ul></details>`;
}
