/**
 * What core needs from outside: time, chance, the room, tokens, the microphone, the network's hints and a place
 * to record. Each has one real adapter (src/livekit, src/storage, src/compose) and one fake (test/support/core);
 * both pass the same contract suite. Ports speak in our own types: no SDK type crosses this line.
 */
import type { SessionErrorCode } from './errors.ts';
import type { RoomMetrics } from './metrics/room-metrics.ts';
import type { MediaSample } from './reconnect/media-sample.ts';
import type { ProbePool } from './reconnect/probe-schedule.ts';
import type { AgentState, Keeping, TranscriptEntry } from './session/types.ts';
import type { RecordedEvent, SessionOutcome } from '../shared/records.ts';
import type { ContextOrigin } from '../shared/wire.ts';

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
  /** The newest resume value of the session. */
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
  /**
   * What the browser would answer now, without asking the person. `unknown` where the Permissions API does not
   * know the microphone. Never throws. With `granted` the session asks for its ticket while the microphone opens.
   */
  permission(): Promise<MicrophonePermission>;
  /** Opens the microphone, or gives the open one. Throws SessionError with a `mic…` code. */
  open(signal: AbortSignal): Promise<MicrophoneTrack>;
  /** Mutes at the source, which stops the ring and the level too; kept for the next open. */
  setMuted(muted: boolean): void;
  /** Loudness now, 0 to 1; 0 when closed or muted. */
  level(): number;
  /** What it gives now, whatever its loudness; `unknown` when closed, muted or not to be read. */
  reading(): MicrophoneReading;
  /** Stops the track; idempotent. */
  close(): void;
  /** Told when the track ends by itself (permission withdrawn, device gone). Set by the session. */
  onEnded: ((code: SessionErrorCode) => void) | undefined;
}

/** `nothing`: less than the noise of any real microphone, as one gives that is switched off at the device. */
export type MicrophoneReading = 'signal' | 'nothing' | 'unknown';

export type MicrophonePermission = 'granted' | 'prompt' | 'denied' | 'unknown';

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

/**
 * What a joined room tells. All of one room come in order; none after its `close()`. A join that fails rejects
 * and tells nothing (the SDK's own `Disconnected` of a failed connect is swallowed by the adapter).
 * `repairing` is told when the SDK begins its own repair: `signal` while the peer connection is still up (its
 * resume), `all` when it starts over (full restart) or media is down as well; told again when the scope grows.
 * `repaired` is the SDK's opinion; core waits for proof before it believes it. `audioBlocked` true/false as it changes.
 */
export type RoomEvent =
  | { readonly type: 'repairing'; readonly scope: 'signal' | 'all' }
  | { readonly type: 'repaired' }
  | { readonly type: 'disconnected'; readonly reason: DisconnectName }
  /** `absent` within 5 s of the agent's leaving; told once after the join as well. */
  | { readonly type: 'agentState'; readonly state: AgentState }
  /**
   * This agent knows the conversation from before it joined. Told once for each such agent, also after a join into a
   * room where it was already; `agentId` differs from that of any other agent and is the same in every telling.
   */
  | { readonly type: 'agentContext'; readonly origin: ContextOrigin; readonly agentId: string }
  /** Our agent said that the session is over for good. */
  | { readonly type: 'agentEnded' }
  | {
      readonly type: 'transcription';
      readonly segmentId: string;
      readonly from: 'user' | 'agent';
      /** The whole text of the segment so far, not only what is new. */
      readonly text: string;
      readonly final: boolean;
    }
  | {
      readonly type: 'chat';
      readonly messageId: string;
      readonly from: 'user' | 'agent';
      readonly text: string;
      readonly final: boolean;
    }
  | { readonly type: 'audioBlocked'; readonly blocked: boolean };

/** A joined room with our microphone published. */
export interface RoomConnection {
  /** Changes when the server made a new room of the same name. */
  readonly roomSid: string;
  readonly identity: string;
  /** Loudness of the agent now, 0 to 1. */
  agentLevel(): number;
  /**
   * Media facts now, from getStats of every peer connection. Asked about twice a second, never two at a time.
   * Bounded by `signal`; rejects when there are no stats to be had.
   */
  sample(signal: AbortSignal): Promise<MediaSample>;
  /** What recordings keep of this moment, from the same reports. Bounded by `signal`; rejects when there is nothing to be had. */
  metrics?(signal: AbortSignal): Promise<RoomMetrics>;
  /**
   * Heartbeat to the agent (`SessionRequest.ping` on `lk.agent.session`, through the data channel): true when it
   * answered; false when there is no agent to ask or this agent does not speak the protocol; waits for the
   * answer until `signal` aborts, then rejects with its reason. Never two at a time.
   */
  ping(signal: AbortSignal): Promise<boolean>;
  /** Asks the SDK to begin its repair (ICE restart, resume) now; nothing when it repairs already. Never throws. */
  repairNow?(): void;
  /** Sends text on `lk.chat`. Throws SessionError `sendFailed`. */
  sendText(messageId: string, text: string, signal: AbortSignal): Promise<void>;
  /** Says on `clara.session` that the user leaves for good. Best effort, bounded, never throws. */
  sayBye(): Promise<void>;
  /** From a user gesture. */
  playAudio(): Promise<void>;
  /** Leaves without touching the microphone's track. At most 2 s, idempotent, never throws. */
  close(): Promise<void>;
}

/** What the SDK knows when it asks how long to wait before its next try at a repair. */
export interface RepairFacts {
  /** The server has asked for a full reconnect in this repair. */
  readonly fullReconnectAsked: boolean;
}

