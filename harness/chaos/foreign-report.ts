/** Which faults are meant for a foreign app, and the report on it: one JSON and one HTML file. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../config/usage-error.ts';
import { selectScenarios, MATRIX, SCENARIO_NAMES } from '../scenario/matrix.ts';
import { escapeHtml, seconds } from '../scenario/report-format.ts';
import { REPORT_STYLE } from '../scenario/report-style.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { unknownNames } from './faulted-call.ts';
import { whyNotForeign } from './foreign-fault.ts';
import type { ForeignRun } from './foreign-facts.ts';
import type { ForeignResult } from './play-foreign.ts';

/** Those named, or all that can be played. Throws UsageError for a name that does not exist. */
export function scenariosFor(only: readonly string[]): readonly Scenario[] {
  const unknown = only.filter((name) => !SCENARIO_NAMES.includes(name));
  if (unknown.length > 0) throw new UsageError(unknownNames(unknown, 'fault or group'));
  if (only.length > 0) return selectScenarios(only);
  return MATRIX.filter(({ fault, time }) => time.at === 'connected' && whyNotForeign(fault) === undefined);
}

/** Writes both into `folder`, which is made. */
export async function writeForeign(folder: string, result: ForeignResult): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'report.json'), JSON.stringify(result));
  await writeFile(join(folder, 'report.html'), foreignReport(result));
}

/** The page: no script, nothing loaded, foreign text escaped. */
export function foreignReport({ app, runs, notApplicable }: ForeignResult): string {
  const story = (id: string): string => MATRIX.find((each) => each.id === id)?.story ?? '';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>A voice app under network faults</title>
<style>${REPORT_STYLE}</style>
</head>
<body>
<h1>A voice app under network faults</h1>
<p>Real calls of <code>${escapeHtml(app)}</code> in a browser whose network was broken. Sound is what the browser’s own statistics of its connections tell; the texts are what could be read in the page.</p>
<div class="wide"><table><thead><tr><th>fault</th><th>what happens</th><th>first new text</th><th>longest silence</th><th>sound back after the end</th><th>errors</th></tr></thead><tbody>
${runs.map((run) => row(run, story(run.id))).join('\n')}
</tbody></table></div>
${runs.map((run) => texts(run)).join('\n')}
${notApplicable.length === 0 ? '' : `<h2>Not played</h2><ul>${notApplicable.map(({ id, why }) => `<li><code>${escapeHtml(id)}</code>: ${escapeHtml(why)}</li>`).join('')}</ul>`}
</body>
</html>
`;
}

function row(run: ForeignRun, story: string): string {
  const name = `<td><code>${escapeHtml(run.id)}</code> ${run.run}</td><td class="story">${escapeHtml(story)}</td>`;
  if (!run.played)
    return `<tr>${name}<td colspan="4" class="miss">not played: ${escapeHtml(run.why ?? '')}</td></tr>`;
  return `<tr>${name}<td class="number">${seconds(run.firstTextMs)}</td><td class="number">${seconds(run.longestSilenceMs)}</td><td class="number">${seconds(run.soundBackMs)}</td><td class="number">${run.pageErrors}</td></tr>`;
}

function texts(run: ForeignRun): string {
  if (!run.played || run.texts.length === 0) return '';
  const lines = run.texts.map(
    ({ atMs, appeared, went }) =>
      `<li>${seconds(atMs)}${appeared.length > 0 ? `: <b>${escapeHtml(appeared.join(' · '))}</b>` : ''}${went.length > 0 ? ` <small>gone: ${escapeHtml(went.join(' · '))}</small>` : ''}</li>`,
  );
  return `<section class="scenario"><h3><code>${escapeHtml(run.id)}</code> ${run.run}: what could be read, from the fault on (${seconds(run.lastsMs)} long)</h3><ul>${lines.join('')}</ul></section>`;
}
