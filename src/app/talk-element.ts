import type { ComposeOptions } from '../compose/compose-session.ts';
import type { VoiceSession } from '../core/session/types.ts';
import { ClaraVoiceElement } from '../ui/clara-voice-element.ts';
import { loadSessionCode, type SessionConfig } from '../ui/session-config.ts';

/** Why a session is not, or not wholly, recorded. */
export type RecordingProblem = Parameters<NonNullable<ComposeOptions['onRecordingProblem']>>[0];

/** The app's `<clara-voice>`: as the package's, with the session's code in a chunk of the app. */
export class TalkElement extends ClaraVoiceElement {
  /** Where calls are kept, shared with the pages that show them. @default the browser's database */
  recordStore: (() => NonNullable<ComposeOptions['recordStore']>) | undefined;
  /** Told once a call; the call goes on. */
  onRecordingProblem: ((problem: RecordingProblem) => void) | undefined;

  protected override async createSession(config: SessionConfig): Promise<VoiceSession> {
    const { composeSession } = await loadSessionCode(() => import('../compose/compose-session.ts'));
    return composeSession({
      ...config,
      recordStore: this.recordStore?.(),
      onRecordingProblem: (problem) => this.onRecordingProblem?.(problem),
    });
  }
}
