import type { RandomBytes } from './options.ts';
import type { Pipeline } from '../contracts.ts';

/** Everything that names one voice session; carried whole in the resume value. */
export interface SessionNames {
  /** 24 characters of `[0-9a-f]`: 96 bits, not to be guessed. */
  readonly voiceSessionId: string;
  readonly roomName: string;
  readonly identity: string;
  readonly pipeline: Pipeline;
  /** Salted hash of the browser's cookie; one person's sessions share it, and it tells nothing else. */
  readonly userKey: string;
}

/** Names a new session. Nothing in it comes from the caller's request but the pipeline. */
export function newSessionNames(pipeline: Pipeline, userKey: string, randomBytes: RandomBytes): SessionNames {
  const voiceSessionId = randomBytes(12).toString('hex');
  return {
    voiceSessionId,
    roomName: `clara-${voiceSessionId}`,
    identity: `user-${randomBytes(12).toString('hex')}`,
    pipeline,
    userKey,
  };
}
