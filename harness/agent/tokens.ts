/**
 * Mints what the agent side itself needs: the worker's pass for `/agent`, and a session's pass when its child
 * must join again. Both are short-lived and go to one place only (a socket's header, a child's IPC channel).
 */
import { AccessToken, RoomServiceClient } from 'livekit-server-sdk';
import { AGENT_STATE_ATTRIBUTE } from '../../src/shared/wire.ts';
import type { LiveKitAddress, RoomTimeouts } from '../contracts.ts';

type Keys = Pick<LiveKitAddress, 'apiKey' | 'apiSecret'>;

/** A worker's pass for `/agent`, good for 10 min: only the opening handshake needs it. */
export async function mintWorkerToken(keys: Keys): Promise<string> {
  const token = new AccessToken(keys.apiKey, keys.apiSecret, { ttl: '10m' });
  token.addGrant({ agent: true });
  return token.toJwt();
}

/** A pass into `roomName` as the agent `identity`, good for 10 min, with the rights LiveKit gives to agents. */
export async function mintSessionToken(keys: Keys, roomName: string, identity: string): Promise<string> {
  const token = new AccessToken(keys.apiKey, keys.apiSecret, {
    ttl: '10m',
    identity,
    attributes: { [AGENT_STATE_ATTRIBUTE]: 'initializing' },
  });
  token.kind = 'agent';
  token.addGrant({
    agent: true,
    roomJoin: true,
    room: roomName,
    canPublish: true,
    canSubscribe: true,
    canPublishData: true,
    canUpdateOwnMetadata: true,
  });
  return token.toJwt();
}

/**
 * Makes sure that the room exists with our timeouts: after a server restart whoever joins first would make it with
 * the server's defaults, and it would close under a user who is still coming back. Bounded to 2 s; throws what the
 * server said, without the token.
 */
export async function ensureRoom(
  address: LiveKitAddress,
  roomName: string,
  timeouts: RoomTimeouts,
): Promise<void> {
  const rooms = new RoomServiceClient(address.url.replace(/^ws/, 'http'), address.apiKey, address.apiSecret, {
    requestTimeout: 2,
  });
  await rooms.createRoom({
    name: roomName,
    emptyTimeout: timeouts.emptyTimeoutS,
    departureTimeout: timeouts.departureTimeoutS,
  });
}
