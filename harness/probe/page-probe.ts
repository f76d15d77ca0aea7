/**
 * Runs in a page before its own scripts and watches what a person would notice: sound both ways, the shown phase,
 * errors. Owns the hooks; never changes what the page does: every hook hands on exactly what the original gives.
 * Works in any page that talks WebRTC; only the phases need a page that sends `clara-phase-change`.
 */
import {
  PHASE_EVENT,
  PROBE_BINDING,
  PROBE_HANDLE,
  PROBE_WISHES,
  type ProbeHandle,
  type ProbeHappening,
  type ProbeReport,
  type ProbeWishes,
  type SoundSide,
} from '../../src/shared/probe-report.ts';
import { watchMedia } from './media-watch.ts';
import { SoundWatch } from './sound-watch.ts';
import { readLines, watchText } from './text-watch.ts';
import { readTrack } from './track-reader.ts';

function report(happening: ProbeHappening, monoMs = performance.now()): void {
  const agoMs = performance.now() - monoMs;
  const full: ProbeReport = { ...happening, at: { monoMs, wallMs: Date.now() - agoMs } };
  const ear = (globalThis as Record<string, unknown>)[PROBE_BINDING];
  if (typeof ear === 'function') (ear as (json: string) => void)(JSON.stringify(full));
}

/** The SDK's text of a 401 holds the whole token. */
function safeText(value: unknown): string {
  return String(value)
    .replace(/eyJ[\w-]+\.[\w-]+\.[\w-]*/g, '<token>')
    .slice(0, 500);
}

const watched = new WeakSet<MediaStreamTrack>();
const microphones = new Set<MediaStreamTrack>();
const connections = new Set<RTCPeerConnection>();
const players = new Set<HTMLMediaElement>();

function watchTrack(track: MediaStreamTrack, side: SoundSide): void {
  if (track.kind !== 'audio' || watched.has(track)) return;
  watched.add(track);
  const watch = new SoundWatch(side, report);
  let live = false;
  readTrack(track, (block) => {
    if (!live) report({ kind: 'track', side, live: (live = true) }, block.monoMs);
    watch.push(block);
  }).then(
    () => report({ kind: 'track', side, live: false }),
    (error: unknown) =>
      report({ kind: 'pageError', message: `probe cannot read a track: ${safeText(error)}` }),
  );
}

function hookMicrophone(): void {
  const devices = (navigator as { mediaDevices?: MediaDevices }).mediaDevices; // absent in insecure pages
  if (devices === undefined) return;
  const original = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (constraints) => {
    const stream = await original(constraints);
    for (const track of stream.getAudioTracks()) {
      microphones.add(track);
      watchTrack(track, 'user');
    }
    return stream;
  };
}

function hookPeerConnections(): void {
  const Original = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Original {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      connections.add(this);
      this.addEventListener('track', (event) => watchTrack(event.track, 'agent'));
    }
  };
}

function hookSignal(): void {
  const Original = window.WebSocket;
  window.WebSocket = class extends Original {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols);
      const address = new URL(this.url);
      if (!/\/rtc(\/v\d+)?$/.test(address.pathname)) return;
      // Older clients say `reconnect=1` in the open; from /rtc/v1 on it is inside the join request.
      this.addEventListener('open', () =>
        report({ kind: 'signalOpened', resume: address.searchParams.get('reconnect') === '1' }),
      );
      this.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
        if (isJoinResponse(data)) report({ kind: 'joined' });
      });
    }
  };
}

/** A `SignalResponse` (livekit_rtc.proto) whose only field is `join`, number 1 and length-delimited. */
function isJoinResponse(data: unknown): boolean {
  return data instanceof ArrayBuffer && data.byteLength > 1 && new Uint8Array(data, 0, 1)[0] === 0x0a;
}

function hookPlayers(): void {
  const original = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, 'play')?.value as
    ((this: HTMLMediaElement) => Promise<void>) | undefined;
  if (original === undefined) return;
  HTMLMediaElement.prototype.play = function play(this: HTMLMediaElement) {
    players.add(this);
    return original.call(this);
  };
}

function giveHandle(): void {
  const handle: ProbeHandle = {
    unplugMicrophone() {
      for (const track of microphones) {
        if (track.readyState === 'ended') continue;
        track.stop(); // ends it without telling the page; an unplugged device tells
        track.dispatchEvent(new Event('ended'));
      }
    },
    openMicrophones: () => [...microphones].filter((track) => track.readyState === 'live').length,
    openedMicrophones: () => microphones.size,
    playing: () =>
      [...players, ...document.querySelectorAll('audio, video')].filter(
        (player) =>
          player instanceof HTMLMediaElement &&
          player.srcObject !== null &&
          !player.paused &&
          player.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA,
      ).length,
    openConnections: () => {
      for (const connection of connections)
        if (connection.connectionState === 'closed') connections.delete(connection); // a watcher shall not be a leak
      return connections.size;
    },
    lines: () => readLines(),
  };
  Object.defineProperty(globalThis, PROBE_HANDLE, { value: handle });
}

function hookPage(): void {
  window.addEventListener('click', (event) => event.isTrusted && report({ kind: 'click' }, event.timeStamp), {
    capture: true,
  });
  window.addEventListener(
    PHASE_EVENT,
    (event) => {
      const { phase, reason } = event as Event & { phase?: unknown; reason?: unknown };
      report({ kind: 'phase', phase: String(phase), ...(typeof reason === 'string' && { reason }) });
    },
    { capture: true },
  );
  document.addEventListener('securitypolicyviolation', (event) =>
    report({ kind: 'cspViolation', directive: event.effectiveDirective, blocked: event.blockedURI }),
  );
  window.addEventListener('error', (event) => {
    if (event instanceof ErrorEvent) report({ kind: 'pageError', message: safeText(event.message) });
  });
  window.addEventListener('unhandledrejection', (event) =>
    report({ kind: 'pageError', message: `unhandled rejection: ${safeText(event.reason)}` }),
  );
}

// A page may hold frames of others; only the page itself is under test.
if (window.top === window) {
  hookMicrophone();
  hookPeerConnections();
  hookSignal();
  hookPage();
  hookPlayers();
  giveHandle();
  const wishes = (globalThis as Record<string, unknown>)[PROBE_WISHES] as ProbeWishes | undefined;
  if (wishes?.text === true) watchText((lines) => report({ kind: 'shown', lines }));
  if (wishes?.mediaEveryMs !== undefined)
    watchMedia(connections, wishes.mediaEveryMs, (counts) => report({ kind: 'media', ...counts }));
  report({ kind: 'ready' });
}
