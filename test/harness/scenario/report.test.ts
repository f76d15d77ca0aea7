import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { findChromium } from '../../../harness/browser/find-chromium.ts';
import { chaosResult } from '../../../harness/scenario/chaos-result.ts';
import { MATRIX } from '../../../harness/scenario/matrix.ts';
import { promiseOf } from '../../../harness/scenario/promise.ts';
import { escapeHtml, seconds } from '../../../harness/scenario/report-format.ts';
import { chaosReport } from '../../../harness/scenario/report.ts';
import { temporaryFolder } from '../../support/node/temporary-folder.ts';
import { syntheticRun } from './synthetic-calls.ts';

const FRAME = { date: '2026-11-21', setting: 'synthetic calls' };

/** Calls as they might have been: stock late or lost, ours in time. */
const RUNS = [
  syntheticRun({
    id: 'ws-reset',
    client: 'stock',
    lastsMs: 0,
    toldMs: 300,
    audioBackMs: 0,
    shownBackMs: 2_400,
    middlePhase: 'reconnecting',
    breaksSound: false,
    pass: false,
    why: ['showed reconnecting'],
  }),
  syntheticRun({
    id: 'ws-reset',
    client: 'clara',
    lastsMs: 0,
    toldMs: null,
    audioBackMs: 0,
    shownBackMs: 0,
    breaksSound: false,
  }),
  ...[13_000, 15_200, 15_500].map((toldMs, index) =>
    syntheticRun({
      id: 'hole-20',
      client: 'stock',
      run: index + 1,
      lastsMs: 20_000,
      toldMs,
      audioBackMs: 200 + index,
      shownBackMs: 2_000,
      pass: false,
      why: [`told after ${toldMs} ms, at most 4000 ms are allowed`],
    }),
  ),
  ...[600, 700, 900].map((audioBackMs, index) =>
    syntheticRun({
      id: 'hole-20',
      client: 'clara',
      run: index + 1,
      lastsMs: 20_000,
      toldMs: 3_000 + index * 100,
      audioBackMs,
      shownBackMs: 1_200,
      joins: 2,
    }),
  ),
  syntheticRun({
    id: 'hole-110',
    client: 'stock',
    lastsMs: 110_000,
    toldMs: 15_300,
    audioBackMs: null,
    shownBackMs: null,
    watchMs: 15_000,
    pass: false,
    why: ['sound did not come back', 'the session was lost'],
  }),
  syntheticRun({
    id: 'hole-110',
    client: 'clara',
    lastsMs: 110_000,
    toldMs: 3_200,
    audioBackMs: 1_800,
    shownBackMs: 2_300,
    joins: 2,
    watchMs: 15_000,
  }),
];

