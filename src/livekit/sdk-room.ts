/**
 * Makes the SDK's Room as we want it: audio only, its repair steered by core, its log silent (tokens stand in
 * the URLs and errors that it logs), its known holes covered. A new one for every join.
 */
import { ConnectionError, getLogger, LoggerNames, Room } from 'livekit-client';
import type { Clock, RoomJoin } from '../core/ports.ts';
import { keepPathThatCarries } from './kept-path.ts';
import { resumeRatherThanRestart } from './sdk-repair.ts';

/** Logger name of our rooms, so that a page that uses livekit-client itself keeps its own log. */
const SDK_LOGGER = 'clara-voice-livekit';

/** Largest payload of one incoming data stream after inflating, bytes; ours are cut at a quarter of it anyway. */
const MAX_STREAM_BYTES = 1024 * 1024;

/** Most media sections of a kind that the server may ask for over one signal connection; a call with one agent needs one. */
const MAX_MEDIA_SECTIONS = 32;

/** A Room that is not connected yet. */
export function createSdkRoom(
  { repairDelayMs, mayKeepPath }: Pick<RoomJoin, 'repairDelayMs' | 'mayKeepPath'>,
  clock: Clock,
): Room {
  silenceSdkLog();
  const room: Room = new Room({
    loggerName: SDK_LOGGER,
    adaptiveStream: false,
    dynacast: false,
    webAudioMix: false,
    stopLocalTrackOnUnpublish: false,
    // `beforeunload` may be answered with "stay", and a reload comes back with its resume value.
    disconnectOnPageLeave: false,
    reconnectPolicy: {
      nextRetryDelayInMs: ({ retryCount, elapsedMs }) =>
        repairDelayMs(retryCount, elapsedMs, {
          fullReconnectAsked: sdkEngine(room)?.fullReconnectOnNext ?? false,
        }),
    },
    dataStream: { maxPayloadByteLength: MAX_STREAM_BYTES },
  });
  endPathFallback(room.engine);
  swallowBadPackets(room.engine);
  guardSignalAnswers(room.engine);
  resumeRatherThanRestart(room.engine);
  keepPathThatCarries(room.engine, mayKeepPath, clock);
  return room;
}

/** The room's engine, which the SDK takes away when it disconnects, whatever its type says. */
export function sdkEngine(room: Room): Room['engine'] | undefined {
  return room.engine;
}

/**
 * Closes what the SDK leaves behind: an engine whose join was refused believes that it is closed already and keeps
 * the peer connection that it made for its offer (livekit-client 2.23). Never rejects.
 */
export async function closeEngine(engine: Room['engine'] | undefined): Promise<void> {
  await engine?.close().catch(() => {});
  await engine?.cleanupPeerConnections().catch(() => {});
  await engine?.client.close().catch(() => {}); // the socket too; waits for a close that is under way
}

/**
 * Ends at once what an engine whose close does not come to its end still has: the server takes whatever it does for
 * ours. Nothing of it tells the engine, which would repair it.
 */
export function cutEngine(engine: Room['engine'] | undefined): void {
  if (engine === undefined) return;
  closeEngine(engine).catch(() => {}); // no new try of its own; by its contract it never rejects
  engine.client.resetCallbacks();
  engine.client.ws?.close({ closeCode: 1000 });
  engine.pcManager?.publisher.close();
  engine.pcManager?.subscriber?.close();
}

/**
 * After a 404 the SDK falls back to the old path, and after a 404 there to the same path again, without end and
 * without a pause (livekit-client 2.23). A second try on the old path is refused here.
 */
function endPathFallback(engine: Room['engine']): void {
  const join = engine.join.bind(engine);
  let triedOldPath = false;
  engine.join = (url, token, opts, abortSignal, useV0Path = false) => {
    if (useV0Path && triedOldPath) return Promise.reject(ConnectionError.notAllowed('no LiveKit here', 404));
    triedOldPath = useV0Path;
    return join(url, token, opts, abortSignal, useV0Path);
  };
}

