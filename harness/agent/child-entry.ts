/** What the keeper of the children knows of one voice session, and whom it tells. */
import type { ContextOrigin } from '../../src/shared/wire.ts';
import type { DispatchMetadata } from '../contracts.ts';
import type { SessionChild } from './child-process.ts';
import type { ChildMessage } from './ipc.ts';
import type { TreeUsage } from '../supervisor/usage-monitor.ts';
import type { WatchedGroup } from '../supervisor/watched-group.ts';
import type { JobOffer, JobOutcome } from './worker-state.ts';

/** How a child was lost: its process is gone, gives no sign of life, or took more than it may. */
export type LossReason = 'died' | 'hung' | 'memory' | 'cpu';

/** Whom the children's keeper tells. */
export interface ChildrenEvents {
  /** A message of a voice session's child; `sinceOfferMs` since LiveKit offered the job. */
  onMessage(voiceSessionId: string, message: ChildMessage, sinceOfferMs: number): void;
  /** A child is lost, and another one takes its place: the `attempt`th of this voice session. */
  onLost(voiceSessionId: string, reason: LossReason, attempt: number): void;
  /** It hangs, and is about to be replaced. */
  onHung(voiceSessionId: string, how: 'silent' | 'stuck', forMs: number): void;
  /** What its processes use. */
  onUsage(voiceSessionId: string, usage: TreeUsage): void;
  /** A process of it needed SIGKILL. */
  onKilled(voiceSessionId: string): void;
  /** The users that a new child may expect. */
  usersOf(voiceSessionId: string): readonly string[];
  /** The last child's process is gone. `died`: nobody had asked for it. */
  onExit(voiceSessionId: string, reason: string, died: boolean): void;
  updateJob(jobId: string, outcome: JobOutcome): void;
  setLoad(jobCount: number, loadRatio: number): void;
}

/** Where the child of a voice session stands. */
export type ChildPhase = 'offered' | 'starting' | 'live' | 'ending';

/** One voice session from the accepted offer to the end of its last child. */
export interface ChildEntry {
  readonly metadata: DispatchMetadata;
  readonly jobId: string;
  readonly roomName: string;
  /** Of the offer, or of the loss of the child before, mono ms. */
  askedMonoMs: number;
  readonly offerTimer: AbortController;
  phase: ChildPhase;
  /** How its conversation came here, where there was one. */
  origin: ContextOrigin | undefined;
  child: SessionChild | undefined;
  /** Its child is a replacement: the server may still end the job of the one that was put out. */
  isReplaced: boolean;
  /** Once the child has spoken. */
  watched: WatchedGroup | undefined;
  endReason: string | undefined;
  /** Settles when the child is there, or cannot be made. */
  starting: Promise<void> | undefined;
  ending: Promise<void> | undefined;
}

/** A voice session whose job was offered just now. */
export function offeredEntry(
  metadata: DispatchMetadata,
  offer: JobOffer,
  origin: ContextOrigin | undefined,
  nowMs: number,
): ChildEntry {
  return {
    metadata,
    jobId: offer.jobId,
    roomName: offer.roomName,
    askedMonoMs: nowMs,
    offerTimer: new AbortController(),
    phase: 'offered',
    origin,
    child: undefined,
    isReplaced: false,
    watched: undefined,
    endReason: undefined,
    starting: undefined,
    ending: undefined,
  };
}

/** Asked through a function, because the phase may have changed during an await that the compiler does not see. */
export function isEnding(entry: ChildEntry): boolean {
  return entry.phase === 'ending';
}
