/**
 * The door `clara-voice/element`: the class that builds its own session, without registering a tag. The session's code
 * (livekit-client is most of it) is loaded with the first session and not before.
 */
import type { VoiceSession } from '../core/session/types.ts';
import { ClaraVoiceElement } from '../ui/clara-voice-element.ts';
import { loadSessionCode, type SessionConfig } from '../ui/session-config.ts';

/** `<clara-voice>` with a session of its own, from its token endpoint, token or token source. */
export class ClaraVoice extends ClaraVoiceElement {
  protected override async createSession(config: SessionConfig): Promise<VoiceSession> {
    const { composeSession } = await loadSessionCode(() => import('../compose/compose-session.ts'));
    return composeSession(config);
  }
}

export { ClaraVoiceElement } from '../ui/clara-voice-element.ts';
export * from '../ui/events.ts';
export type { MessageKey, MessageOverrides } from '../ui/messages/words.ts';
export type { SessionConfig, TokenSource } from '../ui/session-config.ts';
export type { VoiceSession, Link, LinkPhase, AgentState, TranscriptEntry } from '../core/session/types.ts';
