import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';
import type * as SaveModule from '../../harness/call/save-recording.ts';
import type * as FaultRigModule from '../../harness/chaos/fault-rig.ts';
import type * as ConfigModule from '../../harness/config/resolve-config.ts';
import type * as CreateFaultModule from '../../harness/faults/create-fault.ts';
import { importRecordings } from '../../src/core/review/imports/import-recordings.ts';
import { openRecording, type OpenRecording } from '../../src/core/review/open-recording.ts';
import type { Recording } from '../../src/shared/recording.ts';
import { complaintsOf, phaseShown, pressStart, startPageRig } from '../support/node/page-rig.ts';
import { silentLog } from '../support/node/silent-log.ts';
import { temporaryFolder } from '../support/node/temporary-folder.ts';

const built = <T>(path: string): Promise<T> =>
  import(new URL(`../../dist/harness/${path}`, import.meta.url).href) as Promise<T>;

async function recordingIn(file: string): Promise<{ recording: Recording; opened: OpenRecording }> {
  const [recording] = importRecordings(gunzipSync(await readFile(file)), () => 'none');
  assert.ok(recording !== undefined, 'the file holds a session');
  return { recording, opened: openRecording(recording) };
}

test('a call with two cuts of the network is told right, also cold and offline with the server gone', async (t) => {
  const folder = await temporaryFolder(t);
  const { startFaultRig } = await built<typeof FaultRigModule>('chaos/fault-rig.js');
  const { createFault } = await built<typeof CreateFaultModule>('faults/create-fault.js');
  const { resolveConfig } = await built<typeof ConfigModule>('config/resolve-config.js');
  const { saveRecording } = await built<typeof SaveModule>('call/save-recording.js');
  const rig = await startFaultRig(
    {
      client: 'clara',
      pipeline: 'count',
      seconds: 90,
      emulate: false,
      config: resolveConfig({ flags: {}, env: {}, defaults: { port: 0, pipeline: 'count' } }),
      log: silentLog,
      report: () => undefined,
    },
    AbortSignal.timeout(60_000),
  );
  t.after(() => rig.stop());
  const { page, context, ear } = rig.rig.browser;
  await page.goto(rig.rig.url, { waitUntil: 'load' });
  await page.evaluate(async () => void (await navigator.serviceWorker.ready));
  await page.reload({ waitUntil: 'load' }); // the visit that the worker is in charge of
  await page.getByRole('button', { name: 'Start Session' }).click();
  await phaseShown(rig.rig, 'connected');
  await sleep(5000);
  const log: { fromWallMs: number; toWallMs: number }[] = [];
  for (const how of ['hole', 'refuse'] as const) {
    const fault = createFault(how, { kind: 'wholePath', how }, 1);
    const seen = ear.reports.length;
    const life = new AbortController();
    const fromWallMs = Date.now();
    const undo = await fault.apply(rig.target, life.signal);
    await sleep(10_000);
    await undo();
    log.push({ fromWallMs, toWallMs: Date.now() });
    await phaseShown(rig.rig, 'connected', seen, 30_000);
    await sleep(5000);
  }
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await phaseShown(rig.rig, 'ended');
  const file = join(folder, 'two-cuts.clararec');
  await saveRecording(rig.rig, file);

  const { recording, opened } = await recordingIn(file);
  assert.equal(opened.outages.length, 2, JSON.stringify(opened.outages));
  for (const [at, { fromWallMs, toWallMs }] of log.entries()) {
    const outage = opened.outages[at];
    assert.ok(outage !== undefined);
    const beginsLateMs = recording.session.startedWallMs + outage.startMs - fromWallMs;
    t.diagnostic(`outage ${at + 1} begins ${Math.round(beginsLateMs)} ms after its fault`);
    assert.ok(Math.abs(beginsLateMs) <= 1000, `outage ${at + 1} begins ${beginsLateMs} ms after its fault`);
    const endsLateMs = recording.session.startedWallMs + outage.endMs - toWallMs;
    assert.ok(
      endsLateMs >= -500 && endsLateMs <= 8000,
      `outage ${at + 1} ends ${endsLateMs} ms after the heal`,
    );
    const lostMs = outage.audio?.downMs ?? 0;
    assert.ok(lostMs >= 7000 && lostMs <= 20_000, `${lostMs} ms of sound lost in outage ${at + 1}`);
  }
  assert.ok(
    recording.events.some(({ kind }) => kind === 'attempt'),
    'the tries are noted',
  );
  assert.ok(opened.main.rows >= 30, `${opened.main.rows} samples`);
  assert.doesNotMatch(JSON.stringify(recording.events), /eyJ|127\.0\.0\.1/, 'no token, no address');
  const summary = await page.locator('clara-review').getByText('lost 2 times').textContent();
  assert.match(summary ?? '', /lasted .*lost 2 times/s);
  assert.equal(await page.locator('clara-review .mark').count(), 2);
  assert.ok((await page.locator('clara-review canvas').count()) >= 4);
  const picture = process.env['CLARA_REVIEW_PICTURE'];
  if (picture !== undefined) await page.screenshot({ path: picture, fullPage: true });

  assert.ok(rig.gateway !== undefined);
  await rig.gateway.close();
  await rig.rig.stack.stop();
  await context.setOffline(true);
  await page.close();
  const cold = await context.newPage();
  await cold.goto(new URL('/sessions', rig.rig.url).href, { waitUntil: 'load' });
  await cold.locator('.session h2 a').first().click();
  await cold.locator('clara-review').getByText('lost 2 times').waitFor();
  await cold.locator('clara-review canvas').first().waitFor();
  const again = join(folder, 'again.clararec');
  await cold.getByText('Export', { exact: true }).click();
  const download = cold.waitForEvent('download');
  await cold.getByRole('button', { name: 'Clara archive' }).click();
  await (await download).saveAs(again);
  assert.deepEqual((await recordingIn(again)).recording, recording, 'the same file without any network');
  await cold.goto(new URL('/sessions', rig.rig.url).href, { waitUntil: 'load' });
  // A second session to compare with: a dump that somebody sent.
  const dump = join(folder, 'dump.json');
  await cold.locator('.session h2 a').first().click();
  await cold.getByText('Export', { exact: true }).click();
  const dumped = cold.waitForEvent('download');
  await cold.getByRole('button', { name: 'webrtc-internals dump' }).click();
  await (await dumped).saveAs(dump);
  await cold.getByRole('link', { name: 'All sessions' }).click();
  await cold.locator('input[type=file]').first().setInputFiles(dump);
  await cold.getByText('imported webrtc-internals dump').waitFor({ state: 'attached' });
  await cold.getByRole('link', { name: 'All sessions' }).click();
  for (const box of await cold.locator('.compare input').all()) await box.check();
  await cold.getByRole('button', { name: 'Compare', exact: true }).click();
  await cold.locator('clara-review-compare canvas').first().waitFor();
  assert.deepEqual(complaintsOf(rig.rig), []);
});

