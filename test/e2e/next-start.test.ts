import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import type { CallRig } from '../../harness/call/call-rig.ts';
import type * as ConfigModule from '../../harness/config/resolve-config.ts';
import type { Stack } from '../../harness/stack/start-stack.ts';
import type * as StackModule from '../../harness/stack/start-stack.ts';
import type * as RunFolderModule from '../../harness/supervisor/run-folder.ts';
import type { RunFolder } from '../../harness/supervisor/run-folder.ts';
import { complaintsOf, phaseShown, pressStart, startPageRig } from '../support/node/page-rig.ts';
import { silentLog } from '../support/node/silent-log.ts';

async function built<T>(path: string): Promise<T> {
  return (await import(new URL(`../../dist/harness/${path}`, import.meta.url).href)) as T;
}

/** One browser profile, and servers that come and go at the same address, as with `npm start` day after day. */
describe('a browser that has been here before', () => {
  let rig: CallRig;
  let runFolder: RunFolder | undefined;
  let next: Stack | undefined;

  before(async () => {
    rig = await startPageRig();
  });
  after(async () => {
    await next?.stop();
    await rig?.stop();
    await runFolder?.stop();
  });

  /** Another start at the same address: new LiveKit ports, new keys. */
  async function startNext(): Promise<Stack> {
    const { startStack } = await built<typeof StackModule>('stack/start-stack.js');
    const { resolveConfig } = await built<typeof ConfigModule>('config/resolve-config.js');
    const { createRunFolder } = await built<typeof RunFolderModule>('supervisor/run-folder.js');
    const config = resolveConfig({
      flags: {},
      env: {},
      defaults: { port: rig.stack.gateway.port, pipeline: 'count' },
    });
    runFolder = await createRunFolder({ log: silentLog });
    return startStack(
      config,
      {
        runFolder,
        log: silentLog,
        report: () => undefined,
        stateFolder: join(runFolder.path, 'state'),
      },
      AbortSignal.timeout(60_000),
    );
  }

  test('connects to the next server at the same address, from the kept page and from a new one', async () => {
    const { page, ear } = rig.browser;
    await page.goto(rig.url, { waitUntil: 'load' });
    await page.evaluate(async () => {
      await navigator.serviceWorker.ready;
    });
    await pressStart(rig); // the first visit that the worker is in charge of
    await phaseShown(rig, 'connected');
    assert.ok(await page.evaluate(() => navigator.serviceWorker.controller !== null));
    await rig.stack.stop(); // in the middle of a call: this tab keeps a way back that the next server cannot know

    await page.goto(rig.url, { waitUntil: 'load' }); // the kept page, as nobody answers
    next = await startNext();
    assert.notEqual(next.livekit.publicUrl, rig.stack.livekit.publicUrl);
    const atKept = ear.reports.length;
    await page.getByRole('button', { name: 'Start Session' }).click();
    await phaseShown(rig, 'connected', atKept);
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    await phaseShown(rig, 'ended', atKept);

    const atNew = ear.reports.length;
    await pressStart(rig);
    await phaseShown(rig, 'connected', atNew);
    assert.deepEqual(complaintsOf(rig), []);
  });
});
