/**
 * Owns: telling how healthy the sessions of a manager are, when asked and at each health check.
 * Never: ends a stale session: the engine does, after the time that its policy gives it.
 */
import type { Logger } from '../contracts.ts';
import type { CliState } from '../supervisor/session-states.ts';
import { healthMetrics, isStale } from './health.ts';
import type { HealthFacts } from './health.ts';
import type { CliSession } from './session-record.ts';
import type { CliUpdate, SessionHealthMetrics } from './session-types.ts';

/** What it needs of a manager. */
export interface HealthTools {
  readonly log: Logger;
  readonly monoMs: () => number;
  readonly tell: (update: CliUpdate) => void;
  readonly sessions: () => readonly CliSession[];
  readonly countByState: () => Readonly<Record<CliState, number>>;
  /** ms; 0 for a session that may be silent. */
  readonly staleAfterMsOf: (sessionId: string) => number;
}

/** The health of a manager's sessions. */
export class HealthWatch {
  readonly #tools: HealthTools;

  constructor(tools: HealthTools) {
    this.#tools = tools;
  }

  metrics(): SessionHealthMetrics {
    const { sessions, countByState } = this.#tools;
    return healthMetrics(
      sessions().map((session) => this.#factsOf(session)),
      countByState(),
    );
  }

  /** The check of all: tells of each active one, then of all together. */
  check(): void {
    const { sessions, tell, log } = this.#tools;
    const metrics = this.metrics();
    for (const session of sessions()) {
      if (session.endTime !== undefined) continue;
      const facts = this.#factsOf(session);
      const isStaleNow = isStale(facts);
      if (isStaleNow)
        log.warn(
          { event: 'cliStale', session: session.id, idleMs: Math.round(facts.idleMs) },
          `CLI session ${session.id} has shown no activity for ${Math.round(facts.idleMs)} ms`,
        );
      tell({ type: 'health', session, isStale: isStaleNow, metrics });
    }
    tell({ type: 'health', session: undefined, isStale: metrics.staleSessions > 0, metrics });
  }

  /** The check of one that has a clock of its own. */
  checkOf(session: CliSession): void {
    const metrics = this.metrics();
    this.#tools.tell({ type: 'health', session, isStale: isStale(this.#factsOf(session)), metrics });
  }

  #factsOf(session: CliSession): HealthFacts {
    return {
      status: session.status,
      idleMs: this.#tools.monoMs() - session.lastActivityMonoMs,
      staleAfterMs: this.#tools.staleAfterMsOf(session.id),
      rssBytes: session.rssBytes,
    };
  }
}