test('a browser that is killed in a call loses ten seconds at most, and says so at the next start', async (t) => {
  const rig = await startPageRig();
  t.after(() => rig.stop());
  await pressStart(rig);
  await phaseShown(rig, 'connected');
  const { context } = rig.browser;
  const second = await context.newPage();
  await sleep(13_000);
  // Another window looks through the recordings meanwhile, and must leave the live one alone.
  await second.goto(new URL('/sessions', rig.url).href, { waitUntil: 'load' });
  await second.locator('.session').first().waitFor();
  await sleep(3000);
  const cdp = await context.browser()?.newBrowserCDPSession();
  const { processInfo } = (await cdp?.send('SystemInfo.getProcessInfo')) as {
    processInfo: { id: number; type: string }[];
  };
  const pid = processInfo.find(({ type }) => type === 'browser')?.id;
  assert.ok(pid !== undefined);
  const closed = new Promise((resolve) => context.once('close', resolve));
  process.kill(pid, 'SIGKILL');
  const killedWallMs = Date.now();
  await closed;
  const next = await chromium.launchPersistentContext(join(rig.runFolder.path, 'browser-profile'), {
    executablePath: process.env['CHROME_PATH'] ?? '/usr/bin/chromium',
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    locale: 'en-US',
  });
  t.after(() => next.close());
  const page = next.pages()[0] ?? (await next.newPage());
  await page.goto(new URL('/sessions', rig.url).href, { waitUntil: 'load' });
  const session = page.locator('.session').first();
  await session.getByText('No end recorded').waitFor();
  await session
    .getByText(/MOS|no outage/)
    .first()
    .waitFor(); // put away
  await session.locator('h2 a').click();
  await page.locator('clara-review').getByText('The page went away before the session ended').waitFor();
  const folder = await temporaryFolder(t);
  const file = join(folder, 'crashed.clararec');
  await page.getByText('Export', { exact: true }).click();
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Clara archive' }).click();
  await (await download).saveAs(file);
  const { recording, opened } = await recordingIn(file);
  assert.equal(recording.session.interrupted, true);
  const lostMs = killedWallMs - (recording.session.endedWallMs ?? 0);
  assert.ok(lostMs >= 0 && lostMs <= 10_000, `${lostMs} ms lost`);
  assert.equal(opened.brokenRecords, 0);
  assert.ok(opened.main.rows >= 5, `${opened.main.rows} samples`);
});

test('a call goes on when the disk is full, and the user is told once', async (t) => {
  const rig = await startPageRig();
  t.after(() => rig.stop());
  const { page, context } = rig.browser;
  await page.goto(rig.url, { waitUntil: 'load' });
  const cdp = await context.newCDPSession(page);
  await cdp.send('Storage.overrideQuotaForOrigin', { origin: new URL(rig.url).origin, quotaSize: 1 });
  await page.getByRole('button', { name: 'Start Session' }).click();
  await phaseShown(rig, 'connected');
  await page.getByText('storage is full').waitFor({ timeout: 20_000 });
  await sleep(11_000); // another write that finds no room
  assert.equal(await page.getByText('storage is full').count(), 1);
  const last = rig.browser.ear.reports.findLast(({ kind }) => kind === 'phase');
  assert.equal(last?.kind === 'phase' ? last.phase : '', 'connected');
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await phaseShown(rig, 'ended');
  assert.deepEqual(complaintsOf(rig), []);
});
