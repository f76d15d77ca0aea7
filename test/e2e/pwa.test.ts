import { appendFile, cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import type { CallRig } from '../../harness/call/call-rig.ts';
import type * as GatewayModule from '../../harness/gateway/gateway.ts';
import { complaintsOf, phaseShown, startPageRig } from '../support/node/page-rig.ts';
import { silentLog } from '../support/node/silent-log.ts';

const OFFER = 'A new version is ready.';

/** The installed app under the gateway's own policy, from a copy of its files, so that a new version can come. */
describe('the installed app', () => {
  let rig: CallRig;
  let folder: string;
  let gateway: GatewayModule.Gateway;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clara-app-'));
    await cp(fileURLToPath(new URL('../../dist/app', import.meta.url)), folder, { recursive: true });
    rig = await startPageRig();
    const { startGateway } = (await import(
      new URL('../../dist/harness/gateway/gateway.js', import.meta.url).href
    )) as typeof GatewayModule;
    gateway = await startGateway(
      {
        livekit: rig.stack.livekit,
        agents: rig.stack.agent,
        roomTimeouts: { emptyTimeoutS: 30, departureTimeoutS: 30 },
        defaultPipeline: 'count',
        appFolder: folder,
        log: silentLog,
      },
      AbortSignal.timeout(10_000),
    );
  });
  after(async () => {
    await rm(folder, { recursive: true, force: true });
    await rig.stop();
    await gateway.stop();
  });

  test('is kept by its service worker, without a complaint of the policy', async () => {
    const { page } = rig.browser;
    await page.goto(gateway.url, { waitUntil: 'load' });
    const script = await page.evaluate(async () => {
      const { active } = await navigator.serviceWorker.ready;
      return active?.scriptURL;
    });
    assert.equal(script, new URL('/sw.js', gateway.url).href);
    // The next visit is the first that the worker is in charge of.
    await page.reload({ waitUntil: 'load' });
    assert.ok(await page.evaluate(() => navigator.serviceWorker.controller !== null));
    assert.deepEqual(complaintsOf(rig), []);
  });

  test('gets a new version offered only after the call, and takes it at the press of a button', async () => {
    const { page, context } = rig.browser;
    const second = await context.newPage();
    await second.goto(gateway.url, { waitUntil: 'load' });
    await page.bringToFront();
    await page.getByRole('button', { name: 'Start Session' }).click();
    await phaseShown(rig, 'connected');
    await appendFile(join(folder, 'sw.js'), '\n// a new version\n');
    for (const ending of ['br', 'gz']) await rm(join(folder, `sw.js.${ending}`), { force: true }); // of the old one
    await page.evaluate(async () => {
      const registration = await navigator.serviceWorker.ready;
      await registration.update();
      const installing = registration.installing;
      if (installing === null) return;
      await new Promise<void>((resolve) => {
        installing.addEventListener('statechange', () => {
          if (installing.state === 'installed') resolve();
        });
      });
    });
    const isWaiting = () => page.evaluate(async () => (await navigator.serviceWorker.ready).waiting !== null);
    assert.ok(await isWaiting(), 'the new version is there and waits');
    // A drawing later it would be shown if it were going to be.
    await page.evaluate(
      () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 250))),
    );
    assert.equal(await page.getByText(OFFER).count(), 0, 'not in a call');
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    await phaseShown(rig, 'ended');
    await page.getByText(OFFER).waitFor({ timeout: 5_000 });
    const loaded = page.waitForEvent('load', { timeout: 10_000 });
    await page.getByRole('button', { name: 'Update now' }).click();
    await loaded;
    assert.equal(await isWaiting(), false, 'the new version is in charge');
    assert.equal(await page.getByText(OFFER).count(), 0);
    assert.deepEqual(complaintsOf(rig), []);
    // The other window still shows the old version, whose worker is gone.
    await second.getByText(OFFER).waitFor({ timeout: 5_000 });
    const loadedToo = second.waitForEvent('load', { timeout: 10_000 });
    await second.getByRole('button', { name: 'Update now' }).click();
    await loadedToo;
    assert.equal(await second.getByText(OFFER).count(), 0);
    await second.close();
  });

  test('keeps nothing of the API, and shows past sessions with the server gone', async () => {
    const { page } = rig.browser;
    const kept = await page.evaluate(async () => {
      const caches = await Promise.all(
        (await globalThis.caches.keys()).map((name) => globalThis.caches.open(name)),
      );
      const requests = (await Promise.all(caches.map((cache) => cache.keys()))).flat();
      return requests.map(({ url }) => new URL(url).pathname);
    });
    assert.ok(kept.includes('/index.html'), `the app is kept: ${kept.join(' ')}`);
    assert.deepEqual(
      kept.filter((path) => /^\/(api|rtc|config|healthz|readyz|metrics|dashboard)/.test(path)),
      [],
    );
    await gateway.stop();
    await page.goto(new URL('/sessions', gateway.url).href, { waitUntil: 'load' });
    await page.getByRole('heading', { name: 'Sessions' }).waitFor();
    await page.getByRole('listitem').getByText('Ended well').waitFor();
    assert.equal(await page.getByRole('listitem').filter({ hasText: 'Ended well' }).count(), 1);
    const answers = await page.evaluate(() =>
      Promise.all(
        [
          fetch('/api/token', {
            method: 'POST',
            body: '{}',
            headers: { 'content-type': 'application/json' },
          }),
          fetch('/healthz'),
          fetch('/config'),
        ].map((asked) => asked.then(({ status }) => String(status)).catch(() => 'no answer')),
      ),
    );
    assert.deepEqual(answers, ['no answer', 'no answer', 'no answer']);
  });
});
