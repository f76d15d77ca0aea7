/**
 * What the agent does when its own connection has ended (rtc-node gives up 15 to 33 s after a server vanished):
 * join again, or end the session. Pure; reasons are LiveKit's DisconnectReason by name.
 */
import type { BackoffPolicy } from './backoff.ts';

/** What follows a disconnection. `endReason` is what the parent is told. */
export type RejoinDecision =
  { readonly rejoin: true } | { readonly rejoin: false; readonly endReason: string };

/** The reason of a room that we give up ourselves, because its server was away and is back. */
export const STALE_ROOM = 'STALE_ROOM';

/** The waits between tries to join again: the path is proven by a TCP probe first, so a try is cheap. */
export const REJOIN_BACKOFF: BackoffPolicy = { firstMs: 200, maxMs: 1_000 };

/**
 * Ends that no joining can mend. DUPLICATE_IDENTITY: another agent has our place, and coming back would throw it
 * out. A room that was deleted or closed on purpose is over for everybody: a room made anew under its name would
 * have nobody in it.
 */
const FINAL: ReadonlyMap<string, string> = new Map([
  ['DUPLICATE_IDENTITY', 'replaced'],
  ['PARTICIPANT_REMOVED', 'removed'],
  ['ROOM_DELETED', 'roomDeleted'],
  ['ROOM_CLOSED', 'roomClosed'],
  ['CLIENT_INITIATED', 'left'],
  ['USER_REJECTED', 'rejected'],
]);

/** Whether to join again after a disconnection for `reason`. Unknown reasons are outages. */
export function decideRejoin(reason: string): RejoinDecision {
  const endReason = FINAL.get(reason);
  return endReason === undefined ? { rejoin: true } : { rejoin: false, endReason };
}
