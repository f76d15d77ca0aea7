import type { Logger } from '../contracts.ts';
import type { LossReason } from './child-entry.ts';
import type { ChildMessage } from './ipc.ts';

/** Between the two sides alone. */
type Unreported = 'ready' | 'beat' | 'tokenWanted' | 'ask' | 'stopAsking';
const UNREPORTED = new Set<string>([
  'ready',
  'beat',
  'tokenWanted',
  'ask',
  'stopAsking',
] satisfies Unreported[]);

function isReported(fact: ChildMessage | SessionFact): fact is SessionFact {
  return !UNREPORTED.has(fact.type);
}

/** What a session tells those who measure; texts of turns are in it, so it never goes to a log. */
export type SessionFact =
  | Exclude<ChildMessage, { type: Unreported }>
  /** The agent died or hangs, and another takes its place: the `attempt`th of this voice session. */
  | { readonly type: 'lost'; readonly reason: LossReason; readonly attempt: number }
  | { readonly type: 'exited'; readonly reason: string };

/** A fact of one voice session. Words carry the wall ms at which they were heard, or handed to the network. */
export type AgentReport = SessionFact & { readonly voiceSessionId: string };

/** Tells watchers; one that throws never keeps the others, or a session, from going on. */
export class AgentReports {
  readonly #watchers = new Set<(report: AgentReport) => void>();
  readonly #log: Logger;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Calls `watcher` with each report from now on; the returned function ends it. */
  watch(watcher: (report: AgentReport) => void): () => void {
    const entry = (report: AgentReport): void => watcher(report);
    this.#watchers.add(entry);
    return () => this.#watchers.delete(entry);
  }

  /** Passes a fact on. */
  tell(voiceSessionId: string, fact: ChildMessage | SessionFact): void {
    if (!isReported(fact)) return;
    for (const watcher of [...this.#watchers]) {
      try {
        watcher({ ...fact, voiceSessionId });
      } catch (error) {
        this.#log.error(
          { event: 'reportWatcherFailed', why: error instanceof Error ? error.message : 'unknown' },
          'A watcher of agent reports failed',
        );
      }
    }
  }
}
