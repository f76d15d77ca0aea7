/**
 * The agent side's parent: owns `sessions`, one for each user in a room with our agent, and puts the worker at the
 * LiveKit server (worker.ts) and the children (session-children.ts) together. Rooms and sound are the child's.
 * Invariants: one ClaraVoiceAgent a process; a session's entry is removed whatever fails while it is cleaned up.
 */
import type { AgentDirectory, Logger, Running } from '../contracts.ts';
import type { ClaraVoiceAgentOptions } from './agent-options.ts';
import { AgentReports } from './agent-report.ts';
import type { AgentReport } from './agent-report.ts';
import { MAX_CONTEXT_TURNS } from './agent-session.ts';
import type { AgentSession } from './agent-session.ts';
import type { LossReason } from './child-entry.ts';
import { systemClock } from './clock.ts';
import type { Clock } from './clock.ts';
import { within } from './deferred.ts';
import { inBackground } from './in-background.ts';
import type { ChildMessage } from './ipc.ts';
import {
  participantJoined,
  sessionCleanup,
  sessionFailed,
  sessionFailedFor,
  sessionInitialized,
} from './log-lines.ts';
import type { LogLine } from './log-lines.ts';
import { SessionChildren } from './session-children.ts';
import { mintWorkerToken } from './tokens.ts';
import { HARNESS_VERSION } from './version.ts';
import { AgentWorker } from './worker.ts';

/** A participant as a child reports it. */
export interface JoinedParticipant {
  readonly identity: string;
  readonly voiceSessionId: string;
}

/** The end of a child is bounded by less; this is for what else may hang, ms. */
const CLEANUP_LIMIT_MS = 3_000;

/** Whether one lives in this process. */
let oneLives = false;

/** Serves voice sessions on a LiveKit server. */
export class ClaraVoiceAgent implements AgentDirectory, Running {
  /** By sessionId. Owned here; others read. */
  readonly sessions: Map<string, AgentSession> = new Map();
  readonly agentName: string;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #worker: AgentWorker;
  readonly #children: SessionChildren;
  readonly #reports: AgentReports;
  readonly #cleanups = new Map<string, Promise<void>>();
  #stopping: Promise<void> | undefined;

