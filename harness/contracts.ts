/**
 * What the parts of the harness know of each other. The composition stands in cli/; the parts never import one
 * another except through these.
 */
import type { Logger } from 'pino';
import type { AgentsMessage } from '../src/shared/agent-sessions.ts';

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

/** What may answer typed messages in the pipeline's place: nothing, or a command-line assistant. */
export const RESPONDERS = ['none', 'cli'] as const;

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

/** One thing that has to be well. */
export interface HealthCheck {
  readonly id: string;
  readonly ok: boolean;
  /** Why not; or, with `ok`, what does not work as it should while sessions are served. */
  readonly reason?: string;
}

/** What operators see of the sessions that run here, and may do to them. */
export interface SessionOperations {
  /** All that is known now, as the first message of a stream. */
  snapshot(): AgentsMessage;
  /** Calls `listener` with what follows; the returned function ends it. */
  watch(listener: (message: AgentsMessage) => void): () => void;
  /** Ends a session; false when there is none. Bounded, never rejects. */
  endSession(sessionId: string, reason: string): Promise<boolean>;
  /** The Prometheus exposition. */
  exposition(): Promise<{ readonly contentType: string; readonly body: string }>;
  /** Looks at the sessions themselves: not well when one hangs past its limit. */
  sessionHealth(): HealthCheck;
  /** What else has to be there for sessions to be served (a shared store). */
  surroundings(): readonly HealthCheck[];
}

/** Something that runs and can be stopped; `stop` is bounded, idempotent, and leaves nothing behind. */
export interface Running extends AsyncDisposable {
  stop(): Promise<void>;
}

export type { Logger };
