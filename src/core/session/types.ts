/**
 * What a session shows to whoever displays it. Every phase is an object that owns exactly its data. Decided in
 * link-machine.ts, never here; ui reads these and nothing deeper.
 */
import type { Readable } from '../readable.ts';
import type { SessionErrorCode } from '../errors.ts';
import type { KeptKind } from '../../shared/recording.ts';
import type { ContextOrigin } from '../../shared/wire.ts';

/** The link's phases, literal names of the product. `failed` and `ended` are final until the next start. */
export const LINK_PHASES = [
  'idle',
  'requestingMic',
  'connecting',
  'connected',
  'unstable',
  'reconnecting',
  'failed',
  'ended',
] as const;
export type LinkPhase = (typeof LINK_PHASES)[number];

/** Which way sound is cut: `up` they can't hear you, `down` you can't hear, `both`, `signal` only the control connection. */
export type CutSide = 'up' | 'down' | 'both' | 'signal';

/** What is amiss in a room that stands: one direction, only the control connection, or nobody is there to answer. */
export type UnstableSide = CutSide | 'agent';

/** Why a session that was running is over. */
export const END_REASONS = [
  'stopped', // the user pressed Stop
  'duplicateIdentity',
  'removed',
  'roomDeleted',
  'agentEnded', // the agent said that it is over
  'agentFailed', // the agent or its phone line broke down; a new session may work
] as const;
export type EndReason = (typeof END_REASONS)[number];

/** The link as data. Times are monotonic ms of the Clock port. */
export type Link =
  | { readonly phase: 'idle' }
  | { readonly phase: 'requestingMic'; readonly sinceMonoMs: number }
  | { readonly phase: 'connecting'; readonly sinceMonoMs: number; readonly attempt: number }
  | { readonly phase: 'connected'; readonly sinceMonoMs: number; readonly recovered?: Recovery }
  | { readonly phase: 'unstable'; readonly sinceMonoMs: number; readonly side: UnstableSide }
  | {
      readonly phase: 'reconnecting';
      /** When the outage began, as far as we know. */
      readonly sinceMonoMs: number;
      readonly side: CutSide;
      /** Present when the server told why it sent us away: it is being shut down, and maybe started anew. */
      readonly why?: 'serverShutdown';
      /** Who repairs: the SDK resumes, we rejoin. */
      readonly by: 'sdk' | 'rejoin';
      /** 1 for the first try; goes on counting from the SDK's tries to ours. */
      readonly attempt: number;
      /** When the next try starts, for a countdown; absent while a try is under way. */
      readonly nextTryMonoMs?: number;
      /** When the budget is used up and the session fails; absent where tries are counted instead (`classic`). */
      readonly untilMonoMs?: number;
      /** The browser says that there is no network: no try is started. */
      readonly offline: boolean;
    }
  | { readonly phase: 'failed'; readonly problem: Problem }
  | { readonly phase: 'ended'; readonly reason: EndReason };

/** What went wrong, for people: ui finds words for the code. */
export interface Problem {
  readonly code: SessionErrorCode;
  /** For developers and the recording; holds no token. */
  readonly detail: string;
  /** When trying again makes sense, ms from now, where the other side told. */
  readonly retryAfterMs?: number;
}

/** A past outage, shown for a while after it. */
export interface Recovery {
  /** How long sound was cut, ms. */
  readonly outageMs: number;
  /** False when the room was gone and the conversation goes on in a new one. */
  readonly sameRoom: boolean;
  /** What was cut, and so what may be lost; absent where it is not known. */
  readonly side?: UnstableSide;
}

/** How well the network carries sound that is not cut: the direction in which much of it is lost. */
export const NETWORK_QUALITIES = ['good', 'weakUp', 'weakDown', 'weakBoth'] as const;
export type NetworkQuality = (typeof NETWORK_QUALITIES)[number];

/** Another agent than the one before knows this conversation. */
export interface AgentHandover {
  /** `handedOver`: it goes on in the same session; `earlier`: in a new one, with what was said before. */
  readonly origin: ContextOrigin;
  /** When that was learnt, monotonic ms. */
  readonly atMonoMs: number;
}

