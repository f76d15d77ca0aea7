/**
 * What the parts of the harness know of each other. The composition stands in cli/; the parts never import one
 * another except through these.
 */
import type { Logger } from 'pino';

/** Where a LiveKit server is, and how to be let in. `apiSecret` never reaches a log, an argument or an environment. */
export interface LiveKitAddress {
  /** For server APIs and agents, `ws://127.0.0.1:17880`. */
  readonly url: string;
  /** What browsers are told; differs from `url` when a proxy stands between. */
  readonly publicUrl: string;
  readonly apiKey: string;
  readonly apiSecret: string;
}

/** The voice pipelines that exist so far. */
export const PIPELINES = ['parrot', 'count'] as const;
export type Pipeline = (typeof PIPELINES)[number];

/** The room timeouts of agent.md, seconds. */
export interface RoomTimeouts {
  readonly emptyTimeoutS: number;
  readonly departureTimeoutS: number;
}

/** What is asked of the agent side for one session; travels as dispatch metadata (JSON). */
export interface DispatchMetadata {
  /** Made by the gateway, `[a-z0-9-]{8,40}`. The agent's identity is `agent-<voiceSessionId>`. */
  readonly voiceSessionId: string;
  readonly pipeline: Pipeline;
}

/** The gateway's view of the agent side. */
export interface AgentDirectory {
  /** The worker name that dispatches are addressed to. */
  readonly agentName: string;
  /** True while a child process serves this session, or one has been asked for and is on its way. */
  hasLiveAgent(voiceSessionId: string): boolean;
  /** Ends a session at once (the user's bye by beacon). Unknown ids are ignored. Bounded, never rejects. */
  endSession(voiceSessionId: string, reason: string): Promise<void>;
  /** Whether sessions can be served now, and if not, why. */
  readiness(): { readonly ok: boolean; readonly reason?: string };
}

/** Something that runs and can be stopped; `stop` is bounded, idempotent, and leaves nothing behind. */
export interface Running extends AsyncDisposable {
  stop(): Promise<void>;
}

export type { Logger };
