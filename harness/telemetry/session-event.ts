/** What happens to a session, told by who runs it (voice or command line) to who watches. No words, tokens or names. */

/** How a session ended for its user. */
export type SessionOutcome = 'good' | 'bad';

/** Facts of the events, without whose and when. Times in ms. */
export type SessionFact =
  | { readonly type: 'started' }
  /** A state of its kind's table. */
  | { readonly type: 'state'; readonly state: string }
  /** Its process tree. */
  | { readonly type: 'usage'; readonly rssBytes: number; readonly cpuMs: number }
  /** `join`: asked for to being in the room; `answer`: end of speech to first audio; `audio`: RTT/2 + jitter buffer. */
  | { readonly type: 'latency'; readonly of: 'join' | 'answer' | 'audio'; readonly tookMs: number }
  /** A finished turn of the user. */
  | { readonly type: 'turn' }
  /** Something that it could not do for its user. */
  | { readonly type: 'error'; readonly code: string }
  | { readonly type: 'reconnection' }
  /** No life sign (`silent`) or no progress (`stuck`): it is about to be ended. */
  | { readonly type: 'hung'; readonly how: 'silent' | 'stuck'; readonly forMs: number }
  /** SIGKILL was needed. */
  | { readonly type: 'killed' }
  /** A new process takes the place of a lost one. */
  | { readonly type: 'recovery'; readonly attempt: number; readonly why: string }
  /** Worth somebody's look: `longSession`, `limit`, … */
  | { readonly type: 'warning'; readonly code: string; readonly text: string }
  | { readonly type: 'ended'; readonly reason: string; readonly outcome: SessionOutcome };

/** A fact of one session. */
export type SessionEvent = SessionFact & {
  readonly sessionId: string;
  readonly kind: string;
  readonly atWallMs: number;
};