test('the report has a row and a section for each scenario, stock above ours, on one scale', () => {
  const html = chaosReport(chaosResult(7, RUNS), MATRIX, FRAME);
  assert.equal(html.match(/<section class="scenario"/g)?.length, 3);
  assert.equal(html.match(/<svg viewBox="0 0 1000/g)?.length, 6);
  const section = html.slice(html.indexOf('id="hole-20"'));
  assert.ok(section.indexOf('livekit-client alone') < section.indexOf('Clara Voice'));
  assert.match(html, /<strong>0 of 3<\/strong>/);
  assert.match(html, /<strong>3 of 3<\/strong>/);
  // The fault begins at the same place in both pictures of one scenario.
  const spans = [
    ...section
      .slice(0, section.indexOf('</section>'))
      .matchAll(/<rect class="fault" x="([\d.]+)" y="2" width="([\d.]+)"/g),
  ].map(([, x, width]) => `${x} ${width}`);
  assert.equal(spans.length, 2);
  assert.equal(spans[0], spans[1]);
});

test('the call in the middle is the one that is drawn, and every miss is told', () => {
  const html = chaosReport(chaosResult(7, RUNS), MATRIX, FRAME);
  assert.match(html, /call 2, the middle one of 3/);
  assert.match(html, /call 3: told after 15500 ms, at most 4000 ms are allowed/);
});

test('a call that could not be played is told, and never drawn or counted beside those that were', () => {
  const unplayed = [4, 5, 6].map((run) => ({
    ...syntheticRun({
      id: 'hole-20',
      client: 'clara',
      run,
      lastsMs: 20_000,
      toldMs: null,
      audioBackMs: null,
      shownBackMs: null,
      pass: false,
      why: ['it could not be played: no port'],
    }),
    unplayed: true,
  }));
  const html = chaosReport(chaosResult(7, [...RUNS, ...unplayed]), MATRIX, FRAME);
  const section = html.slice(html.indexOf('id="hole-20"'), html.indexOf('id="hole-110"'));
  assert.match(section, /Clara Voice<\/b>[^]*call 2, the middle one of 3</);
  assert.match(section, /call 5: it could not be played: no port/);
  const none = chaosReport(chaosResult(7, unplayed), MATRIX, FRAME);
  assert.doesNotMatch(none, /<svg viewBox="0 0 1000/);
  assert.match(none, /call 4: it could not be played: no port/);
});

test('lost words are crosses: as many as the call lost', () => {
  const run = syntheticRun({
    id: 'hole-5',
    client: 'clara',
    lastsMs: 5_000,
    toldMs: 3_000,
    audioBackMs: 400,
    shownBackMs: 900,
  });
  const html = chaosReport(chaosResult(7, [run]), MATRIX, FRAME);
  const crosses = [...html.matchAll(/class="word lost" d="([^"]+)"/g)]
    .slice(1)
    .map(([, d]) => d?.match(/M/g)?.length); // the first is the legend's
  assert.deepEqual(crosses, [run.faults[0]?.wordsLost.toAgent, run.faults[0]?.wordsLost.fromAgent]);
});

test('text of others stays text', () => {
  const [first] = RUNS;
  const evil = {
    ...first!,
    id: '<img src=x onerror=alert(1)>',
    why: ['<script>alert(2)</script>'],
    pass: false,
    phases: [{ atMs: 0, phase: '"><script>', reason: '<b>' }],
  };
  const html = chaosReport(chaosResult(7, [evil]), MATRIX, { date: '<i>', setting: '&<>' });
  assert.doesNotMatch(html, /<script|<img|<i>|<b>"/);
  assert.equal(escapeHtml(`<a href="x">'&`), '&#60;a href=&#34;x&#34;&#62;&#39;&#38;');
});

test('every promise is told in words, whatever the scenario asks', () => {
  for (const { id, pass } of MATRIX) {
    const phrases = promiseOf(pass);
    assert.equal(phrases.length, Object.keys(pass).length, id);
    for (const phrase of phrases) assert.doesNotMatch(phrase, /undefined|NaN|\[object/, id);
  }
  assert.deepEqual(promiseOf({ toldMs: 300, audioBackMs: 1_000, maxExtraJoins: 1 }), [
    'told within 0.30 s',
    'sound back within 1 s',
    'at most 2 joins',
  ]);
});

test('times are written as people read them', () => {
  assert.deepEqual([null, 0, 70, 300, 12_540, 199_900, -50].map(seconds), [
    'never',
    '0.0 s',
    '0.07 s',
    '0.30 s',
    '12.5 s',
    '200 s',
    '-0.05 s',
  ]);
});

test('a report without runs is a page without pictures', () => {
  assert.match(chaosReport(chaosResult(7, []), MATRIX, FRAME), /<h1>Voice calls under network faults<\/h1>/);
});

test('in a browser it asks the network for nothing, breaks no policy and fits the window', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'report.html');
  await writeFile(file, chaosReport(chaosResult(7, RUNS), MATRIX, FRAME));
  const binary = await findChromium({ env: process.env, report: () => {} }, AbortSignal.timeout(60_000));
  const browser = await chromium.launch({
    executablePath: binary.path,
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
  t.after(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 1_200, height: 900 } });
  const requests: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('console', (message) => complaints.push(message.text()));
  await page.goto(pathToFileURL(file).href);
  assert.deepEqual(requests, [pathToFileURL(file).href]);
  assert.deepEqual(complaints, []);
  for (const width of [1_200, 390]) {
    await page.setViewportSize({ width, height: 900 });
    assert.ok(
      (await page.evaluate(() => document.documentElement.scrollWidth)) <= width,
      `wider than ${width} px`,
    );
  }
  const shot = process.env['REPORT_SCREENSHOT'];
  if (shot !== undefined) {
    await page.setViewportSize({ width: 1_200, height: 900 });
    await page.screenshot({ path: shot, fullPage: true });
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.screenshot({ path: shot.replace('.png', '-dark.png'), fullPage: true });
  }
});

test("the report says in stock's row what was not asked of it, in ours nothing, and where both have it easy", () => {
  const runs = (['stock', 'clara'] as const).map((client) =>
    syntheticRun({
      id: 'udp-up-10',
      client,
      lastsMs: 10_000,
      toldMs: 900,
      audioBackMs: 100,
      shownBackMs: 500,
    }),
  );
  const html = chaosReport(chaosResult(7, runs), MATRIX, FRAME);
  assert.match(html, /<td>livekit-client alone<br><small>judged without: names up<\/small><\/td>/);
  assert.match(html, /<td>Clara Voice<\/td>/);
  assert.equal(html.split('judged without').length - 1, 2); // table and picture
  assert.match(html, /new TCP connections are accepted and then held/);
  assert.match(html, /SignalReconnecting/);
});
