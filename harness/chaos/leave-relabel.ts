/**
 * Makes a server's "the room was deleted" say "the room was closed" on its way to the client: the room is really gone,
 * only the reason is another. A server closes a room by itself only when no user is in it, so the reason of session.md's
 * table cannot be had from it otherwise. One byte is changed, no length.
 */
import { DisconnectReason, LeaveRequest, SignalResponse } from '@livekit/protocol';
import type { ByteSwap } from '../faults/candidate-swap.ts';

/** A swap for all connections of one client, and what arms it for the next message. */
export interface LeaveRelabel {
  readonly swap: () => ByteSwap;
  arm(): void;
}

const leave = (reason: DisconnectReason): Buffer => {
  const message = new SignalResponse({ message: { case: 'leave', value: new LeaveRequest({ reason }) } });
  const bytes = message.toBinary();
  // An unmasked binary frame, final, with a length under 126.
  return Buffer.concat([Buffer.from([0x82, bytes.byteLength]), bytes]);
};
const DELETED = leave(DisconnectReason.ROOM_DELETED);
const CLOSED = leave(DisconnectReason.ROOM_CLOSED);

/** Off until it is armed; then every such message is changed. */
export function leaveRelabel(): LeaveRelabel {
  let armed = false;
  return {
    arm: () => void (armed = true),
    swap: () => (chunk) => {
      if (!armed) return chunk;
      const at = chunk.indexOf(DELETED); // the server writes a frame at once, so it comes in one piece
      if (at < 0) return chunk;
      const changed = Buffer.from(chunk);
      CLOSED.copy(changed, at);
      return changed;
    },
  };
}
