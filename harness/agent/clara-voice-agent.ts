/**
 * The agent side's parent: owns `sessions`, the worker at the LiveKit server and the session children, one per
 * voice session. It decides who is served and when a session is over; rooms and sound are the child's
 * (voice-session.ts), the wire is the worker's (worker.ts).
 * Invariants: one ClaraVoiceAgent a process; at most one live child for a voice session; a session's entry is
 * removed whatever fails while it is cleaned up; tokens go to children by IPC only.
 */
import type {
  AgentDirectory,
  DispatchMetadata,
  LiveKitAddress,
  Logger,
  RoomTimeouts,
  Running,
} from '../contracts.ts';
import { AGENT_IDENTITY_PREFIX, AGENT_STATE_ATTRIBUTE } from '../../src/shared/wire.ts';
import type { RunFolder } from '../supervisor/run-folder.ts';
import { AgentReports } from './agent-report.ts';
import type { AgentReport } from './agent-report.ts';
import type { AgentSession } from './agent-session.ts';
import { MAX_CONTEXT_TURNS } from './agent-session.ts';
import { sessionChildSpawner } from './child-process.ts';
import type { SessionChild, SpawnChild } from './child-process.ts';
import { systemClock } from './clock.ts';
import type { Clock } from './clock.ts';
import { within } from './deferred.ts';
import { parseDispatchMetadata } from './dispatch-metadata.ts';
import type { ChildMessage } from './ipc.ts';
import {
  participantJoined,
  sessionCleanup,
  sessionFailed,
  sessionFailedFor,
  sessionInitialized,
} from './log-lines.ts';
import type { LogLine } from './log-lines.ts';
import { ensureRoom, mintSessionToken, mintWorkerToken } from './tokens.ts';
import { HARNESS_VERSION } from './version.ts';
import { WarmPool } from './warm-pool.ts';
import { AgentWorker } from './worker.ts';
import type { JobAcceptance, JobOffer } from './worker-state.ts';

/** What a ClaraVoiceAgent is made of. */
export interface ClaraVoiceAgentOptions {
  readonly livekit: LiveKitAddress;
  /** The worker name that dispatches are addressed to. */
  readonly agentName: string;
  readonly log: Logger;
  /** How long a vanished user, or our own lost connection, keeps a session, ms. @default 150000 */
  readonly graceMs?: number;
  /** How long a user who left without `clara.resume` may be back, ms. @default 5000 */
  readonly leftMs?: number;
  /** For rooms that must be made again after a server restart. @default 300 s empty, graceMs departure */
  readonly roomTimeouts?: RoomTimeouts;
  /** A voice of tts.ts, `auto` or `none`. @default 'auto' */
  readonly voice?: string;
  /** Children kept ready. @default 1 */
  readonly warmChildren?: number;
  /** Sessions at a time before further ones are refused. @default 50 */
  readonly maxSessions?: number;
  /** The run that children belong to; its reaper ends them when this process cannot. */
  readonly runFolder?: RunFolder;
  /** @default real processes */
  readonly spawnChild?: SpawnChild;
  /** @default the real time */
  readonly clock?: Clock;
  /** In [0, 1). @default Math.random */
  readonly random?: () => number;
}

/** A participant as a child reports it. */
export interface JoinedParticipant {
  readonly identity: string;
  readonly voiceSessionId: string;
}

/** One voice session's child, from the offer to the end of its process. */
interface VoiceSessionEntry {
  readonly metadata: DispatchMetadata;
  readonly jobId: string;
  readonly roomName: string;
  readonly offeredMonoMs: number;
  phase: 'offered' | 'starting' | 'live' | 'ending';
  child: SessionChild | undefined;
  offerTimer: AbortController | undefined;
  endReason: string | undefined;
  /** Settles when the child is there, or cannot be made. */
  starting: Promise<void> | undefined;
  ending: Promise<void> | undefined;
}

/** An accepted offer that brings no assignment within this time went to another worker, ms; usual is 2. */
const ASSIGNMENT_LIMIT_MS = 10_000;
/** From the order to the end of a child, before its group is killed, ms. */
const CHILD_END_LIMIT_MS = 1_700;
const CLEANUP_LIMIT_MS = 3_000;

/** The one that lives in this process. */
let living: ClaraVoiceAgent | undefined;

