import { RoomServiceClient } from 'livekit-server-sdk';
import type { LiveKitAddress, RoomTimeouts } from '../contracts.ts';

/** The rooms of our agents at the LiveKit server, as far as the parent looks after them. */
export interface AgentRooms {
  /**
   * Makes sure that a room exists with our timeouts: after a server restart whoever joins first would make it with
   * the server's defaults, and it would close under a user who is still coming back. Bounded; rejects when it cannot.
   */
  ensure(roomName: string): Promise<void>;
  /** Puts an agent out whose process is gone or hangs: the server would notice after 15 to 20 s. Bounded, never rejects. */
  remove(roomName: string, identity: string): Promise<void>;
}

/** A call takes 1 to 5 ms on loopback; 2 s is the SDK's shortest. */
const REQUEST_TIMEOUT_S = 2;

/** The rooms of the server at `address`. What it throws holds the SDK's error, whose text may hold a token: do not log it. */
export function agentRooms(address: LiveKitAddress, timeouts: RoomTimeouts): AgentRooms {
  const client = new RoomServiceClient(
    address.url.replace(/^ws/, 'http'),
    address.apiKey,
    address.apiSecret,
    // Fail-over to other regions is LiveKit Cloud's; it would multiply the time limit by three.
    { requestTimeout: REQUEST_TIMEOUT_S, failover: false },
  );
  return {
    async ensure(roomName) {
      await client.createRoom({
        name: roomName,
        emptyTimeout: timeouts.emptyTimeoutS,
        departureTimeout: timeouts.departureTimeoutS,
      });
    },
    async remove(roomName, identity) {
      await client.removeParticipant(roomName, identity).catch(() => {}); // gone already, or the server is: nobody sees it
    },
  };
}
