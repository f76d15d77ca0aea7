/**
 * The first join in the life of a livekit-server takes it 100 to 400 ms more than every later one (measured on 2
 * cores: 108 ms alone, 186 to 414 ms beside an agent's start; later ones 3 to 38 ms). This makes that join, so that no
 * person waits for it. It leaves no room and no socket behind.
 */
import WebSocket from 'ws';
import { AccessToken, RoomServiceClient } from 'livekit-server-sdk';
import type { LiveKitAddress } from '../contracts.ts';

/** Longest wait for the join, ms; a server that takes longer has other troubles. */
const JOIN_LIMIT_MS = 2_000;
const ROOM_NAME = 'clara-warm-up';

/** Makes one join and ends it. Bounded; never rejects, a server that could not be warmed serves all the same. */
export async function warmUpServer({ url, apiKey, apiSecret }: LiveKitAddress): Promise<void> {
  try {
    const token = new AccessToken(apiKey, apiSecret, { identity: ROOM_NAME, ttl: '1m' });
    token.addGrant({ roomJoin: true, room: ROOM_NAME, canPublish: false, hidden: true });
    await openAndClose(`${url.replace(/^http/, 'ws')}/rtc?auto_subscribe=0`, await token.toJwt());
    const rooms = new RoomServiceClient(url.replace(/^ws/, 'http'), apiKey, apiSecret, {
      requestTimeout: 2,
      failover: false,
    });
    await rooms.deleteRoom(ROOM_NAME);
  } catch {
    // What the SDK throws may hold a token, and nobody needs to know.
  }
}

/** Resolves when the server has answered the join, or after {@link JOIN_LIMIT_MS}. */
function openAndClose(address: string, token: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = new WebSocket(address, {
      headers: { Authorization: `Bearer ${token}` },
      handshakeTimeout: JOIN_LIMIT_MS,
    });
    const limit = setTimeout(() => socket.terminate(), JOIN_LIMIT_MS);
    socket.on('open', () => socket.close());
    socket.on('error', () => undefined); // `close` follows
    socket.on('close', () => {
      clearTimeout(limit);
      resolve();
    });
  });
}
