/** What `clara call --json` prints; a contract, described in docs/calls.md. */

/** Which page makes the call. */
export const CALL_CLIENTS = ['clara', 'stock'] as const;
export type CallClient = (typeof CALL_CLIENTS)[number];

/** A phase that the page showed; ms from the click on Start. */
export interface CallPhase {
  readonly atMs: number;
  readonly phase: string;
  readonly reason?: string;
}

/** One fault of a call and what came of it. */
export interface CallFault {
  readonly id: string;
  readonly atMs: number;
  readonly healedMs: number;
  /** From the fault; null when nothing was shown. */
  readonly firstUiStateMs: number | null;
  /** From the heal; null when it did not come back. */
  readonly audioBackMs: number | null;
  /** From the heal; null when it did not come back. */
  readonly shownBackMs: number | null;
  readonly wordsLost: { readonly toAgent: number; readonly fromAgent: number };
  readonly wordsTwice: { readonly toAgent: number; readonly fromAgent: number };
}

/** A call. Words are listed in the order in which they were said or heard. */
export interface CallResult {
  readonly ok: boolean;
  readonly client: CallClient;
  /** Click on Start to joined with the microphone published, ms; null when that never happened. */
  readonly connectMs: number | null;
  /** Click on Start to the first sound of the agent, ms; null when none came. */
  readonly agentHeardMs: number | null;
  /** Said by the user while they could be heard, see judge-call.ts. */
  readonly wordsSpoken: readonly number[];
  readonly wordsHeardByAgent: readonly number[];
  readonly wordsHeardBack: readonly number[];
  /** Said by the agent while it could be heard. */
  readonly wordsSpokenByAgent: readonly number[];
  readonly phases: readonly CallPhase[];
  readonly faults: readonly CallFault[];
  /** How long the page showed `connected` while words did not arrive in one direction or both, ms. */
  readonly falseConnectedMs: number;
  /** How often the user joined the room, as the agent saw it. */
  readonly joins: number;
  /** How many agents joined the room. */
  readonly agents: number;
  /** The session was over before the harness hung up, or never began. */
  readonly sessionLost: boolean;
}
