/**
 * Makes the SDK's Room as we want it: audio only, its repair steered by core, its log silent (tokens stand in
 * the URLs and errors that it logs), and unable to stop a track of ours. A new one for every join.
 */
import { getLogger, LoggerNames, Room } from 'livekit-client';
import type { RepairDelay } from '../core/ports.ts';

/** Logger name of our rooms, so that a page that uses livekit-client itself keeps its own log. */
const SDK_LOGGER = 'clara-voice-livekit';

/** Largest payload of one incoming data stream after inflating, bytes; ours are cut at a quarter of it anyway. */
const MAX_STREAM_BYTES = 1024 * 1024;

/** A Room that is not connected yet. */
export function createSdkRoom(repairDelayMs: RepairDelay): Room {
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
  silenceSdkLog();
  // On `freeze` the SDK calls disconnect() and would stop the microphone with it.
  const disconnect = room.disconnect;
  room.disconnect = () => disconnect(false);
  return room;
}

/** The room's engine, which the SDK takes away when it disconnects, whatever its type says. */
export function sdkEngine(room: Room): Room['engine'] | undefined {
  return room.engine as Room['engine'] | undefined;
}

function silenceSdkLog(): void {
  // `false`: the SDK's own setLogLevel would write the level to the host page's localStorage.
  getLogger(SDK_LOGGER).setLevel('silent', false);
  // These two have names of their own whatever a room asks; they hold statistics and addresses.
  getLogger(LoggerNames.Stats).setLevel('silent', false);
  getLogger(LoggerNames.ICE).setLevel('silent', false);
}
