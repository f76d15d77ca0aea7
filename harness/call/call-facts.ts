/** What both ends of a call saw, as material for judge-call.ts. */
import type { ProbeReport } from '../../src/shared/probe-report.ts';

/** A word and the wall time of its start, ms, unless told otherwise. */
export interface TimedWord {
  readonly index: number;
  readonly atWallMs: number;
}

/** The agent's side of one call. */
export interface AgentFacts {
  /** When the user's sound, silent or not, began to arrive at the agent; undefined when it never did. Wall ms. */
  readonly listeningFromWallMs: number | undefined;
  /** In the order of hearing; the time is about when each was recognised. */
  readonly heard: readonly TimedWord[];
  /** In the order of speaking. */
  readonly spoken: readonly TimedWord[];
  readonly userJoins: number;
  readonly agentJoins: number;
}

/** A finished call. */
export interface CallFacts {
  /** Everything the page probe told, in the order of its coming. */
  readonly page: readonly ProbeReport[];
  readonly agent: AgentFacts;
  /** When counting ended, wall ms: the harness went on listening a while after it and then hung up. */
  readonly markWallMs: number;
}