/** Serves voice sessions on a LiveKit server. */
export class ClaraVoiceAgent implements AgentDirectory, Running {
  /** By sessionId. Owned here; others read. */
  readonly sessions: Map<string, AgentSession> = new Map();
  readonly agentName: string;
  readonly #options: ClaraVoiceAgentOptions;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #worker: AgentWorker;
  readonly #pool: WarmPool;
  readonly #reports: AgentReports;
  readonly #entries = new Map<string, VoiceSessionEntry>();
  readonly #cleanups = new Map<string, Promise<void>>();
  #stopping: Promise<void> | undefined;

  /** Throws when another ClaraVoiceAgent lives in this process. */
  constructor(options: ClaraVoiceAgentOptions) {
    if (living !== undefined)
      throw new Error('a ClaraVoiceAgent lives in this process already; stop it first');
    living = this;
    this.#options = options;
    this.agentName = options.agentName;
    this.#clock = options.clock ?? systemClock;
    this.#log = options.log;
    this.#reports = new AgentReports(options.log);
    this.#pool = new WarmPool({
      spawn: options.spawnChild ?? sessionChildSpawner(options.runFolder),
      size: options.warmChildren ?? 1,
      log: options.log,
      clock: this.#clock,
    });
    this.#worker = new AgentWorker({
      url: options.livekit.url,
      agentName: options.agentName,
      version: HARNESS_VERSION,
      mintToken: () => mintWorkerToken(options.livekit),
      onOffer: (offer) => this.#onOffer(offer),
      onAssignment: (jobId, token) => this.#onAssignment(jobId, token),
      onTermination: (jobId) => this.#onTermination(jobId),
      log: options.log,
      clock: this.#clock,
      random: options.random ?? Math.random,
    });
  }

  /**
   * Connects the worker and warms a child. Resolves after the first try: an unreachable server is logged as critical,
   * told by `readiness()`, and tried again for as long as this lives. Aborting `signal` meanwhile stops everything.
   */
  async start(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const onAbort = (): void => void this.stop();
    signal.addEventListener('abort', onAbort, { once: true });
    this.#pool.fill();
    try {
      await this.#worker.run();
      signal.throwIfAborted();
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  hasLiveAgent(voiceSessionId: string): boolean {
    const entry = this.#entries.get(voiceSessionId);
    return entry !== undefined && entry.phase !== 'ending';
  }

  async endSession(voiceSessionId: string, reason: string): Promise<void> {
    const entry = this.#entries.get(voiceSessionId);
    if (entry !== undefined) await this.#endEntry(entry, reason);
  }

  readiness(): { readonly ok: boolean; readonly reason?: string } {
    if (this.#stopping !== undefined) return { ok: false, reason: 'the agent is stopping' };
    const { phase } = this.#worker;
    if (phase.phase === 'registered') return { ok: true };
    const why = phase.phase === 'waiting' ? `: ${phase.why}` : '';
    return { ok: false, reason: `the agent has no connection to the LiveKit server (${phase.phase}${why})` };
  }

  /** Tells what happens in sessions, from now on. Returns the end of it. */
  onReport(watcher: (report: AgentReport) => void): () => void {
    return this.#reports.watch(watcher);
  }

  /** The same as {@link stop}; the source document's name. */
  async destroy(): Promise<void> {
    await this.stop();
  }

  /** Ends worker, sessions and children: bounded to about 3 s, as all children end side by side. Idempotent. */
  async stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    await this.#stopping;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #stop(): Promise<void> {
    try {
      // The worker goes first: nothing new is taken while the present ones end.
      await Promise.all([
        this.#worker.stop(),
        this.#pool.stop(CHILD_END_LIMIT_MS),
        ...[...this.#entries.values()].map((entry) => this.#endEntry(entry, 'stopped')),
      ]);
      await Promise.all([...this.sessions.keys()].map((sessionId) => this.cleanupSession(sessionId)));
    } finally {
      if (living === this) living = undefined;
    }
  }

  /** A user has come into a room with our agent: makes its session. Never throws; a failure leaves the others be. */
  async onParticipantJoined(participant: JoinedParticipant): Promise<void> {
    this.#say('info', participantJoined(participant.identity), {
      voiceSessionId: participant.voiceSessionId,
    });
    try {
      const sessionId = this.#newSessionId(participant.identity);
      this.sessions.set(sessionId, {
        sessionId,
        voiceSessionId: participant.voiceSessionId,
        participantId: participant.identity,
        startTime: new Date(this.#clock.wallMs()),
        messageCount: 0,
        connectionState: 'connected',
        reconnectionAttempts: 0,
        audioQuality: 'unknown',
        context: [],
      });
      this.#say('info', sessionInitialized(sessionId), {
        session: sessionId,
        voiceSessionId: participant.voiceSessionId,
      });
    } catch (error) {
      const message = error instanceof Error ? error.message : 'unknown';
      this.#say('error', sessionFailed(), { voiceSessionId: participant.voiceSessionId });
      this.#say('error', sessionFailedFor(participant.identity, message), {
        voiceSessionId: participant.voiceSessionId,
      });
    }
    return Promise.resolve();
  }

  /** A user has left for good (bye, or not back in time): cleans its session up. */
  async onParticipantLeft(participant: JoinedParticipant, reason = 'userGone'): Promise<void> {
    const session = this.#sessionOf(participant);
    if (session !== undefined) await this.cleanupSession(session.sessionId, reason);
  }

  /** Ends a session: once, bounded, and its entry is gone afterwards even when a step fails. Unknown ids are ignored. */
  async cleanupSession(sessionId: string, reason = 'cleanedUp'): Promise<void> {
    const running = this.#cleanups.get(sessionId);
    if (running !== undefined) return running;
    const session = this.sessions.get(sessionId);
    if (session === undefined) return;
    const cleanup = this.#cleanup(session, reason).finally(() => this.#cleanups.delete(sessionId));
    this.#cleanups.set(sessionId, cleanup);
    await cleanup;
  }

  async #cleanup(session: AgentSession, reason: string): Promise<void> {
    const { sessionId, voiceSessionId } = session;
    this.#say('info', sessionCleanup(sessionId), { session: sessionId, voiceSessionId });
    try {
      session.connectionState = 'closed';
      const entry = this.#entries.get(voiceSessionId);
      const isLast = [...this.sessions.values()].every(
        (other) => other === session || other.voiceSessionId !== voiceSessionId,
      );
      if (entry !== undefined && isLast) await within(CLEANUP_LIMIT_MS, this.#endEntry(entry, reason));
    } catch (error) {
      const why = error instanceof Error ? error.message : 'unknown';
      this.#log.error(
        { event: 'sessionCleanupFailed', session: sessionId, why },
        `A step of the clean-up of session ${sessionId} failed: ${why}`,
      );
    } finally {
      this.sessions.delete(sessionId);
    }
  }

  #newSessionId(identity: string): string {
    const base = `session_${this.#clock.wallMs()}_${identity}`;
    if (!this.sessions.has(base)) return base;
    let number = 2;
    while (this.sessions.has(`${base}_${number}`)) number++;
    return `${base}_${number}`;
  }

  #sessionOf({ identity, voiceSessionId }: JoinedParticipant): AgentSession | undefined {
    return [...this.sessions.values()].find(
      (session) => session.participantId === identity && session.voiceSessionId === voiceSessionId,
    );
  }

  // --- the worker's questions -------------------------------------------------------------------------------------

  #onOffer(offer: JobOffer): JobAcceptance | undefined {
    const metadata = parseDispatchMetadata(offer.metadata);
    const refusal = metadata === undefined ? 'its metadata is not ours' : this.#refusal(metadata);
    if (metadata === undefined || refusal !== undefined) {
      this.#log.warn(
        { event: 'jobRefused', jobId: offer.jobId, why: refusal },
        `A job was refused: ${refusal ?? 'unknown'}`,
      );
      return undefined;
    }
    const entry: VoiceSessionEntry = {
      metadata,
      jobId: offer.jobId,
      roomName: offer.roomName,
      offeredMonoMs: this.#clock.monoMs(),
      phase: 'offered',
      child: undefined,
      offerTimer: new AbortController(),
      endReason: undefined,
      starting: undefined,
      ending: undefined,
    };
    this.#entries.set(metadata.voiceSessionId, entry);
    this.#clock.sleep(ASSIGNMENT_LIMIT_MS, entry.offerTimer?.signal ?? new AbortController().signal).then(
      () => this.#forget(entry, `no assignment within ${ASSIGNMENT_LIMIT_MS} ms`),
      () => {}, // assigned
    );
    const identity = AGENT_IDENTITY_PREFIX + metadata.voiceSessionId;
    return {
      participantIdentity: identity,
      participantName: this.agentName,
      participantAttributes: { [AGENT_STATE_ATTRIBUTE]: 'initializing' },
    };
  }

  #refusal({ voiceSessionId }: DispatchMetadata): string | undefined {
    if (this.#stopping !== undefined) return 'the agent is stopping';
    if (this.hasLiveAgent(voiceSessionId)) return `voice session ${voiceSessionId} has its agent already`;
    const most = this.#options.maxSessions ?? 50;
    return this.#entries.size >= most
      ? `${this.#entries.size} sessions of at most ${most} are served`
      : undefined;
  }

  #onAssignment(jobId: string, token: string): void {
    const entry = [...this.#entries.values()].find((known) => known.jobId === jobId);
    if (entry?.phase !== 'offered') {
      this.#worker.updateJob(jobId, { status: 'failed', error: 'not expected' });
      return;
    }
    entry.offerTimer?.abort();
    entry.phase = 'starting';
    entry.starting = this.#startChild(entry, token);
  }

  #onTermination(jobId: string): void {
    const entry = [...this.#entries.values()].find((known) => known.jobId === jobId);
    if (entry !== undefined) void this.#endEntry(entry, 'terminated');
  }

  // --- children ---------------------------------------------------------------------------------------------------

  /** Never rejects. */
  async #startChild(entry: VoiceSessionEntry, token: string): Promise<void> {
    const { voiceSessionId, pipeline } = entry.metadata;
    const { livekit, graceMs = 150_000, leftMs = 5_000, roomTimeouts, voice = 'auto' } = this.#options;
    try {
      const child = await this.#pool.take();
      entry.child = child;
      child.onMessage = (message) => this.#onChildMessage(entry, message);
      void child.exited.then((exit) => this.#onChildExit(entry, exit));
      if (entry.phase === 'ending') return; // ended while the child was made; #endEntry waits for it
      child.send({
        type: 'start',
        voiceSessionId,
        pipeline,
        roomName: entry.roomName,
        identity: AGENT_IDENTITY_PREFIX + voiceSessionId,
        url: livekit.url,
        token,
        graceMs,
        leftMs,
        emptyMs: (roomTimeouts?.emptyTimeoutS ?? 300) * 1000,
        voice,
      });
      this.#worker.updateJob(entry.jobId, { status: 'running' });
      this.#tellLoad();
    } catch (error) {
      const why = error instanceof Error ? error.message : 'unknown';
      this.#log.error(
        { event: 'sessionStartFailed', voiceSessionId, why },
        `No process for voice session ${voiceSessionId}: ${why}`,
      );
      this.#worker.updateJob(entry.jobId, { status: 'failed', error: 'no process' });
      this.#forget(entry, 'no process');
    }
  }

  #onChildMessage(entry: VoiceSessionEntry, message: ChildMessage): void {
    const { voiceSessionId } = entry.metadata;
    const session =
      'identity' in message ? this.#sessionOf({ identity: message.identity, voiceSessionId }) : undefined;
    switch (message.type) {
      case 'ready':
        return;
      case 'tokenWanted':
        void this.#sendFreshToken(entry);
        return;
      case 'joined': {
        entry.phase = entry.phase === 'starting' ? 'live' : entry.phase;
        // The next session's child is made now, and not while this one joins.
        this.#pool.fill();
        this.#eachSession(voiceSessionId, (one) => (one.connectionState = 'connected'));
        const sinceOfferMs = Math.round(this.#clock.monoMs() - entry.offeredMonoMs);
        this.#log.info(
          {
            event: message.again ? 'agentRejoined' : 'agentJoined',
            voiceSessionId,
            tookMs: Math.round(message.tookMs),
            ...(!message.again && { sinceOfferMs }),
          },
          `Agent ${message.again ? 'rejoined' : 'joined'} the room of voice session ${voiceSessionId} in ${Math.round(message.tookMs)} ms`,
        );
        break;
      }
      case 'connection':
        this.#eachSession(voiceSessionId, (one) => {
          one.connectionState = message.state;
          if (message.state === 'reconnecting') one.reconnectionAttempts++;
        });
        this.#log.info(
          { event: 'agentConnection', voiceSessionId, state: message.state },
          `The agent's connection of voice session ${voiceSessionId}: ${message.state}`,
        );
        break;
      case 'participantJoined':
        if (!message.returned || session === undefined)
          void this.onParticipantJoined({ identity: message.identity, voiceSessionId });
        else {
          session.connectionState = 'connected';
          this.#log.info(
            { event: 'participantReturned', session: session.sessionId },
            `Participant ${message.identity} is back in session ${session.sessionId}`,
          );
        }
        break;
      case 'participantAway':
        if (session !== undefined) {
          session.connectionState = 'reconnecting';
          this.#log.info(
            { event: 'participantAway', session: session.sessionId, forMs: message.forMs },
            `Participant ${message.identity} is away; session ${session.sessionId} waits ${message.forMs} ms`,
          );
        }
        break;
      case 'participantLeft':
        this.#reports.tell(voiceSessionId, message);
        void this.onParticipantLeft({ identity: message.identity, voiceSessionId }, message.reason);
        return;
      case 'quality':
        if (session !== undefined) session.audioQuality = message.quality;
        break;
      case 'turn':
        if (session !== undefined) {
          session.context = [...session.context, message.turn].slice(-MAX_CONTEXT_TURNS);
          if (message.turn.from === 'user') session.messageCount++;
        }
        break;
      case 'error':
        this.#log.warn(
          { event: 'sessionError', voiceSessionId, code: message.code, why: message.message },
          `Voice session ${voiceSessionId}: ${message.code}`,
        );
        break;
      case 'ended':
        // It ends by itself; should it hang in native code, its group is killed.
        void this.#endEntry(entry, message.reason);
        break;
      default:
        break; // facts for those who measure
    }
    this.#reports.tell(voiceSessionId, message);
  }

  async #sendFreshToken(entry: VoiceSessionEntry): Promise<void> {
    const { livekit, graceMs = 150_000, roomTimeouts } = this.#options;
    try {
      await ensureRoom(
        livekit,
        entry.roomName,
        roomTimeouts ?? { emptyTimeoutS: 300, departureTimeoutS: Math.ceil(graceMs / 1000) },
      );
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

  #onChildExit(
    entry: VoiceSessionEntry,
    exit: { readonly code: number | null; readonly signal: NodeJS.Signals | null },
  ): void {
    const { voiceSessionId } = entry.metadata;
    const reason = entry.endReason ?? 'died';
    const died = reason === 'died';
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
    this.#worker.updateJob(
      entry.jobId,
      died ? { status: 'failed', error: 'its process died' } : { status: 'success' },
    );
    this.#forget(entry, reason);
    this.#reports.tell(voiceSessionId, { type: 'exited', reason });
    // A newer child of the same voice session goes on with its sessions.
    if (this.hasLiveAgent(voiceSessionId)) return;
    this.#eachSession(voiceSessionId, (session) => {
      if (died) session.connectionState = 'error';
      void this.cleanupSession(session.sessionId);
    });
  }

  /** Ends a session's child and waits until it is gone; bounded, never rejects. */
  async #endEntry(entry: VoiceSessionEntry, reason: string): Promise<void> {
    entry.ending ??= (async () => {
      entry.endReason ??= reason;
      const hadChild = entry.phase !== 'offered';
      entry.phase = 'ending';
      entry.offerTimer?.abort();
      if (!hadChild) return this.#forget(entry, reason);
      await entry.starting; // a child that is only being made comes within its fork
      await entry.child?.end(reason, CHILD_END_LIMIT_MS);
      this.#forget(entry, reason);
    })();
    await entry.ending;
  }

  #forget(entry: VoiceSessionEntry, reason: string): void {
    entry.offerTimer?.abort();
    if (this.#entries.get(entry.metadata.voiceSessionId) !== entry) return;
    this.#entries.delete(entry.metadata.voiceSessionId);
    this.#log.debug(
      { event: 'voiceSessionForgotten', voiceSessionId: entry.metadata.voiceSessionId, reason },
      'A voice session is no longer served here',
    );
    this.#tellLoad();
  }

  #tellLoad(): void {
    this.#worker.setLoad(this.#entries.size, this.#entries.size / (this.#options.maxSessions ?? 50));
  }

  #eachSession(voiceSessionId: string, act: (session: AgentSession) => void): void {
    for (const session of [...this.sessions.values()])
      if (session.voiceSessionId === voiceSessionId) act(session);
  }

  #say(level: 'info' | 'error', line: LogLine, facts: Record<string, unknown>): void {
    this.#log[level]({ event: line.event, ...facts }, line.text);
  }
}
