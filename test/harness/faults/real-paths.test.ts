/** Both ways and the main faults against the real server and real WebRTC. Short cuts: the long ones are chaos's. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { cdpNetwork, prepareCdpNetwork, type CdpSession } from '../../../harness/faults/cdp-network.ts';
import { setMicrophonePermission } from '../../../harness/faults/cdp-permission.ts';
import {
  startClientPath,
  WAY_A_NODE_IP,
  type ClientPath,
  type RelayWay,
} from '../../../harness/faults/client-path.ts';
import { createFault } from '../../../harness/faults/create-fault.ts';
import { startLiveKitServer, type LiveKitServer } from '../../../harness/server/livekit-server.ts';
import { createRunFolder } from '../../../harness/supervisor/run-folder.ts';
import { liveKitBinary } from '../../support/node/livekit-binary.ts';
import { silentLog } from '../../support/node/silent-log.ts';
import { startStockPages, type StockPage, type StockPages } from './stock-pages.ts';

const never = new AbortController().signal;
/** Nobody listens. Above 1023: with a lower port and network emulation the renderer of Chromium 156 crashes. */
const SILENT_STUN = '127.0.0.1:17883';

interface World {
  readonly server: LiveKitServer;
  readonly path: ClientPath;
  readonly user: StockPage;
  readonly friend: StockPage;
  readonly pages: StockPages;
}

/** A call between a user behind a path and a friend who goes straight to the server. */
async function call(t: TestContext, way: RelayWay): Promise<World> {
  const runFolder = await createRunFolder({ log: silentLog });
  t.after(() => runFolder.stop());
  const { path: binary } = await liveKitBinary();
  const server = await startLiveKitServer(
    {
      runFolder,
      log: silentLog,
      binary,
      stunServers: [SILENT_STUN],
      ...(way === 'A' && { nodeIp: WAY_A_NODE_IP }),
    },
    never,
  );
  t.after(() => server.stop());
  const path = await startClientPath({ way, signalPort: server.port, udpPort: server.udpPort });
  t.after(() => path.close());
  const pages = await startStockPages(server, runFolder.path);
  t.after(() => pages[Symbol.asyncDispose]());
  const friend = await pages.open('friend', server.url);
  const user = await pages.open('user', path.url);
  await heardWithin(user, 5_000);
  await heardWithin(friend, 5_000);
  return { server, path, user, friend, pages };
}

/** Audio packets that `page` received during `overMs`; a flowing voice gives 50 a second. */
async function received(page: StockPage, overMs: number): Promise<number> {
  const before = await page.packets();
  await sleep(overMs);
  return (await page.packets()).received - before.received;
}

/** How long it took, ms, until `page` received again. */
async function heardWithin(page: StockPage, limitMs: number): Promise<number> {
  const beganMonoMs = performance.now();
  let last = (await page.packets()).received;
  while (performance.now() - beganMonoMs < limitMs) {
    await sleep(20);
    const now = (await page.packets()).received;
    if (now > last + 1) return performance.now() - beganMonoMs;
    last = Math.min(last, now);
  }
  assert.fail(`no audio within ${limitMs} ms`);
}

