/**
 * What core needs from outside: time, chance, the room, tokens, the microphone, the network's hints and a place
 * to record. Each has one real adapter (src/livekit, src/storage, src/compose) and one fake (test/support/core);
 * both pass the same contract suite. Ports speak in our own types: no SDK type crosses this line.
 */
import type { SessionErrorCode } from './errors.ts';
import type { AgentState } from './session/types.ts';
import type { RecordedEvent, SessionOutcome } from '../shared/records.ts';

/** Two clocks that are never subtracted from each other. */
export interface Clock {
  /** For durations, ms (performance.now). */
  monoMs(): number;
  /** For people and records, ms since 1970 (Date.now). */
  wallMs(): number;
  /** Resolves after `delayMs`; rejects with `signal.reason` when aborted and removes its listener and timer. */
  sleep(delayMs: number, signal: AbortSignal): Promise<void>;
}

/** Chance: the next number in [0, 1). */
export type Random = () => number;

/** One line a transition; `event` is a camelCase code, facts hold no token, transcript or device label. */
export interface Log {
  info(event: string, text: string, facts?: Record<string, unknown>): void;
  warn(event: string, text: string, facts?: Record<string, unknown>): void;
}

/** What a token endpoint gave. In memory only. */
export interface Ticket {
  /** ws: or wss: addresses, tried in turn; at least one. */
  readonly serverUrls: readonly string[];
  readonly participantToken: string;
  /** Brings the same room and identity back when sent with the next request. */
  readonly resume?: string;
  readonly roomName?: string;
  readonly identity?: string;
}

/** Who asks for a ticket again, and with what. */
export interface TicketRequest {
  /** The first ticket's resume value. */
  readonly resume?: string;
  /** For endpoints that know nothing of `resume`. */
  readonly roomName?: string;
  readonly identity?: string;
}

/** Gives tickets. Throws SessionError with a `token…` code; rethrows `signal.reason` when aborted. */
export interface TicketPort {
  request(request: TicketRequest, signal: AbortSignal): Promise<Ticket>;
}

/** The one owner of the microphone's track. */
export interface MicrophonePort {
  /** Opens the microphone, or gives the open one. Throws SessionError with a `mic…` code. */
  open(signal: AbortSignal): Promise<MicrophoneTrack>;
  /** Mutes at the source, which stops the ring and the level too; kept for the next open. */
  setMuted(muted: boolean): void;
  /** Loudness now, 0 to 1; 0 when closed or muted. */
  level(): number;
  /** Stops the track; idempotent. */
  close(): void;
  /** Told when the track ends by itself (permission withdrawn, device gone). Set by the session. */
  onEnded: ((code: SessionErrorCode) => void) | undefined;
}

/** An open microphone. Opaque to core: only the room adapter looks inside. */
export interface MicrophoneTrack {
  readonly mediaTrack: unknown;
}

/** Why a room ended by itself; LiveKit's DisconnectReason by name, `NONE` where it gave none. */
export type DisconnectName =
  | 'NONE'
  | 'UNKNOWN_REASON'
  | 'CLIENT_INITIATED'
  | 'DUPLICATE_IDENTITY'
  | 'SERVER_SHUTDOWN'
  | 'PARTICIPANT_REMOVED'
  | 'ROOM_DELETED'
  | 'STATE_MISMATCH'
  | 'JOIN_FAILURE'
  | 'MIGRATION'
  | 'SIGNAL_CLOSE'
  | 'ROOM_CLOSED'
  | 'USER_UNAVAILABLE'
  | 'USER_REJECTED'
  | 'SIP_TRUNK_FAILURE'
  | 'CONNECTION_TIMEOUT'
  | 'MEDIA_FAILURE'
  | 'AGENT_ERROR';

/** What a joined room tells. All of one room come in order; none after its `close()`. */
export type RoomEvent =
  | { readonly type: 'repairing'; readonly scope: 'signal' | 'all' }
  | { readonly type: 'repaired' }
  | { readonly type: 'disconnected'; readonly reason: DisconnectName }
  | { readonly type: 'agentState'; readonly state: AgentState }
  | {
      readonly type: 'transcription';
      readonly segmentId: string;
      readonly from: 'user' | 'agent';
      /** The whole text of the segment so far, not only what is new. */
      readonly text: string;
      readonly final: boolean;
    }
  | { readonly type: 'chat'; readonly messageId: string; readonly from: 'user' | 'agent'; readonly text: string; readonly final: boolean }
  | { readonly type: 'audioBlocked'; readonly blocked: boolean };

/** A joined room with our microphone published. */
export interface RoomConnection {
  /** Changes when the server made a new room of the same name. */
  readonly roomSid: string;
  readonly identity: string;
  /** Loudness of the agent now, 0 to 1. */
  agentLevel(): number;
  /** Sends text on `lk.chat`. Throws SessionError `sendFailed`. */
  sendText(messageId: string, text: string, signal: AbortSignal): Promise<void>;
  /** Says on `clara.session` that the user leaves for good. Best effort, bounded, never throws. */
  sayBye(): Promise<void>;
  /** From a user gesture. */
  playAudio(): Promise<void>;
  /** Leaves without touching the microphone's track. Bounded, idempotent, never throws. */
  close(): Promise<void>;
}

/** How to join. */
export interface RoomJoin {
  readonly ticket: Ticket;
  /** Absent in text-only mode. */
  readonly microphone?: MicrophoneTrack;
  readonly muted: boolean;
  /** Receives what the room tells, from the moment that `join` was called. */
  readonly onEvent: (event: RoomEvent) => void;
}

/** Opens rooms. Throws SessionError with a `join…` or `media…` code; rethrows `signal.reason` when aborted, with everything closed. */
export interface RoomPort {
  join(join: RoomJoin, signal: AbortSignal): Promise<RoomConnection>;
}

/** What the browser says of its network and of the page. */
export type NetworkHint = 'online' | 'offline' | 'visible' | 'resume' | 'pageshow' | 'connectionChange';

export interface NetworkPort {
  isOffline(): boolean;
  watch(watcher: (hint: NetworkHint) => void, signal: AbortSignal): void;
}

/** Where a session is recorded. Never disturbs the call: nothing throws, nothing is awaited by the call path. */
export interface RecorderPort {
  begin(startedWallMs: number): SessionRecorder;
}

export interface SessionRecorder {
  event(event: RecordedEvent): void;
  end(endedWallMs: number, outcome: SessionOutcome): void;
}
