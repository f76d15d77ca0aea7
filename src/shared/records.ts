/** What a recording keeps, as both the page and the harness read it. Never text, tokens, labels or addresses. */

/** How a session ended: its last phase and the code that led there. */
export interface SessionOutcome {
  readonly phase: 'ended' | 'failed';
  readonly reason: string;
}

/** One thing that happened. `atMs` is monotonic ms since the session's start. */
export type RecordedEvent =
  | {
      readonly kind: 'phase';
      readonly atMs: number;
      readonly phase: string;
      readonly facts?: Record<string, string | number | boolean>;
    }
  | { readonly kind: 'mute'; readonly atMs: number; readonly muted: boolean }
  | { readonly kind: 'agentState'; readonly atMs: number; readonly state: string }
  | { readonly kind: 'network'; readonly atMs: number; readonly hint: string }
  | {
      readonly kind: 'segment';
      readonly atMs: number;
      readonly segmentId: string;
      readonly from: 'user' | 'agent';
    }
  | { readonly kind: 'error'; readonly atMs: number; readonly code: string };

/** A session in the store. `endedWallMs` is missing while it runs, and after a crash. */
export interface SessionRecord {
  readonly id: string;
  readonly startedWallMs: number;
  readonly endedWallMs?: number;
  readonly outcome?: SessionOutcome;
  readonly pinned: boolean;
}
