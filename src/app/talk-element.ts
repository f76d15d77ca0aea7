import type { VoiceSession } from '../core/session/types.ts';
import { ClaraVoiceElement } from '../ui/clara-voice-element.ts';
import { loadSessionCode, type SessionConfig } from '../ui/session-config.ts';

/** The app's `<clara-voice>`: as the package's, with the session's code in a chunk of the app. */
export class TalkElement extends ClaraVoiceElement {
  protected override async createSession(config: SessionConfig): Promise<VoiceSession> {
    const { composeSession } = await loadSessionCode(() => import('../compose/compose-session.ts'));
    return composeSession(config);
  }
}
