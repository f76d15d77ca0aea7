/**
 * What an operator does to the user's room, over the server's own API. Finds the room by asking: a run's server has one
 * user. Never passes an error of the SDK on: its text may hold a token.
 */
import { once } from 'node:events';
import { ParticipantInfo_Kind } from '@livekit/protocol';
import { AccessToken, RoomServiceClient } from 'livekit-server-sdk';
import WebSocket from 'ws';
import type { LiveKitAddress } from '../contracts.ts';
import type { RoomControl, Undo } from '../faults/fault.ts';

const REQUEST_TIMEOUT_S = 5;
const JOIN_LIMIT_MS = 5_000;

/** A {@link RoomControl} that can look up beforehand whom it will hit, so that the hit itself takes no time. */
export interface PreparedRoomControl extends RoomControl {
  /** Finds the user's room, and asks the server for nothing more afterwards but what is done. */
  prepare(): Promise<void>;
}

/** @param relabelRoomClosed makes the user's next leave message say ROOM_CLOSED; see leave-relabel.ts */
export function roomControl(address: LiveKitAddress, relabelRoomClosed: () => void): PreparedRoomControl {
  const rooms = new RoomServiceClient(address.url.replace(/^ws/, 'http'), address.apiKey, address.apiSecret, {
    requestTimeout: REQUEST_TIMEOUT_S,
    failover: false,
  });
  let known: Promise<{ room: string; identity: string }> | undefined;
  const user = () => known ?? find();
  const find = async (): Promise<{ room: string; identity: string }> => {
    const found = await said('list rooms', () => rooms.listRooms());
    for (const { name } of found) {
      const people = await said('list participants', () => rooms.listParticipants(name));
      const person = people.find(({ kind }) => Number(kind) !== Number(ParticipantInfo_Kind.AGENT));
      if (person !== undefined) return { room: name, identity: person.identity };
    }
    throw new Error(`no user is in any of the server's ${found.length} rooms`);
  };
  return {
    prepare: async () => {
      known = find();
      await known;
    },
    removeUser: async () => {
      const { room, identity } = await user();
      await said('remove the user', () => rooms.removeParticipant(room, identity));
    },
    deleteRoom: async () => {
      const { room } = await user();
      await said('delete the room', () => rooms.deleteRoom(room));
    },
    closeRoom: async () => {
      const { room } = await user();
      relabelRoomClosed();
      await said('delete the room', () => rooms.deleteRoom(room));
    },
    joinAsUser: async () => {
      const { room, identity } = await user();
      const token = new AccessToken(address.apiKey, address.apiSecret, { identity, ttl: '1m' });
      token.addGrant({ roomJoin: true, room });
      return openSignal(`${address.url}/rtc?protocol=15&sdk=js&version=2.0.0`, await token.toJwt());
    },
  };
}

/** A join that is no more than its signal connection: enough for the server to put the other one out. */
async function openSignal(url: string, token: string): Promise<Undo> {
  const socket = new WebSocket(url, { headers: { authorization: `Bearer ${token}` } });
  socket.on('error', () => undefined); // told by the close, or by the wait below
  const limit = AbortSignal.timeout(JOIN_LIMIT_MS);
  try {
    await once(socket, 'message', { signal: limit });
  } catch {
    socket.terminate();
    throw new Error(`the second join was not answered within ${JOIN_LIMIT_MS} ms`);
  }
  return async () => {
    if (socket.readyState === WebSocket.CLOSED) return;
    const closed = once(socket, 'close', { signal: AbortSignal.timeout(1_000) });
    socket.close();
    await closed.catch(() => socket.terminate());
  };
}

async function said<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const status = (error as { status?: unknown }).status;
    // eslint-disable-next-line preserve-caught-error -- whoever prints an error prints its cause too
    throw new Error(`the server did not ${what}${typeof status === 'number' ? ` (HTTP ${status})` : ''}`);
  }
}
