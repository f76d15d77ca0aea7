/**
 * Turns what livekit-client throws and tells into our own codes. The only place that looks at an SDK error, and
 * it never passes one on: the SDK's text of a 401 contains the whole JWT, so neither its message nor the error
 * itself (as `cause`) leaves this file. Our text holds the SDK's reason by name and an HTTP status, nothing else.
 */
import {
  ConnectionError,
  ConnectionErrorReason,
  DisconnectReason,
  NegotiationError,
  PublishTrackError,
  TrackInvalidError,
  UnsupportedServer,
} from 'livekit-client';
import { SessionError, type SessionErrorCode, type SessionErrorFacts } from '../core/errors.ts';
import type { DisconnectName } from '../core/ports.ts';

/** Every DisconnectReason that the SDK knows, by our name; the compiler finds one that is missing. */
const DISCONNECT_NAMES: Readonly<Record<DisconnectReason, DisconnectName>> = {
  [DisconnectReason.UNKNOWN_REASON]: 'UNKNOWN_REASON',
  [DisconnectReason.CLIENT_INITIATED]: 'CLIENT_INITIATED',
  [DisconnectReason.DUPLICATE_IDENTITY]: 'DUPLICATE_IDENTITY',
  [DisconnectReason.SERVER_SHUTDOWN]: 'SERVER_SHUTDOWN',
  [DisconnectReason.PARTICIPANT_REMOVED]: 'PARTICIPANT_REMOVED',
  [DisconnectReason.ROOM_DELETED]: 'ROOM_DELETED',
  [DisconnectReason.STATE_MISMATCH]: 'STATE_MISMATCH',
  [DisconnectReason.JOIN_FAILURE]: 'JOIN_FAILURE',
  [DisconnectReason.MIGRATION]: 'MIGRATION',
  [DisconnectReason.SIGNAL_CLOSE]: 'SIGNAL_CLOSE',
  [DisconnectReason.ROOM_CLOSED]: 'ROOM_CLOSED',
  [DisconnectReason.USER_UNAVAILABLE]: 'USER_UNAVAILABLE',
  [DisconnectReason.USER_REJECTED]: 'USER_REJECTED',
  [DisconnectReason.SIP_TRUNK_FAILURE]: 'SIP_TRUNK_FAILURE',
  [DisconnectReason.CONNECTION_TIMEOUT]: 'CONNECTION_TIMEOUT',
  [DisconnectReason.MEDIA_FAILURE]: 'MEDIA_FAILURE',
  [DisconnectReason.AGENT_ERROR]: 'AGENT_ERROR',
};

/** Our name of the SDK's reason; `NONE` for no reason, `UNKNOWN_REASON` for a number newer than this table. */
export function disconnectNameOf(reason: DisconnectReason | undefined): DisconnectName {
  if (reason === undefined) return 'NONE';
  return DISCONNECT_NAMES[reason] ?? 'UNKNOWN_REASON';
}

/** How far a join had come when it failed: the same SDK reason means another thing before and after the signal. */
export type JoinStage = 'signal' | 'media' | 'publish';

const STAGE_CODES: Readonly<Record<JoinStage, SessionErrorCode>> = {
  signal: 'joinServerError',
  media: 'mediaFailed',
  publish: 'mediaFailed',
};

const CODE_BY_NAME: Readonly<Partial<Record<DisconnectName, SessionErrorCode>>> = {
  DUPLICATE_IDENTITY: 'duplicateIdentity',
  PARTICIPANT_REMOVED: 'removed',
  USER_UNAVAILABLE: 'removed',
  ROOM_DELETED: 'roomDeleted',
  // During a join this is a 401: one new ticket, and the second ends it.
  USER_REJECTED: 'joinUnauthorized',
  AGENT_ERROR: 'agentMissing',
  SIP_TRUNK_FAILURE: 'agentMissing',
};

/** What the SDK tells when a connect fails by itself; any other name came from the server. */
const TOLD_OF_FAILURES: ReadonlySet<DisconnectName> = new Set([
  'NONE',
  'UNKNOWN_REASON',
  'CLIENT_INITIATED',
  'USER_REJECTED',
  'JOIN_FAILURE',
]);