/** The agent's state as LiveKit's `lk.agent.state` names it, or `absent` when no agent is in the room. */
export const AGENT_STATES = ['absent', 'initializing', 'idle', 'listening', 'thinking', 'speaking'] as const;
export type AgentState = (typeof AGENT_STATES)[number];

/** One line of the conversation. A line with the same id replaces the earlier one in place. */
export interface TranscriptEntry {
  /** `lk.segment_id` for speech, the message id for text. */
  readonly id: string;
  readonly from: 'user' | 'agent';
  readonly kind: 'speech' | 'text';
  /** Plain text. Never to be rendered as markup. */
  readonly text: string;
  readonly final: boolean;
  readonly wallMs: number;
  /** Only for the user's own text: whether it was handed over. */
  readonly delivery?: 'sending' | 'sent' | 'failed';
}

/** The microphone as shown. `off` before the first start and in text-only mode. */
export type MicrophoneState =
  | { readonly status: 'off' }
  | { readonly status: 'requesting' }
  /** `silent`: it is not muted and gives nothing but digital silence, for seconds; absent otherwise. */
  | { readonly status: 'live'; readonly muted: boolean; readonly silent?: true }
  | { readonly status: 'failed'; readonly code: SessionErrorCode };

/** Loudness, 0 to 1, both ways. */
export interface Levels {
  readonly user: number;
  readonly agent: number;
}

/**
 * Whether something is kept of the session. `off` unless the user switches it on; the last three: it was on and has
 * stopped by itself, because as much is kept as may be, the browser cannot, or something failed.
 */
export type KeepState = 'off' | 'on' | 'full' | 'unsupported' | 'failed';
/** {@link KeepState} of both. */
export type KeepStates = Readonly<Record<KeptKind, KeepState>>;

/** The user's choice to have the text or the sound of one session kept in this browser. */
export interface Keeping {
  /** Both `off` again when a session is over: the next one asks anew. */
  readonly states: Readable<KeepStates>;
  /** From a user's own act. Before a start it is the wish for it. Never throws. */
  set(kind: KeptKind, on: boolean): void;
}

/** How to start. */
export interface StartOptions {
  /** "Use here": takes the session over from another tab that has it. */
  readonly takeOver?: boolean;
}

/** A voice session without a face. Its owner calls {@link dispose}; until then it may be started again. */
export interface VoiceSession {
  readonly link: Readable<Link>;
  readonly agentState: Readable<AgentState>;
  readonly transcript: Readable<readonly TranscriptEntry[]>;
  readonly microphone: Readable<MicrophoneState>;
  /** Updated about 20 times a second while the link is up, else 0. */
  readonly levels: Readable<Levels>;
  /** True when the browser wants a gesture before it plays sound; answer with {@link playAudio}. */
  readonly audioBlocked: Readable<boolean>;
  /** `good` unless the link is up and loses much. */
  readonly quality: Readable<NetworkQuality>;
  /** The latest change of the agent within the conversation; undefined before one, and again when the session is over. */
  readonly handover: Readable<AgentHandover | undefined>;
  /** Where text and sound can be kept at the user's wish; absent where sessions are not recorded. */
  readonly keeping?: Keeping;
  /** Milliseconds on the clock that the link's times use. */
  monoMs(): number;
  /** Starts a session. Settles when the link is connected, failed or ended; never rejects. A start while one runs does nothing. */
  start(options?: StartOptions): Promise<void>;
  /** Ends it as the user's own wish: says bye, releases the microphone. Bounded; never rejects. */
  stop(): Promise<void>;
  /** The user's wish, kept across reconnects. */
  setMuted(muted: boolean): Promise<void>;
  /** Sends a text message. The transcript shows its delivery; never rejects. Longer than 15,000 characters throws RangeError. */
  sendText(text: string): Promise<void>;
  /** Ends a wait between two tries now. */
  retryNow(): void;
  /** To be called from a user gesture. */
  playAudio(): Promise<void>;
  /** Stops and releases all; idempotent. */
  dispose(): Promise<void>;
}
