/**
 * One live child process for each voice session: takes LiveKit's jobs, gives them to warm children, hands tokens
 * over, and ends children. It knows nothing of users and their sessions; those are ClaraVoiceAgent's.
 * Invariants: at most one child that is not ending for a voice session; a job's end is told once; tokens go by IPC
 * only.
 */
import { AGENT_IDENTITY_PREFIX, AGENT_STATE_ATTRIBUTE } from '../../src/shared/wire.ts';
import type { DispatchMetadata, Logger } from '../contracts.ts';
import type { Exit } from '../supervisor/process-group.ts';
import { withDefaults } from './agent-options.ts';
import type { ClaraVoiceAgentOptions } from './agent-options.ts';
import { sessionChildSpawner } from './child-process.ts';
import type { SessionChild } from './child-process.ts';
import type { Clock } from './clock.ts';
import { parseDispatchMetadata } from './dispatch-metadata.ts';
import { inBackground } from './in-background.ts';
import type { ChildMessage } from './ipc.ts';
import { ensureRoom, mintSessionToken } from './tokens.ts';
import { WarmPool } from './warm-pool.ts';
import type { JobAcceptance, JobOffer, JobOutcome } from './worker-state.ts';

/** Whom the children's keeper tells. */
export interface ChildrenEvents {
  /** A message of a voice session's child; `sinceOfferMs` since LiveKit offered the job. */
  onMessage(voiceSessionId: string, message: ChildMessage, sinceOfferMs: number): void;
  /** A child's process is gone. `died`: nobody had asked for it. */
  onExit(voiceSessionId: string, reason: string, died: boolean): void;
  updateJob(jobId: string, outcome: JobOutcome): void;
  setLoad(jobCount: number, loadRatio: number): void;
}

type Phase = 'offered' | 'starting' | 'live' | 'ending';

interface Entry {
  readonly metadata: DispatchMetadata;
  readonly jobId: string;
  readonly roomName: string;
  readonly offeredMonoMs: number;
  readonly offerTimer: AbortController;
  phase: Phase;
  child: SessionChild | undefined;
  endReason: string | undefined;
  /** Settles when the child is there, or cannot be made. */
  starting: Promise<void> | undefined;
  ending: Promise<void> | undefined;
}

/** An accepted offer that brings no assignment within this time went to another worker, ms; usual is 2. */
const ASSIGNMENT_LIMIT_MS = 10_000;
/** From the order to the end of a child, before its group is killed, ms. */
const CHILD_END_LIMIT_MS = 1_700;

/** Keeps the children of all voice sessions. */
export class SessionChildren {
  readonly #options: ClaraVoiceAgentOptions;
  readonly #settings: ReturnType<typeof withDefaults>;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #events: ChildrenEvents;
  readonly #pool: WarmPool;
  readonly #entries = new Map<string, Entry>();
  #stopping = false;

  constructor(options: ClaraVoiceAgentOptions, clock: Clock, events: ChildrenEvents) {
    this.#options = options;
    this.#settings = withDefaults(options);
    this.#clock = clock;
    this.#log = options.log;
    this.#events = events;
    const spawn = options.spawnChild ?? sessionChildSpawner(options.runFolder);
    this.#pool = new WarmPool({ spawn, size: this.#settings.warmChildren, log: options.log, clock });
  }

  /** Starts the warm ones. */
  warmUp(): void {
    this.#pool.fill();
  }

  /** True from the accepted offer to the order to end. */
  isLive(voiceSessionId: string): boolean {
    const entry = this.#entries.get(voiceSessionId);
    return entry !== undefined && entry.phase !== 'ending';
  }

