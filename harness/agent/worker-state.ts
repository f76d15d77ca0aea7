/**
 * How our worker stands with the LiveKit server, and what it says there: the pure half of worker.ts. The worker
 * speaks `livekit.WorkerMessage` and reads `livekit.ServerMessage` (livekit_agent.proto, @livekit/protocol 1.52.1).
 */
import type { BackoffPolicy } from './backoff.ts';
import { JobStatus, JobType, ServerMessage, WorkerMessage, WorkerStatus } from '@livekit/protocol';

/** Connecting to the server, serving, or waiting for the next try. */
export type WorkerPhase =
  | { readonly phase: 'stopped' }
  | { readonly phase: 'connecting'; readonly attempt: number }
  | { readonly phase: 'registered'; readonly workerId: string }
  | { readonly phase: 'waiting'; readonly attempt: number; readonly why: string };

/** What is asked when LiveKit offers a job. */
export interface JobOffer {
  readonly jobId: string;
  readonly roomName: string;
  /** The dispatch's metadata, unread. */
  readonly metadata: string;
}

/** How a job is taken. */
export interface JobAcceptance {
  readonly participantIdentity: string;
  readonly participantName: string;
  readonly participantAttributes: Record<string, string>;
}

/** How a job ended, for `updateJob`. */
export type JobOutcome =
  { readonly status: 'running' | 'success' } | { readonly status: 'failed'; readonly error: string };

/** As long as sessions wait for their server by default, ms: the grace time of agent.md. */
const EAGER_FOR_MS = 150_000;

/**
 * How often to knock at a server that has been away for `awayMs`. Each try is one TCP handshake: eager for as long
 * as a user waits for the restart, because the children learn from us that the server is back.
 */
export function knockPolicy(awayMs: number): BackoffPolicy {
  return awayMs > EAGER_FOR_MS ? { firstMs: 2_000, maxMs: 2_000 } : { firstMs: 200, maxMs: 200 };
}

/** The registration; must arrive within 10 s of the open socket. */
export function registerMessage(agentName: string, version: string): Uint8Array {
  return new WorkerMessage({
    message: { case: 'register', value: { type: JobType.JT_ROOM, agentName, version, pingInterval: 10 } },
  }).toBinary();
}

/** Yes with an identity, or no. */
export function availabilityMessage(jobId: string, acceptance: JobAcceptance | undefined): Uint8Array {
  return new WorkerMessage({
    message: { case: 'availability', value: { jobId, available: acceptance !== undefined, ...acceptance } },
  }).toBinary();
}

/** How a job goes. */
export function jobMessage(jobId: string, outcome: JobOutcome): Uint8Array {
  const status = {
    running: JobStatus.JS_RUNNING,
    success: JobStatus.JS_SUCCESS,
    failed: JobStatus.JS_FAILED,
  }[outcome.status];
  return new WorkerMessage({
    message: {
      case: 'updateJob',
      value: { jobId, status, error: outcome.status === 'failed' ? outcome.error : '' },
    },
  }).toBinary();
}

/** How busy we are. `loadRatio` is 0 to 1; at 1 we are full and are not asked. */
export function loadMessage(jobCount: number, loadRatio: number): Uint8Array {
  const status = loadRatio >= 1 ? WorkerStatus.WS_FULL : WorkerStatus.WS_AVAILABLE;
  return new WorkerMessage({
    message: { case: 'updateWorker', value: { status, load: Math.min(1, loadRatio), jobCount } },
  }).toBinary();
}

/** A life sign the server answers with a pong. */
export function pingMessage(wallMs: number): Uint8Array {
  return new WorkerMessage({
    message: { case: 'ping', value: { timestamp: BigInt(Math.round(wallMs)) } },
  }).toBinary();
}

/** Reads what the server says. Throws when it is not a ServerMessage. */
export function readServerMessage(data: Uint8Array): ServerMessage['message'] {
  return ServerMessage.fromBinary(data).message;
}