/**
 * A packet that is none, or a stream header with an id that is taken, throws inside the SDK's async listener and would
 * reach the page as an unhandled rejection (livekit-client 2.23). Such a packet is dropped; the next one is read.
 */
function swallowBadPackets(engine: Room['engine']): void {
  const listeners = engine as unknown as Record<
    string,
    ((message: MessageEvent) => Promise<void>) | undefined
  >;
  for (const name of ['handleDataMessage', 'handleDataTrackMessage']) {
    const listener = listeners[name];
    if (listener !== undefined) listeners[name] = (message) => listener(message).catch(() => {});
  }
}

/** What the SDK gives its signal client to call, as far as it is guarded here. */
interface SignalAnswers {
  onAnswer?: (...answer: unknown[]) => Promise<void>;
  onOffer?: (...offer: unknown[]) => Promise<void>;
  onTrickle?: (candidate: RTCIceCandidateInit, target: number) => void;
  onMediaSectionsRequirement?: (requirement: { numAudios: number; numVideos: number }) => void;
}

/**
 * Nobody awaits what these do in the SDK, so a description or candidate that the browser refuses would reach the page
 * as an unhandled rejection, and it adds as many media sections as the server asks for: with 2^31 the page stands
 * still (livekit-client 2.23). A refused one is dropped; if sound stops for it, the media samples tell.
 */
function guardSignalAnswers(engine: Room['engine']): void {
  const guarded = engine as unknown as { setupSignalClientCallbacks?: () => void };
  const setUp = guarded.setupSignalClientCallbacks?.bind(engine);
  if (setUp === undefined) return;
  guarded.setupSignalClientCallbacks = () => {
    setUp();
    const answers = engine.client as unknown as SignalAnswers;
    const { onAnswer, onOffer, onMediaSectionsRequirement } = answers;
    if (onAnswer) answers.onAnswer = (...answer) => onAnswer(...answer).catch(() => {});
    if (onOffer) answers.onOffer = (...offer) => onOffer(...offer).catch(() => {});
    answers.onTrickle = (candidate, target) => {
      const { pcManager } = engine;
      for (const transport of [pcManager?.publisher, pcManager?.subscriber])
        if (transport !== undefined) dropRefusedCandidates(transport);
      pcManager?.addIceCandidate(candidate, target).catch(() => {});
    };
    const left = { audio: MAX_MEDIA_SECTIONS, video: MAX_MEDIA_SECTIONS };
    if (onMediaSectionsRequirement)
      answers.onMediaSectionsRequirement = (asked) => {
        const numAudios = Math.min(asked.numAudios, left.audio);
        const numVideos = Math.min(asked.numVideos, left.video);
        left.audio -= numAudios;
        left.video -= numVideos;
        // Asked for none, it has one to spare and wants a new offer only: without it nobody would be heard.
        const asksForNone = asked.numAudios + asked.numVideos === 0;
        if (asksForNone || numAudios + numVideos > 0) onMediaSectionsRequirement({ numAudios, numVideos });
      };
  };
}

/**
 * A candidate that comes before its description waits in the SDK, which hands it to the browser later and awaits nothing
 * (livekit-client 2.23), so the connection itself takes it without a rejection. Not by the getter `pc`: it makes a new connection after a close.
 */
function dropRefusedCandidates(transport: object): void {
  const { _pc: pc } = transport as { readonly _pc?: RTCPeerConnection | null };
  if (!pc || Object.hasOwn(pc, 'addIceCandidate')) return;
  const add = pc.addIceCandidate.bind(pc);
  pc.addIceCandidate = (candidate?: RTCIceCandidateInit | null) => add(candidate).catch(() => {});
}

/**
 * Through the methods and not the level: the SDK sets the level of a logger back each time it makes one, and its
 * own setLogLevel would write to the host page's localStorage. Stats and ICE have names of their own whatever a
 * room asks for; they print statistics and addresses.
 */
function silenceSdkLog(): void {
  for (const name of [SDK_LOGGER, LoggerNames.Stats, LoggerNames.ICE]) {
    const logger = getLogger(name);
    logger.methodFactory = () => () => {};
    logger.rebuild();
  }
}