  /** Throws when another ClaraVoiceAgent lives in this process. */
  constructor(options: ClaraVoiceAgentOptions) {
    if (oneLives) throw new Error('a ClaraVoiceAgent lives in this process already; stop it first');
    oneLives = true;
    this.agentName = options.agentName;
    this.#clock = options.clock ?? systemClock;
    this.#log = options.log;
    this.#reports = new AgentReports(options.log);
    this.#children = new SessionChildren(options, this.#clock, {
      onMessage: (voiceSessionId, message, sinceOfferMs) =>
        this.#onMessage(voiceSessionId, message, sinceOfferMs),
      onLost: (voiceSessionId, reason, attempt) => this.#onLost(voiceSessionId, reason, attempt),
      usersOf: (voiceSessionId) => this.#sessionsOf(voiceSessionId).map((session) => session.participantId),
      onExit: (voiceSessionId, reason, died) => this.#onExit(voiceSessionId, reason, died),
      updateJob: (jobId, outcome) => this.#worker.updateJob(jobId, outcome),
      setLoad: (jobCount, loadRatio) => this.#worker.setLoad(jobCount, loadRatio),
    });
    this.#worker = new AgentWorker({
      url: options.livekit.url,
      agentName: options.agentName,
      version: HARNESS_VERSION,
      mintToken: () => mintWorkerToken(options.livekit),
      onOffer: (offer) => this.#children.answerOffer(offer),
      onAssignment: (jobId, token) => this.#children.assigned(jobId, token),
      onTermination: (jobId) => this.#children.terminated(jobId),
      onServerBack: () => this.#children.serverBack(),
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
    const onAbort = (): void => inBackground(this.stop(), this.#log, 'stopping after an abort');
    signal.addEventListener('abort', onAbort, { once: true });
    this.#children.warmUp();
    try {
      await this.#worker.run();
      signal.throwIfAborted();
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  hasLiveAgent(voiceSessionId: string): boolean {
    return this.#children.isLive(voiceSessionId);
  }

  async endSession(voiceSessionId: string, reason: string): Promise<void> {
    this.#children.refuse(voiceSessionId); // its job may still be on its way
    await this.#children.end(voiceSessionId, reason);
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
      await Promise.all([this.#worker.stop(), this.#children.stop()]);
      await Promise.all(
        [...this.sessions.keys()].map((sessionId) => this.cleanupSession(sessionId, 'stopped')),
      );
    } finally {
      oneLives = false;
    }
  }

  /** A user has come into a room with our agent: makes its session. Never throws; a failure leaves the others be. */
  onParticipantJoined(participant: JoinedParticipant): void {
    const { identity, voiceSessionId } = participant;
    this.#say('info', participantJoined(identity), { voiceSessionId });
    try {
      const sessionId = this.#newSessionId(identity);
      this.sessions.set(sessionId, {
        sessionId,
        voiceSessionId,
        participantId: identity,
        startTime: new Date(this.#clock.wallMs()),
        messageCount: 0,
        connectionState: 'connected',
        reconnectionAttempts: 0,
        audioQuality: 'unknown',
        context: [...(this.#children.conversationOf(voiceSessionId)?.turns ?? [])],
      });
      this.#say('info', sessionInitialized(sessionId), { session: sessionId, voiceSessionId });
    } catch (error) {
      const message = error instanceof Error ? error.message : 'unknown';
      this.#say('error', sessionFailed(), { voiceSessionId });
      this.#say('error', sessionFailedFor(identity, message), { voiceSessionId });
    }
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
      const isLast = [...this.sessions.values()].every(
        (other) => other === session || other.voiceSessionId !== voiceSessionId,
      );
      if (isLast) await within(CLEANUP_LIMIT_MS, this.#children.end(voiceSessionId, reason));
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
    return this.#sessionsOf(voiceSessionId).find((session) => session.participantId === identity);
  }

  #sessionsOf(voiceSessionId: string): AgentSession[] {
    return [...this.sessions.values()].filter((session) => session.voiceSessionId === voiceSessionId);
  }

  #onMessage(voiceSessionId: string, message: ChildMessage, sinceOfferMs: number): void {
    this.#reports.tell(voiceSessionId, message);
    const session =
      'identity' in message ? this.#sessionOf({ identity: message.identity, voiceSessionId }) : undefined;
    switch (message.type) {
      case 'joined': {
        for (const one of this.#sessionsOf(voiceSessionId)) one.connectionState = 'connected';
        const tookMs = Math.round(message.tookMs);
        const facts = message.again
          ? { event: 'agentRejoined' }
          : { event: 'agentJoined', sinceOfferMs: Math.round(sinceOfferMs) };
        this.#log.info(
          { ...facts, voiceSessionId, tookMs },
          `Agent ${message.again ? 'rejoined' : 'joined'} the room of voice session ${voiceSessionId} in ${tookMs} ms`,
        );
        return;
      }
      case 'connection':
        for (const one of this.#sessionsOf(voiceSessionId)) {
          one.connectionState = message.state;
          if (message.state === 'reconnecting') one.reconnectionAttempts++;
        }
        this.#log.info(
          { event: 'agentConnection', voiceSessionId, state: message.state },
          `The agent's connection of voice session ${voiceSessionId}: ${message.state}`,
        );
        return;
      case 'participantJoined':
        if (session === undefined)
          return this.onParticipantJoined({ identity: message.identity, voiceSessionId });
        session.connectionState = 'connected';
        this.#log.info(
          { event: 'participantReturned', session: session.sessionId },
          `Participant ${message.identity} is back in session ${session.sessionId}`,
        );
        return;
      case 'participantAway':
        if (session === undefined) return;
        session.connectionState = 'reconnecting';
        this.#log.info(
          { event: 'participantAway', session: session.sessionId, forMs: message.forMs },
          `Participant ${message.identity} is away; session ${session.sessionId} waits ${message.forMs} ms`,
        );
        return;
      case 'participantLeft':
        return inBackground(
          this.onParticipantLeft({ identity: message.identity, voiceSessionId }, message.reason),
          this.#log,
          'a clean-up',
        );
      case 'quality':
        if (session !== undefined) session.audioQuality = message.quality;
        return;
      case 'turn':
        if (session === undefined) return;
        session.context = [...session.context, message.turn].slice(-MAX_CONTEXT_TURNS);
        if (message.turn.from === 'user') session.messageCount++;
        return;
      case 'error':
        this.#log.warn(
          { event: 'sessionError', voiceSessionId, code: message.code, why: message.message },
          `Voice session ${voiceSessionId}: ${message.code}`,
        );
        return;
      default:
        return; // facts for those who measure
    }
  }

  #onLost(voiceSessionId: string, reason: LossReason, attempt: number): void {
    this.#reports.tell(voiceSessionId, { type: 'lost', reason, attempt });
    for (const session of this.#sessionsOf(voiceSessionId)) {
      session.connectionState = 'reconnecting';
      session.reconnectionAttempts++;
    }
  }

  #onExit(voiceSessionId: string, reason: string, died: boolean): void {
    this.#reports.tell(voiceSessionId, { type: 'exited', reason });
    for (const session of this.#sessionsOf(voiceSessionId)) {
      if (died) session.connectionState = 'error';
      inBackground(this.cleanupSession(session.sessionId, reason), this.#log, 'a clean-up');
    }
  }

  #say(level: 'info' | 'error', line: LogLine, facts: Record<string, unknown>): void {
    this.#log[level]({ event: line.event, ...facts }, line.text);
  }
}
