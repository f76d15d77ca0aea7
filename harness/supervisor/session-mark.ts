/** The environment entry by which what a session started is found again, in whatever group it hides. */
import { randomBytes } from 'node:crypto';

/** Inherited by everything that a session's process starts, unless it cleans its environment. */
export const SESSION_MARK_VARIABLE = 'CLARA_SESSION_MARK';

/** A group and its mark: all that is needed to find what belongs to a session. */
export interface GroupMark {
  readonly leaderPid: number;
  /** Undefined when the leader was gone before it could be read. */
  readonly leaderStartTime: string | undefined;
  readonly mark: string;
  /** False: the group's id may be somebody else's by now, and only marks tell what is ours. @default true */
  readonly isGroupOurs?: boolean;
}

/** A new mark, 16 hex digits. */
export function newSessionMark(): string {
  return randomBytes(8).toString('hex');
}
