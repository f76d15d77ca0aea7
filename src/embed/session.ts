/** The door `clara-voice/session`: a session without a face, for those who draw their own. */
export { composeSession as createSession } from '../compose/compose-session.ts';
export type { VoiceSession, Link, LinkPhase, AgentState, TranscriptEntry } from '../core/session/types.ts';
export type { Readable } from '../core/readable.ts';
