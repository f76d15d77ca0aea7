/** Owns: what becomes of a session that was running when its manager died. Pure. */
import type { JournaledSession } from './session-journal.ts';
import { DEFAULT_OPTIONS } from './cli-config.ts';

/** The fate of a session of an earlier manager. */
export interface RestoredSession {
  readonly sessionId: string;
  /** `running`: its processes still lived, and were ended; `gone`: they were gone; `ended`: it had a final state. */
  readonly found: 'running' | 'gone' | 'ended';
  readonly fate: 'recovered' | 'failed' | 'asBefore';
  /** In words; for failed ones why it was not recovered. */
  readonly reason: string;
}

/** Decides. @param foundPids what of it still lived */
export function fateOf(
  session: JournaledSession,
  foundPids: readonly number[],
  policy: {
    readonly onRestart: 'recover' | 'fail';
    readonly isEnabled: boolean;
    readonly nowWallMs: number;
    /** Of sessions that do not say; a restart is one. */
    readonly maxRetries: number;
    /** What still lived could not be ended: two would do the same work. @default false */
    readonly isLeft?: boolean;
  },
): RestoredSession {
  const { id: sessionId, status } = session;
  if (status !== 'running' && status !== 'recovering')
    return { sessionId, found: 'ended', fate: 'asBefore', reason: session.reason ?? status };
  const found = foundPids.length > 0 ? 'running' : 'gone';
  const failed = (why: string): RestoredSession => ({
    sessionId,
    found,
    fate: 'failed',
    reason: `the manager died while it was ${status}; ${why}`,
  });
  const limitMs = session.options?.recoveryTimeoutMs ?? DEFAULT_OPTIONS.recoveryTimeoutMs;
  if (policy.isLeft === true) return failed('its processes could not be ended');
  if (policy.onRestart === 'fail') return failed('recovery after a restart is switched off');
  if (session.isLongLived === true) return failed('a conversation goes on when it is opened again');
  if (!(session.options?.enableRecovery ?? policy.isEnabled)) return failed('its recovery is switched off');
  const maxRetries = session.options?.maxRetries ?? policy.maxRetries;
  if (session.retryCount >= maxRetries) return failed(`it has had its ${maxRetries} retries`); // it may be what killed it
  if (policy.nowWallMs - session.atWallMs > limitMs) return failed(`that was more than ${limitMs} ms ago`);
  if (session.conversationId === undefined && session.prompt === undefined)
    return failed('neither its conversation nor its prompt is known');
  return { sessionId, found, fate: 'recovered', reason: 'the manager died while it ran' };
}