test('way B leads one client alone through its relay, and each fault does to real WebRTC what it says', async (t) => {
  const { server, path, user, friend, pages } = await call(t, 'B');
  const target = { media: path.media, signal: path.signal };
  assert.equal(path.media.clientCount > 0, true);
  assert.equal(path.signal.counts().upgrades, 1);

  await t.test('a cut up silences the user for the friend and not the other way round', async () => {
    const undo = await createFault('udp-up', { kind: 'udpCut', side: 'up' }, 1).apply(target, never);
    await sleep(200);
    const [toFriend, toUser] = await Promise.all([received(friend, 1_000), received(user, 1_000)]);
    assert.ok(toFriend <= 2, `${toFriend} packets came through the cut`);
    assert.ok(toUser >= 40, `${toUser} packets came the sound way`);
    await undo();
    const backMs = await heardWithin(friend, 2_000);
    t.diagnostic(`audio back ${Math.round(backMs)} ms after the heal`);
    assert.ok(backMs < 1_000, `${backMs} ms`);
  });

  await t.test('ten percent of loss is ten percent at the far end', async () => {
    const before = path.media.counts();
    const undo = await createFault('loss-10', { kind: 'udpImpair', lossRatio: 0.1 }, 7).apply(target, never);
    await sleep(3_000);
    await undo();
    const after = path.media.counts();
    const dropped = after.up.dropped - before.up.dropped;
    const share = dropped / (dropped + after.up.packets - before.up.packets);
    t.diagnostic(
      `lost ${(share * 100).toFixed(1)} % of ${dropped + after.up.packets - before.up.packets} packets`,
    );
    assert.ok(share > 0.03 && share < 0.2, `${share}`);
  });

  await t.test('a signal reset leaves the audio whole and is repaired by a new WebSocket', async () => {
    const flowing = Promise.all([received(friend, 2_500), received(user, 2_500)]);
    await createFault('ws-reset', { kind: 'signalCut', how: 'reset' }, 1).apply(target, never);
    const [toFriend, toUser] = await flowing;
    assert.ok(toFriend >= 100 && toUser >= 100, `${toFriend} and ${toUser} packets in 2.5 s`);
    const notes = await user.notes();
    assert.ok(notes.some(({ event }) => event === 'signalReconnecting'));
    assert.equal(path.signal.counts().upgrades, 2);
  });

  await t.test('a rebind moves the media to a new port and the audio comes back', async () => {
    await createFault('rebind', { kind: 'udpRebind' }, 1).apply(target, never);
    const backMs = await heardWithin(friend, 10_000);
    t.diagnostic(`audio back ${Math.round(backMs)} ms after the rebind`);
  });

  await t.test('a hole stops all and holds the signal, and everything goes on when healed', async () => {
    const undo = await createFault('hole-3', { kind: 'wholePath', how: 'hole' }, 1).apply(target, never);
    await sleep(200);
    const [toFriend, toUser] = await Promise.all([received(friend, 2_800), received(user, 2_800)]);
    assert.ok(toFriend <= 2 && toUser <= 2, `${toFriend} and ${toUser} packets came out of the hole`);
    await undo();
    const backMs = await heardWithin(friend, 3_000);
    t.diagnostic(`audio back ${Math.round(backMs)} ms after the hole`);
    assert.equal((await user.packets()).state, 'connected');
  });

  await t.test('network emulation silences a page without relay or proxy, and restores it', async () => {
    let session: CdpSession | undefined;
    const third = await pages.open('third', server.url, async (page) => {
      session = await page.context().newCDPSession(page);
      await prepareCdpNetwork(session);
    });
    assert.ok(session !== undefined);
    await heardWithin(third, 5_000);
    const undo = await cdpNetwork('cdp', session, { lossPercent: 100 }).apply({}, never);
    await sleep(300);
    const toThird = await received(third, 1_000);
    assert.ok(toThird <= 2, `${toThird} packets came through the emulated cut`);
    await undo();
    t.diagnostic(`audio back ${Math.round(await heardWithin(third, 3_000))} ms after the emulation ended`);
  });

  await t.test('a microphone whose permission is withdrawn ends for real', async () => {
    const session = await user.page.context().newCDPSession(user.page);
    const { targetInfo } = await session.send('Target.getTargetInfo');
    const scope = {
      origin: new URL(user.page.url()).origin,
      ...(targetInfo.browserContextId !== undefined && { browserContextId: targetInfo.browserContextId }),
    };
    const ended = user.page.evaluate(async () => {
      const [track] = (await navigator.mediaDevices.getUserMedia({ audio: true })).getAudioTracks();
      (window as unknown as { opened: boolean }).opened = true;
      return new Promise<string>((resolve) =>
        track?.addEventListener('ended', () => resolve(track.readyState)),
      );
    });
    await user.page.waitForFunction(() => 'opened' in window);
    await setMicrophonePermission(session, scope, false);
    assert.equal(await Promise.race([ended, sleep(2_000, 'still live after 2 s')]), 'ended');
    await setMicrophonePermission(session, scope, true);
  });
});

test('way A leads every client through one relay with nothing in between', async (t) => {
  const { path, user, friend } = await call(t, 'A');
  assert.ok(path.media.clientCount >= 2, `${path.media.clientCount} clients at the relay`);
  const undo = await createFault('udp-cut', { kind: 'udpCut', side: 'both' }, 1).apply(
    { media: path.media },
    never,
  );
  await sleep(200);
  const [toFriend, toUser] = await Promise.all([received(friend, 1_000), received(user, 1_000)]);
  assert.ok(toFriend <= 2 && toUser <= 2, `${toFriend} and ${toUser} packets came through the cut`);
  await undo();
  const backMs = await heardWithin(friend, 2_000);
  t.diagnostic(`audio back ${Math.round(backMs)} ms after the heal`);
});
