/**
 * The entry point of a session's process. It owns the process: the IPC channel, the native library, the exit. It
 * waits warm (rtc-node and the detector loaded) for `start`, runs one session and ends. When the parent is gone it
 * leaves the room and ends its own group; nothing keeps it alive for longer than {@link EXIT_LIMIT_MS}.
 */
import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { AudioSource, dispose } from '@livekit/rtc-node';
import { systemClock } from './clock.ts';
import { CountPipeline } from './count-pipeline.ts';
import { deferred, within } from './deferred.ts';
import { parseParentMessage } from './ipc.ts';
import type { ChildMessage, ParentMessage, StartMessage } from './ipc.ts';
import { LiveRoom, sinkOf } from './live-room.ts';
import { ParrotPipeline } from './parrot-pipeline.ts';
import { SAMPLE_RATE_HZ } from './pcm.ts';
import type { Pipeline, PipelineHost } from './pipeline.ts';
import { QUEUE_LIMIT_MS, Speaker } from './speaker.ts';
import { chooseVoice } from './tts.ts';
import type { TtsProvider } from './tts.ts';
import { openVoiceDetector } from './vad.ts';
import type { VoiceDetector } from './vad.ts';
import { RemoteDialogue } from '../responder/remote-dialogue.ts';
import { RespondingPipeline } from '../responder/responding-pipeline.ts';
import { startWatchdog } from '../supervisor/watchdog.ts';
import { HARNESS_VERSION } from './version.ts';
import { VoiceSession } from './voice-session.ts';

/** From the order to end to the end of the process, ms; the bar is 2 s from the user's bye. */
const EXIT_LIMIT_MS = 1_000;
/** Between two life signs, ms. */
const BEAT_EVERY_MS = 1_000;
const TOKEN_LIMIT_MS = 5_000;
const PROBE_LIMIT_MS = 500;
/** A loop that stands still for this long ends the process, even when nobody else lives to do it, ms. */
const STANDSTILL_LIMIT_MS = 10_000;

const detector = await openVoiceDetector();
const started = deferred<StartMessage | undefined>();
let session: VoiceSession | undefined;
let speaker: Speaker | undefined;
let dialogue: RemoteDialogue | undefined;
let onToken: ((token: string | undefined) => void) | undefined;

function report(message: ChildMessage): void {
  if (process.connected) process.send?.(message, () => {}); // a channel that closes meanwhile ends us anyway
}

/** Makes sure of the end: leaving may hang in native code, and what we started must go with us. */
function end(reason: string): void {
  setTimeout(() => process.kill(-process.pid, 'SIGKILL'), EXIT_LIMIT_MS).unref();
  started.resolve(undefined);
  session?.end(reason);
}

function onMessage(message: ParentMessage): void {
  switch (message.type) {
    case 'start':
      started.resolve(message);
      return;
    case 'token':
      onToken?.(message.token);
      return;
    case 'serverBack':
      session?.serverBack(message.token);
      return;
    case 'rebuild':
      session?.rebuild(message.identity);
      return;
    case 'tokenRefused':
      onToken?.(undefined);
      return;
    case 'sentence':
    case 'answered':
      dialogue?.take(message);
      return;
    case 'end':
      end(message.reason);
  }
}

async function freshToken(): Promise<string> {
  const answer = deferred<string | undefined>();
  onToken = answer.resolve;
  report({ type: 'tokenWanted' });
  const token = await within(TOKEN_LIMIT_MS, answer.promise);
  onToken = undefined;
  if (token === undefined) throw new Error(`no fresh token within ${TOKEN_LIMIT_MS} ms`);
  return token;
}

/** Whether something listens where the server should: cheaper and quicker than rtc-node's own try. */
async function isServerThere(url: string): Promise<boolean> {
  const { hostname, port, protocol } = new URL(url);
  const socket = connect({
    host: hostname,
    port: port === '' ? (/^(wss|https):/.test(protocol) ? 443 : 80) : Number(port),
  });
  const answer = deferred<boolean>();
  socket.on('connect', () => answer.resolve(true));
  socket.on('error', () => answer.resolve(false));
  const there = await within(PROBE_LIMIT_MS, answer.promise);
  socket.destroy();
  return there === true;
}

function makePipeline(
  start: StartMessage,
  host: PipelineHost,
  voice: Promise<TtsProvider | undefined>,
  ears: VoiceDetector,
): Pipeline {
  if (start.pipeline === 'count') return new CountPipeline(host, start.nextWord);
  if (!start.responds) return new ParrotPipeline(host, { detector: ears, voice });
  dialogue = new RemoteDialogue(report, randomUUID());
  return new RespondingPipeline(host, { dialogue, detector: ears, earlier: start.context });
}

async function serve(start: StartMessage): Promise<void> {
  const source = new AudioSource(SAMPLE_RATE_HZ, 1, QUEUE_LIMIT_MS);
  const speaks = start.pipeline === 'parrot' && !start.responds;
  const voice = chooseVoice(speaks ? start.voice : 'none').catch(() => undefined);
  const out = new Speaker(sinkOf(source), systemClock);
  speaker = out;
  const speakerLife = new AbortController();
  const speaking = out.run(speakerLife.signal);
  const running = new VoiceSession({
    start,
    clock: systemClock,
    random: Math.random,
    version: HARNESS_VERSION,
    out,
    makePipeline: (host) => makePipeline(start, host, voice, detector),
    join: (token, handler) => LiveRoom.join(start.url, token, source, handler),
    isServerThere: () => isServerThere(start.url),
    freshToken,
    report,
  });
  session = running;
  const reason = await running.run();
  setTimeout(() => process.kill(-process.pid, 'SIGKILL'), EXIT_LIMIT_MS).unref();
  report({ type: 'ended', reason });
  speakerLife.abort();
  await within(500, speaking);
  await within(500, source.close());
  await within(500, dispose());
}

process.on('message', (value) => onMessage(parseParentMessage(value)));
process.on('disconnect', () => end('parentGone'));
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => end(signal));

startWatchdog({
  limitMs: STANDSTILL_LIMIT_MS,
  onLost: (error) => report({ type: 'error', code: 'watchdogLost', message: error.message }),
});
report({ type: 'ready' });
setInterval(() => report({ type: 'beat', soundMs: speaker?.handedMs ?? 0 }), BEAT_EVERY_MS).unref();
const start = await started.promise;
if (start !== undefined) await serve(start);
process.exit(0);
