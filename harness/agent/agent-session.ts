/** One thing said in a conversation. Reported by the child turn by turn, so that it survives the child. Never logged. */
export interface ConversationTurn {
  readonly from: 'user' | 'agent';
  readonly kind: 'speech' | 'text';
  /** Missing for speech that nobody transcribed (the parrot has no recogniser). */
  readonly text?: string;
  /** How long the speech was, ms. */
  readonly durationMs?: number;
  readonly atWallMs: number;
}

/** Where a session's connection to its user stands. */
export type ConnectionStateName = 'connecting' | 'connected' | 'reconnecting' | 'error' | 'closed';

/** LiveKit's connection quality of the user by name; `unknown` until the server says one. */
export type AudioQuality = 'excellent' | 'good' | 'poor' | 'lost' | 'unknown';

/** One user in one voice session, as the parent knows it. Owned by ClaraVoiceAgent. */
export interface AgentSession {
  /** `session_<wall ms>_<identity>`, unique within a millisecond too. */
  readonly sessionId: string;
  /** The gateway's id of the voice session, from the dispatch metadata. */
  readonly voiceSessionId: string;
  /** The user's LiveKit identity. */
  readonly participantId: string;
  readonly startTime: Date;
  /** Finished turns of the user, spoken or typed. */
  messageCount: number;
  connectionState: ConnectionStateName;
  reconnectionAttempts: number;
  audioQuality: AudioQuality;
  /** The conversation so far, oldest first, at most {@link MAX_CONTEXT_TURNS}. */
  context: ConversationTurn[];
}

/** Turns kept per session; older ones are dropped. 200 turns of 15,000 characters are 6 MB at most. */
export const MAX_CONTEXT_TURNS = 200;
