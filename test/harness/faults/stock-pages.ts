/**
 * Two pages with stock livekit-client in one headless Chromium, talking to each other over a real livekit-server:
 * "user" goes through a client path, "friend" straight to the server. Each plays its fake microphone. For tests that
 * prove that faults reach real WebRTC; holds no policy of ours.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { AccessToken } from 'livekit-server-sdk';
import { chromium, type Browser, type Page } from 'playwright-core';
import { findChromium } from '../../../harness/browser/find-chromium.ts';
import { toneWordBlocks, CALL_WAV_HZ } from '../../../harness/call/tone-word-wav.ts';
import { writeWav } from '../../../harness/call/wav-file.ts';
import type { LiveKitServer } from '../../../harness/server/livekit-server.ts';

const PAGE_SCRIPT = `
import { ConnectionState, Room, RoomEvent } from 'livekit-client';
const room = new Room({ audioCaptureDefaults: { echoCancellation: false, noiseSuppression: false, autoGainControl: false } });
const states = [];
for (const event of [RoomEvent.ConnectionStateChanged, RoomEvent.SignalReconnecting, RoomEvent.Reconnecting, RoomEvent.Reconnected, RoomEvent.Disconnected])
  room.on(event, (what) => states.push({ event, atWallMs: Date.now(), ...(typeof what === 'string' && { state: what }), ...(event === 'disconnected' && { reason: what ?? null }) }));
room.on(RoomEvent.TrackSubscribed, (track) => { if (track.kind === 'audio') track.attach(); });
const connections = [];
const Original = window.RTCPeerConnection;
window.RTCPeerConnection = class extends Original { constructor(...args) { super(...args); connections.push(this); } };
// The SDK keeps packets of closed connections to itself, so the count over all may fall: only differences are used.
async function packets() {
  let received = 0, sent = 0;
  for (const pc of connections) {
    if (pc.connectionState === 'closed') continue;
    for (const report of (await pc.getStats()).values()) {
      if (report.type === 'inbound-rtp' && report.kind === 'audio') received += report.packetsReceived;
      if (report.type === 'outbound-rtp' && report.kind === 'audio') sent += report.packetsSent;
    }
  }
  return { received, sent, state: room.state };
}
window.stock = {
  states, packets,
  async join(url, token) { await room.connect(url, token); await room.localParticipant.setMicrophoneEnabled(true); },
  leave: () => room.disconnect(),
};
`;

/** What a page counts now: audio packets of the open connections. */
export interface PacketCount {
  readonly received: number;
  readonly sent: number;
  readonly state: string;
}

/** Something that the page's room told. */
export interface RoomNote {
  readonly event: string;
  readonly atWallMs: number;
  readonly state?: string;
  readonly reason?: unknown;
}

/** One page; `packets` and `notes` read what it knows. */
export interface StockPage {
  readonly page: Page;
  packets(): Promise<PacketCount>;
  notes(): Promise<RoomNote[]>;
}

/** The browser and what is needed to open pages; disposing closes all. */
export class StockPages implements AsyncDisposable {
  readonly #browser: Browser;
  readonly #site: Server;
  readonly #server: LiveKitServer;
  readonly #room: string;

  constructor(browser: Browser, site: Server, server: LiveKitServer, room: string) {
    this.#browser = browser;
    this.#site = site;
    this.#server = server;
    this.#room = room;
  }

  /** Joins with the microphone on; `url` is the server's or a path's. @param prepare runs before the page makes a connection. */
  async open(identity: string, url: string, prepare?: (page: Page) => Promise<void>): Promise<StockPage> {
    const page = await (await this.#browser.newContext()).newPage();
    await page.goto(`http://127.0.0.1:${(this.#site.address() as AddressInfo).port}/`);
    await prepare?.(page);
    const token = new AccessToken(this.#server.apiKey, this.#server.apiSecret, { identity, ttl: '10m' });
    token.addGrant({ roomJoin: true, room: this.#room, canPublish: true, canSubscribe: true });
    const jwt = await token.toJwt();
    await page.waitForFunction(() => 'stock' in window);
    await page.evaluate(
      ([to, with_]) =>
        (window as unknown as { stock: { join(url: string, token: string): Promise<void> } }).stock.join(
          to!,
          with_!,
        ),
      [url, jwt],
    );
    return {
      page,
      packets: () =>
        page.evaluate(() =>
          (window as unknown as { stock: { packets(): Promise<PacketCount> } }).stock.packets(),
        ),
      notes: () => page.evaluate(() => (window as unknown as { stock: { states: RoomNote[] } }).stock.states),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
    this.#site.closeAllConnections();
    await new Promise((resolve) => this.#site.close(resolve));
  }
}

/** Starts Chromium. @param folder for the microphone's WAV; the caller removes it. */
export async function startStockPages(server: LiveKitServer, folder: string): Promise<StockPages> {
  const microphone = `${folder}/microphone.wav`;
  await writeWav(microphone, CALL_WAV_HZ, toneWordBlocks(0, 120_000));
  const bundled = await build({
    stdin: { contents: PAGE_SCRIPT, resolveDir: fileURLToPath(new URL('../../..', import.meta.url)) },
    bundle: true,
    format: 'esm',
    write: false,
    logLevel: 'error',
  });
  const binary = await findChromium({ env: process.env, report: () => {} }, AbortSignal.timeout(60_000));
  const browser = await chromium.launch({
    executablePath: binary.path,
    args: [
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--use-fake-ui-for-media-stream',
      '--use-fake-device-for-media-stream',
      `--use-file-for-fake-audio-capture=${microphone}`,
      '--allow-loopback-in-peer-connection',
      '--autoplay-policy=no-user-gesture-required',
      '--disable-background-timer-throttling',
      '--disable-renderer-backgrounding',
    ],
  });
  // A real site, and not a routed page: Chromium lets only a page from loopback talk to loopback.
  const script = bundled.outputFiles[0]?.text ?? '';
  const site = createServer((request, response) => {
    response.setHeader('Content-Type', request.url === '/stock.js' ? 'text/javascript' : 'text/html');
    response.end(
      request.url === '/stock.js'
        ? script
        : '<!doctype html><title>stock</title><script type="module" src="/stock.js"></script>',
    );
  });
  site.listen(0, '127.0.0.1');
  await once(site, 'listening');
  return new StockPages(browser, site, server, `room-${process.pid}-${Date.now()}`);
}
