/**
 * The LiveKit adapter of the gateway, and the only file here that calls a LiveKit server. Owns the translation of
 * the SDK's errors. Never passes an SDK error on, not even as `cause`: the text of a 401 contains the token.
 */
import { AgentDispatchClient, RoomServiceClient } from 'livekit-server-sdk';
import type { LiveKitAddress } from '../contracts.ts';
import { RoomDirectoryError, type RoomDirectory } from './room-directory.ts';

/** A call takes 1 to 5 ms on loopback; what has no answer in 5 s is down as far as a waiting person is concerned. */
const REQUEST_TIMEOUT_S = 5;

/** Rooms and dispatches of the server at `address`. Holds no connection of its own that needs closing. */
export function liveKitRooms(address: LiveKitAddress, requestTimeoutS = REQUEST_TIMEOUT_S): RoomDirectory {
  const httpUrl = address.url.replace(/^ws/, 'http');
  // Fail-over to other regions is LiveKit Cloud's; it would multiply the time limit by three.
  const options = { requestTimeout: requestTimeoutS, failover: false };
  const rooms = new RoomServiceClient(httpUrl, address.apiKey, address.apiSecret, options);
  const dispatches = new AgentDispatchClient(httpUrl, address.apiKey, address.apiSecret, options);
  return {
    async createRoom(roomName, timeouts) {
      await translated('create the room', async () => {
        await rooms.createRoom({
          name: roomName,
          emptyTimeout: timeouts.emptyTimeoutS,
          departureTimeout: timeouts.departureTimeoutS,
        });
      });
    },
    async dispatch(roomName, agentName, metadata) {
      await translated('dispatch an agent', async () => {
        await dispatches.createDispatch(roomName, agentName, { metadata });
      });
    },
    async deleteRoom(roomName) {
      try {
        await translated('delete the room', () => rooms.deleteRoom(roomName));
      } catch (error) {
        if (error instanceof RoomDirectoryError && error.status === 404) return; // gone already
        throw error;
      }
    },
    async ping(timeoutMs) {
      await translated('answer', async () => {
        const response = await fetch(httpUrl, { signal: AbortSignal.timeout(timeoutMs) });
        await response.body?.cancel();
        if (!response.ok) throw Object.assign(new Error('not ok'), { status: response.status });
      });
    },
  };
}

async function translated(what: string, call: () => Promise<void>): Promise<void> {
  try {
    await call();
  } catch (error) {
    throw toRoomDirectoryError(what, error);
  }
}

/** Exported for its test: the table from the SDK's errors to ours. */
export function toRoomDirectoryError(what: string, error: unknown): RoomDirectoryError {
  const status = (error as { status?: unknown } | undefined)?.status;
  if (typeof status !== 'number') {
    const timedOut = error instanceof Error && error.name === 'TimeoutError';
    const why = timedOut ? 'no answer in time' : 'no connection';
    return new RoomDirectoryError('unreachable', `the LiveKit server did not ${what}: ${why}`);
  }
  if (status === 401 || status === 403) {
    return new RoomDirectoryError(
      'refused',
      `the LiveKit server refused to ${what}: HTTP ${status}, check its key and secret`,
      status,
    );
  }
  return new RoomDirectoryError('failed', `the LiveKit server failed to ${what}: HTTP ${status}`, status);
}