/**
 * The error of a failed join.
 * @param stage how far the join had come.
 * @param told the reason that the SDK's `Disconnected` event gave during this join, where there was one.
 */
export function sessionErrorOfJoin(error: unknown, stage: JoinStage, told?: DisconnectName): SessionError {
  if (error instanceof SessionError) return error;
  // A leave of the server in the middle of a join: what the SDK then throws is only its consequence.
  if (stage !== 'signal' && told !== undefined && !TOLD_OF_FAILURES.has(told)) return sessionErrorOfEnd(told);
  if (error instanceof ConnectionError) return ofConnectionError(error as ConnectionError, stage, told);
  if (error instanceof PublishTrackError) {
    return error.status === 403
      ? made('joinUnauthorized', 'the token does not allow to publish a microphone', { status: 403 })
      : made('mediaFailed', `the microphone was not published, status ${error.status}`, {
          status: error.status,
        });
  }
  if (error instanceof TrackInvalidError) return made('micFailed', 'the SDK refused the microphone track');
  if (error instanceof NegotiationError)
    return made('mediaFailed', 'the peer connection could not be negotiated');
  if (error instanceof UnsupportedServer)
    return made('joinServerError', 'the server did not tell its version');
  return made(STAGE_CODES[stage], `the join failed at its ${stage} stage: ${nameOf(error)}`);
}

/** The error of a join whose room ended before the join was over. */
export function sessionErrorOfEnd(name: DisconnectName): SessionError {
  return made(CODE_BY_NAME[name] ?? 'roomDisconnected', `the room ended while it was joined: ${name}`, {
    disconnectReason: name,
  });
}

function ofConnectionError(
  error: ConnectionError,
  stage: JoinStage,
  told: DisconnectName | undefined,
): SessionError {
  const facts = statusFacts(error);
  const text = `join failed at its ${stage} stage: ${reasonName(error.reason)}${
    facts.status === undefined ? '' : `, status ${facts.status}`
  }`;
  switch (error.reason) {
    case ConnectionErrorReason.NotAllowed:
      // 404 with this reason is the server's "requested room does not exist".
      return made(facts.status === 404 ? 'joinRoomNotFound' : 'joinUnauthorized', text, facts);
    case ConnectionErrorReason.ServerUnreachable:
      return made('joinUnreachable', text, facts);
    case ConnectionErrorReason.Timeout:
      return made(stage === 'signal' ? 'joinTimeout' : STAGE_CODES[stage], text, facts);
    case ConnectionErrorReason.ServiceNotFound:
      return made('joinRoomNotFound', text, facts);
    case ConnectionErrorReason.LeaveRequest:
    case ConnectionErrorReason.Cancelled: {
      const name = error.reason === ConnectionErrorReason.Cancelled ? 'CLIENT_INITIATED' : (told ?? 'NONE');
      return made(CODE_BY_NAME[name] ?? 'roomDisconnected', text, { ...facts, disconnectReason: name });
    }
    case ConnectionErrorReason.InternalError:
    case ConnectionErrorReason.WebSocket:
      return made(STAGE_CODES[stage], text, facts);
    default:
      return made(
        STAGE_CODES[stage],
        `join failed at its ${stage} stage for a reason this client does not know`,
        facts,
      );
  }
}

function made(code: SessionErrorCode, text: string, facts: SessionErrorFacts = {}): SessionError {
  return new SessionError(code, text, facts);
}

function statusFacts(error: ConnectionError): SessionErrorFacts {
  const status: unknown = error.status;
  return typeof status === 'number' ? { status } : {};
}

function reasonName(reason: ConnectionErrorReason): string {
  return ConnectionErrorReason[reason] ?? 'unknown';
}

/** The class of a foreign error; its message may hold anything and is left out. */
function nameOf(error: unknown): string {
  return error instanceof Error && /^[A-Za-z]{1,40}$/.test(error.name) ? error.name : typeof error;
}