  /** Takes or refuses a job. */
  answerOffer(offer: JobOffer): JobAcceptance | undefined {
    const metadata = parseDispatchMetadata(offer.metadata);
    const refusal = metadata === undefined ? 'its metadata is not ours' : this.#refusal(metadata);
    if (metadata === undefined || refusal !== undefined) {
      this.#log.warn(
        { event: 'jobRefused', jobId: offer.jobId, why: refusal },
        `A job was refused: ${refusal ?? 'unknown'}`,
      );
      return undefined;
    }
    const entry: Entry = {
      metadata,
      jobId: offer.jobId,
      roomName: offer.roomName,
      offeredMonoMs: this.#clock.monoMs(),
      offerTimer: new AbortController(),
      phase: 'offered',
      child: undefined,
      endReason: undefined,
      starting: undefined,
      ending: undefined,
    };
    this.#entries.set(metadata.voiceSessionId, entry);
    this.#clock.sleep(ASSIGNMENT_LIMIT_MS, entry.offerTimer.signal).then(
      () => this.#forget(entry, `no assignment within ${ASSIGNMENT_LIMIT_MS} ms`),
      () => {}, // assigned or ended
    );
    return {
      participantIdentity: AGENT_IDENTITY_PREFIX + metadata.voiceSessionId,
      participantName: this.#options.agentName,
      participantAttributes: { [AGENT_STATE_ATTRIBUTE]: 'initializing' },
    };
  }

  /** A job that was taken has come, with its room token. */
  assigned(jobId: string, token: string): void {
    const entry = this.#byJob(jobId);
    if (entry?.phase !== 'offered')
      return this.#events.updateJob(jobId, { status: 'failed', error: 'not expected' });
    entry.offerTimer.abort();
    entry.phase = 'starting';
    entry.starting = this.#startChild(entry, token);
  }

  /** LiveKit ends a job. */
  terminated(jobId: string): void {
    const entry = this.#byJob(jobId);
    if (entry !== undefined)
      inBackground(this.#endEntry(entry, 'terminated'), this.#log, 'ending a terminated job');
  }

  /** Ends a voice session's child and resolves when it is gone; bounded. Unknown ids are ignored. */
  async end(voiceSessionId: string, reason: string): Promise<void> {
    const entry = this.#entries.get(voiceSessionId);
    if (entry !== undefined) await this.#endEntry(entry, reason);
  }

  /** Ends all children, warm ones too, side by side; bounded. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all([
      this.#pool.stop(CHILD_END_LIMIT_MS),
      ...[...this.#entries.values()].map((entry) => this.#endEntry(entry, 'stopped')),
    ]);
  }

  #byJob(jobId: string): Entry | undefined {
    return [...this.#entries.values()].find((entry) => entry.jobId === jobId);
  }

  #refusal({ voiceSessionId }: DispatchMetadata): string | undefined {
    if (this.#stopping) return 'the agent is stopping';
    if (this.isLive(voiceSessionId)) return `voice session ${voiceSessionId} has its agent already`;
    const { maxSessions } = this.#settings;
    return this.#entries.size >= maxSessions
      ? `${this.#entries.size} sessions of at most ${maxSessions} are served`
      : undefined;
  }

  /** Never rejects. */
  async #startChild(entry: Entry, token: string): Promise<void> {
    const { voiceSessionId, pipeline } = entry.metadata;
    const { graceMs, leftMs, roomTimeouts, voice } = this.#settings;
    try {
      const child = await this.#pool.take();
      entry.child = child;
      child.onMessage = (message) => this.#onMessage(entry, message);
      inBackground(
        child.exited.then((exit) => this.#onExit(entry, exit)),
        this.#log,
        'the end of a session process',
      );
      if (isEnding(entry)) return; // ended while the child was made: who ends it waits for us
      child.send({
        type: 'start',
        voiceSessionId,
        pipeline,
        roomName: entry.roomName,
        identity: AGENT_IDENTITY_PREFIX + voiceSessionId,
        url: this.#options.livekit.url,
        token,
        graceMs,
        leftMs,
        emptyMs: roomTimeouts.emptyTimeoutS * 1000,
        voice,
      });
      this.#events.updateJob(entry.jobId, { status: 'running' });
      this.#tellLoad();
    } catch (error) {
      const why = error instanceof Error ? error.message : 'unknown';
      this.#log.error(
        { event: 'sessionStartFailed', voiceSessionId, why },
        `No process for voice session ${voiceSessionId}: ${why}`,
      );
      this.#events.updateJob(entry.jobId, { status: 'failed', error: 'no process' });
      this.#forget(entry, 'no process');
    }
  }

  #onMessage(entry: Entry, message: ChildMessage): void {
    const { voiceSessionId } = entry.metadata;
    if (message.type === 'tokenWanted') inBackground(this.#sendFreshToken(entry), this.#log, 'a fresh token');
    if (message.type === 'joined') {
      if (entry.phase === 'starting') entry.phase = 'live';
      this.#pool.fill(); // the next session's child is made now, and not while this one joins
    }
    // It ends by itself; should it hang in native code, its group is killed.
    if (message.type === 'ended')
      inBackground(this.#endEntry(entry, message.reason), this.#log, 'ending a session process');
    this.#events.onMessage(voiceSessionId, message, this.#clock.monoMs() - entry.offeredMonoMs);
  }

  async #sendFreshToken(entry: Entry): Promise<void> {
    const { livekit } = this.#options;
    try {
      await ensureRoom(livekit, entry.roomName, this.#settings.roomTimeouts);
      const token = await mintSessionToken(
        livekit,
        entry.roomName,
        AGENT_IDENTITY_PREFIX + entry.metadata.voiceSessionId,
      );
      entry.child?.send({ type: 'token', token });
    } catch {
      // The SDK's error may hold its own token: only that it failed is passed on.
      entry.child?.send({ type: 'tokenRefused', reason: 'the room could not be made sure of' });
    }
  }

  #onExit(entry: Entry, exit: Exit): void {
    const { voiceSessionId } = entry.metadata;
    const died = entry.endReason === undefined;
    const reason = entry.endReason ?? 'died';
    const facts = {
      event: died ? 'agentDied' : 'agentEnded',
      voiceSessionId,
      reason,
      code: exit.code,
      signal: exit.signal,
    };
    this.#log[died ? 'error' : 'info'](
      facts,
      `The process of voice session ${voiceSessionId} ended: ${reason}`,
    );
    this.#events.updateJob(
      entry.jobId,
      died ? { status: 'failed', error: 'its process died' } : { status: 'success' },
    );
    this.#forget(entry, reason);
    this.#events.onExit(voiceSessionId, reason, died);
  }

  async #endEntry(entry: Entry, reason: string): Promise<void> {
    entry.ending ??= this.#endOnce(entry, reason);
    await entry.ending;
  }

  async #endOnce(entry: Entry, reason: string): Promise<void> {
    entry.endReason ??= reason;
    const wasOffered = entry.phase === 'offered';
    entry.phase = 'ending';
    entry.offerTimer.abort();
    if (!wasOffered) {
      await entry.starting; // a child that is only being made comes within its fork
      await entry.child?.end(reason, CHILD_END_LIMIT_MS);
    }
    this.#forget(entry, reason);
  }

  #forget(entry: Entry, reason: string): void {
    const { voiceSessionId } = entry.metadata;
    entry.offerTimer.abort();
    if (this.#entries.get(voiceSessionId) !== entry) return; // a newer one has its place
    this.#entries.delete(voiceSessionId);
    this.#log.debug(
      { event: 'voiceSessionForgotten', voiceSessionId, reason },
      'A voice session is no longer served here',
    );
    this.#tellLoad();
  }

  #tellLoad(): void {
    this.#events.setLoad(this.#entries.size, this.#entries.size / this.#settings.maxSessions);
  }
}

/** Asked through a function, because the phase may have changed during an await that the compiler does not see. */
function isEnding(entry: Entry): boolean {
  return entry.phase === 'ending';
}
