/**
 * What to do when a room ended by itself, as data: one row per DisconnectReason (design/session.md). The
 * compiler finds a missing row, the test walks through all of them.
 */
import type { DisconnectName } from '../ports.ts';
import type { EndReason } from '../session/types.ts';

/** What a reason leads to. */
export type DisconnectAction =
  /** Rejoin with back-off and a new ticket. `spread`: many clients come at once, so the first wait is drawn by lot. */
  | { readonly then: 'rejoin'; readonly spread: boolean; readonly nextUrl: boolean }
  /** Over, and why. */
  | { readonly then: 'end'; readonly reason: EndReason };

const REJOIN: DisconnectAction = { then: 'rejoin', spread: false, nextUrl: false };
const end = (reason: EndReason): DisconnectAction => ({ then: 'end', reason });

export const DISCONNECT_ACTIONS: Readonly<Record<DisconnectName, DisconnectAction>> = {
  NONE: REJOIN,
  UNKNOWN_REASON: REJOIN,
  STATE_MISMATCH: REJOIN,
  JOIN_FAILURE: REJOIN,
  SIGNAL_CLOSE: REJOIN,
  CONNECTION_TIMEOUT: REJOIN,
  MEDIA_FAILURE: REJOIN,
  SERVER_SHUTDOWN: { then: 'rejoin', spread: true, nextUrl: true },
  // Only reached when the user did not ask to stop: a page freeze does this too.
  CLIENT_INITIATED: REJOIN,
  // The room is gone: the rejoin makes a new one, which its other sid tells (Recovery.sameRoom false).
  ROOM_CLOSED: REJOIN,
  // A migration that the SDK carries out ends no room and is told as a repair; after this nobody repairs anything.
  MIGRATION: REJOIN,
  DUPLICATE_IDENTITY: end('duplicateIdentity'),
  PARTICIPANT_REMOVED: end('removed'),
  // During a join of ours the adapter tells these as `joinUnauthorized`; inside a session they are a removal.
  USER_REJECTED: end('removed'),
  USER_UNAVAILABLE: end('removed'),
  ROOM_DELETED: end('roomDeleted'),
  SIP_TRUNK_FAILURE: end('agentFailed'),
  AGENT_ERROR: end('agentFailed'),
};
