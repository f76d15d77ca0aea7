/**
 * One attempt to get into a room: probe, ticket, join, in this order and each bounded. It owns what it opens until
 * it hands it over: a result that comes after the abort is handed over to be closed, never returned. It retries nothing.
 */
import { SessionError, isSessionError } from '../errors.ts';
import type {
  MicrophoneTrack,
  RepairDelay,
  RoomConnection,
  RoomEvent,
  SessionPorts,
  Ticket,
  TicketRequest,
} from '../ports.ts';
import { untilAborted, within } from './bounded.ts';

/** A token endpoint's whole answer, ms. */
export const TICKET_LIMIT_MS = 4000;

/** What an attempt needs. */
export interface JoinAttempt {
  /** Asked for first, when given; undefined: no probe. */
  readonly probeUrl: string | undefined;
  /** Whether the server answers; bounded. */
  readonly answers: (serverUrl: string, signal: AbortSignal) => Promise<boolean>;
  /** Already under way, for the first join. */
  readonly ticketAhead: Promise<Ticket> | undefined;
  readonly ticketRequest: TicketRequest;
  /** The endpoint knows the session of {@link ticketRequest} no more, and has given a ticket for a new one. */
  readonly onSessionGone: () => void;
  readonly urlIndex: number;
  readonly microphone: MicrophoneTrack | undefined;
  readonly muted: () => boolean;
  readonly repairDelayMs: RepairDelay;
  readonly mayKeepPath: () => boolean;
  readonly onEvent: (event: RoomEvent) => void;
  /** Called with the ticket before the join; what it throws ends the attempt. */
  readonly onTicket: (ticket: Ticket) => Promise<void>;
  /** The join waits for this after its ticket: nothing before it acts as the same participant any more. Never rejects. */
  readonly letGo: Promise<void>;
  /** Receives the room port's own promise, which may outlive an abort. */
  readonly onJoining: (joining: Promise<unknown>) => void;
  /** Receives a room that came after the abort, to close it. */
  readonly onLate: (late: RoomConnection) => void;
}

type Ports = Pick<SessionPorts, 'clock' | 'tickets' | 'rooms'>;

/** Joins. Throws SessionError; rethrows `signal.reason` when aborted. The caller closes the room. */
export async function joinRoom(
  ports: Ports,
  attempt: JoinAttempt,
  signal: AbortSignal,
): Promise<RoomConnection> {
  if (attempt.probeUrl !== undefined && !(await attempt.answers(attempt.probeUrl, signal)))
    throw new SessionError('joinUnreachable', 'the probe before the join was not answered');
  const ticket = await ticketFor(ports, attempt, signal);
  const serverUrl = ticket.serverUrls[attempt.urlIndex % Math.max(1, ticket.serverUrls.length)];
  if (serverUrl === undefined) throw new SessionError('tokenInvalid', 'the ticket names no server address');
  await untilAborted(attempt.onTicket(ticket), signal);
  await untilAborted(attempt.letGo, signal);
  signal.throwIfAborted();
  const joining = ports.rooms.join(
    {
      ticket,
      serverUrl,
      repairDelayMs: attempt.repairDelayMs,
      mayKeepPath: attempt.mayKeepPath,
      resumable: true,
      ...(attempt.microphone !== undefined && { microphone: attempt.microphone }),
      muted: attempt.muted(),
      onEvent: attempt.onEvent,
    },
    signal,
  );
  attempt.onJoining(joining);
  return untilAborted(joining, signal, attempt.onLate);
}

/**
 * The ticket of this attempt. A 401 to a resume value (the server side was started anew, the value or the session is
 * over) is answered by one request for a new session; only its ticket proves that it was the value that was refused.
 */
async function ticketFor(ports: Ports, attempt: JoinAttempt, signal: AbortSignal): Promise<Ticket> {
  const { ticketAhead, ticketRequest } = attempt;
  try {
    return await untilAborted(ticketAhead ?? requestTicket(ports, ticketRequest, signal), signal);
  } catch (error) {
    if (signal.aborted || ticketRequest.resume === undefined || !isSessionError(error, 'tokenRejected'))
      throw error;
    if (error.facts.status !== 401) throw error;
  }
  const ticket = await untilAborted(requestTicket(ports, {}, signal), signal);
  signal.throwIfAborted();
  attempt.onSessionGone();
  return ticket;
}

/** A ticket within {@link TICKET_LIMIT_MS}. */
export function requestTicket(
  ports: Pick<SessionPorts, 'clock' | 'tickets'>,
  request: TicketRequest,
  signal: AbortSignal,
): Promise<Ticket> {
  return within(
    ports.clock,
    TICKET_LIMIT_MS,
    signal,
    (limited) => ports.tickets.request(request, limited),
    () => new SessionError('tokenTimeout', `the token endpoint gave no answer in ${TICKET_LIMIT_MS} ms`),
  );
}

/** What people and the machine need of an error. A stranger's message is not passed on: it may hold anything. */
export function problemOf(error: unknown): {
  code: SessionError['code'];
  detail: string;
  retryAfterMs?: number;
} {
  if (!isSessionError(error))
    return { code: 'internal', detail: error instanceof Error ? error.name : typeof error };
  const { retryAfterMs } = error.facts;
  return {
    code: error.code,
    detail: error.message,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
}