/** The SDK's repair policy, given by core: delay before the next try, ms, or null: give up, we rejoin. */
export type RepairDelay = (retryCount: number, elapsedMs: number, facts: RepairFacts) => number | null;

/** How to join. */
export interface RoomJoin {
  readonly ticket: Ticket;
  /** Which of the ticket's addresses to use in this try. */
  readonly serverUrl: string;
  /** For the SDK's `reconnectPolicy.nextRetryDelayInMs`; reads our state, so ask it each time. */
  readonly repairDelayMs: RepairDelay;
  /**
   * False while sound is known to be cut one way and not the other. Asked when the SDK has resumed its signal connection:
   * a path on which something comes is then kept, as every ICE restart is a break in sound.
   */
  readonly mayKeepPath: () => boolean;
  /** True when this client can come back by itself: sets the participant attribute `clara.resume`. */
  readonly resumable: boolean;
  /** Absent in text-only mode. */
  readonly microphone?: MicrophoneTrack;
  readonly muted: boolean;
  /** Receives what the room tells, from the moment that `join` was called. */
  readonly onEvent: (event: RoomEvent) => void;
}

/**
 * Opens rooms: resolves when signal and media are up and the microphone (if any) is published; it does not wait
 * for an agent. Throws SessionError with a `join…` or `media…` code; rethrows `signal.reason`
 * when aborted, with everything closed, 2 s later at the most: until then the server may take it for us.
 */
export interface RoomPort {
  join(join: RoomJoin, signal: AbortSignal): Promise<RoomConnection>;
}

/** What the browser says of its network and of the page. */
export type NetworkHint = 'online' | 'offline' | 'visible' | 'resume' | 'pageshow' | 'connectionChange';

export interface NetworkPort {
  isOffline(): boolean;
  /** Ends with `signal`, its listeners removed. */
  watch(watcher: (hint: NetworkHint) => void, signal: AbortSignal): void;
}

/** Asks a LiveKit server whether it is there, before a socket is opened: Chrome slows WebSockets after failures. */
export interface ProbePort {
  /**
   * True when `serverUrl` (ws: or wss:) gave any HTTP answer, whatever its status; false when it could not be
   * reached. No-store; sends nothing of ours. `credentialed` may send the cookies that the browser has of the server, as
   * the SDK's WebSocket does; `anonymous` sends none. Rejects with `signal.reason` when aborted.
   */
  probe(serverUrl: string, signal: AbortSignal, pool: ProbePool): Promise<boolean>;
  /**
   * Opens a connection of its own to `serverUrl`, and resolves when it ends or is open: somebody has answered, be it with a
   * refusal, or the browser has given it up, which no browser tells apart. Says nothing of ours, and closes it. Rejects with `signal.reason` when aborted.
   */
  knock(serverUrl: string, signal: AbortSignal): Promise<void>;
}

/** What a reload needs to come back into the same session. Holds no token. */
export interface ResumeContext {
  readonly resume?: string;
  readonly roomName?: string;
  readonly identity?: string;
  /** The last turns, oldest first. */
  readonly turns: readonly TranscriptEntry[];
  /** After this it is worth nothing, ms since 1970. */
  readonly expiresWallMs: number;
}

/** One place for a {@link ResumeContext}, over sessionStorage. None of it throws: storage that fails forgets. */
export interface ResumeStore {
  load(): ResumeContext | undefined;
  save(context: ResumeContext): void;
  clear(): void;
  /** The session is disposed of: what is kept may be another's. Idempotent. */
  release?(): void;
}

/** One tab per session, over Web Locks. */
export interface LockPort {
  /**
   * Takes the lock named `key`; undefined when another tab has it and `takeOver` is false. The hold is given back
   * by `release()`. `onLost` is called when another tab took it over. Rejects with `signal.reason` when aborted.
   */
  acquire(
    key: string,
    how: { readonly takeOver: boolean; readonly onLost: () => void },
    signal: AbortSignal,
  ): Promise<LockHold | undefined>;
}

export interface LockHold {
  /** Idempotent. */
  release(): void;
}

/** Asks the server side for a new agent in our room; idempotent there by session. Best effort, bounded. */
export interface AgentCallPort {
  request(context: Pick<Ticket, 'resume' | 'roomName'>, signal: AbortSignal): Promise<void>;
}

/** Tells the gateway, outside the room, that the user leaves for good (a beacon). Never throws, nothing is awaited. */
export interface FarewellPort {
  bye(context: Pick<Ticket, 'resume'>): void;
}

/** All that a session needs from outside. Optional ones switch their feature off when absent. */
export interface SessionPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly tickets: TicketPort;
  readonly rooms: RoomPort;
  readonly microphone: MicrophonePort;
  readonly network: NetworkPort;
  readonly probe: ProbePort;
  readonly recorder: RecorderPort;
  /** Given on with the session. */
  readonly keeping?: Keeping;
  readonly resumeStore?: ResumeStore;
  readonly locks?: LockPort;
  readonly agentCalls?: AgentCallPort;
  readonly farewell?: FarewellPort;
}

/** Where a session is recorded. Never disturbs the call: nothing throws, nothing is awaited by the call path. */
export interface RecorderPort {
  begin(startedWallMs: number): SessionRecorder;
}

export interface SessionRecorder {
  event(event: RecordedEvent): void;
  end(endedWallMs: number, outcome: SessionOutcome): void;
}
