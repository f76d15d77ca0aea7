/**
 * The agent side's parent: owns `sessions`, one for each user in a room with our agent, and puts the worker at the
 * LiveKit server (worker.ts) and the children (session-children.ts) together. Rooms and sound are the child's.
 * Invariants: one ClaraVoiceAgent a process; a session's entry is removed whatever fails while it is cleaned up.
 */
import { hostname } from 'node:os';
import type { AgentDirectory, HealthCheck, Logger, Running } from '../contracts.ts';
import { MemorySessionStore } from '../supervisor/memory-session-store.ts';
import { SessionLeases } from '../supervisor/session-leases.ts';
import type { SessionLease } from '../supervisor/session-store.ts';
import { Supervisor } from '../supervisor/supervisor.ts';
import type { TreeUsage } from '../supervisor/usage-monitor.ts';
import type { SessionFact } from '../telemetry/session-event.ts';
import { agentRooms } from './agent-rooms.ts';
import type { AgentRooms } from './agent-rooms.ts';
import { withDefaults } from './agent-options.ts';
import type { ClaraVoiceAgentOptions, SessionWatcher } from './agent-options.ts';
import { AgentReports } from './agent-report.ts';
import type { AgentReport } from './agent-report.ts';
import { MAX_CONTEXT_TURNS } from './agent-session.ts';
import type { AgentSession, ConnectionStateName } from './agent-session.ts';
import { checkAgentOptions } from './check-agent-options.ts';
import type { LossReason } from './child-entry.ts';
import { systemClock } from './clock.ts';
import type { Clock } from './clock.ts';
import { within } from './deferred.ts';
import { engineClockOf } from './engine-clock-of.ts';
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
import type { PerformanceMetrics } from './performance-metrics.ts';
import { MAX_REBUILDS } from './reconnection-monitor.ts';
import { SessionCare } from './session-care.ts';
import { SessionChildren } from './session-children.ts';
import { StoredConversations } from './stored-conversations.ts';
import { mintWorkerToken } from './tokens.ts';
import { HARNESS_VERSION } from './version.ts';
import { AgentWorker } from './worker.ts';

/** A participant as a child reports it. */
export interface JoinedParticipant {
  readonly identity: string;
  readonly voiceSessionId: string;
  /** By which sessions of one user are limited; a client without one is limited by its identity. */
  readonly userKey?: string;
  /** Carries `clara.resume`: its client works on its own way back. @default false */
  readonly resumes?: boolean;
}

/** The end of a child is bounded by less; this is for what else may hang, ms. */
const CLEANUP_LIMIT_MS = 3_000;

/** Ends that a user wanted, or that are nobody's fault. */
const GOOD_ENDS = new Set([
  'bye',
  'notBack',
  'userGone',
  'replaced',
  'byHand',
  'stopped',
  'cleanedUp',
  'idle',
  'maxDuration',
]);

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
  readonly #supervisor: Supervisor;
  readonly #ownsSupervisor: boolean;
  readonly #leases: SessionLeases;
  readonly #care: SessionCare;
  readonly #watcher: SessionWatcher;
  readonly #rooms: AgentRooms;
  /** How long the agent of a voice session took to join, ms, for the sessions that begin then. */
  readonly #joinMs = new Map<string, number>();
  #stopping: Promise<void> | undefined;
  #isDraining = false;
  #onEmpty: (() => void) | undefined;

  /** Throws UsageError for wrong options, and when another ClaraVoiceAgent lives in this process. */
  constructor(options: ClaraVoiceAgentOptions) {
    checkAgentOptions(options);
    if (oneLives) throw new Error('a ClaraVoiceAgent lives in this process already; stop it first');
    this.agentName = options.agentName;
    this.#clock = options.clock ?? systemClock;
    this.#log = options.log;
    this.#reports = new AgentReports(options.log);
    this.#watcher = this.#guarded(options.watcher);
    const settings = withDefaults(options);
    const clock = engineClockOf(this.#clock);
    this.#ownsSupervisor = options.supervisor === undefined;
    this.#supervisor = options.supervisor ?? new Supervisor({ log: options.log, clock });
    this.#rooms = options.rooms ?? agentRooms(options.livekit, settings.roomTimeouts);
    const machineId = options.machineId ?? hostname();
    const onStoreError = (error: unknown): void => this.#storeFailed(error);
    const store = options.store ?? new MemorySessionStore({ clock, onError: onStoreError });
    this.#leases = new SessionLeases({
      store,
      supervisorId: `${machineId}:${process.pid}:${clock.wallMs()}`,
      machineId,
      policy: settings.admission,
      clock,
      log: options.log,
      onEndWanted: ({ sessionId, reason }) =>
        inBackground(this.endUserSession(sessionId, reason), this.#log, 'ending a session on request'),
      onExpired: (leases) => this.#onExpired(leases, machineId),
    });
    this.#care = new SessionCare({
      sessions: this.sessions,
      deadlines: this.#supervisor.deadlines,
      clock,
      rules: settings.rules,
      graceMs: settings.graceMs,
      log: options.log,
      watcher: this.#watcher,
      hasProcess: (voiceSessionId) => this.#children.isLive(voiceSessionId),
      end: (session, reason) =>
        inBackground(
          this.endUserSession(session.sessionId, reason),
          this.#log,
          'ending a session by its rules',
        ),
      rebuild: (session) => this.#children.rebuild(session.voiceSessionId, session.participantId),
      setState: (session, state) => this.#setState(session, state),
      ...(options.memory !== undefined && { memory: options.memory }),
    });
    const stored = new StoredConversations(store, settings.contextTtlMs, (error) =>
      this.#log.warn(
        { event: 'contextNotStored', why: error instanceof Error ? error.message : 'unknown' },
        'A conversation could not be kept in the session store, or read from it; its session goes on',
      ),
    );
    this.#children = new SessionChildren(options, this.#clock, this.#supervisor, stored, {
      onHung: (voiceSessionId, how, forMs) => this.#note(voiceSessionId, { type: 'hung', how, forMs }),
      onUsage: (voiceSessionId, usage) => this.#onUsage(voiceSessionId, usage),
      onKilled: (voiceSessionId) => this.#note(voiceSessionId, { type: 'killed' }),
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
    oneLives = true; // last: one that could not be made takes nobody's room
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
    this.#care.start();
    try {
      await this.#leases.start();
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
    if (this.#isDraining) return { ok: false, reason: 'the agent takes no new sessions (drain)' };
    const { phase } = this.#worker;
    if (phase.phase === 'registered') return { ok: true };
    const why = phase.phase === 'waiting' ? `: ${phase.why}` : '';
    return { ok: false, reason: `the agent has no connection to the LiveKit server (${phase.phase}${why})` };
  }

  /** How the agent does now; the source document's name and fields. */
  get metrics(): PerformanceMetrics {
    return this.#care.metrics;
  }

  /** Says how the agent is; done by itself every 30 s. */
  performHealthCheck(): void {
    this.#care.performHealthCheck();
  }

  /** Looks at the sessions: not well while one hangs past its limit and is not gone. */
  sessionHealth(): HealthCheck {
    const reason = this.#children.hungNow();
    return reason === undefined ? { id: 'sessions', ok: true } : { id: 'sessions', ok: false, reason };
  }

  /** Whether limits hold across machines. Sessions are served either way. */
  storeHealth(): HealthCheck {
    const { reason } = this.#leases.readiness();
    return { id: 'sessionStore', ok: true, ...(reason !== undefined && { reason }) };
  }

  /** Processes that wait for a session. */
  get warmProcesses(): number {
    return this.#children.warm;
  }

  /**
   * Takes no new sessions from now on and resolves when those that run have ended, or after `limitMs`: then the caller
   * stops it. Never rejects.
   */
  async drain(limitMs: number): Promise<void> {
    this.#isDraining = true;
    this.#children.drain();
    const { deadlines } = this.#supervisor;
    this.#log.info(
      { event: 'drain', sessions: this.sessions.size, limitMs },
      'The agent takes no new sessions',
    );
    await new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
      deadlines.set('agent drain', 'limit', limitMs, () => resolve());
      if (this.sessions.size === 0) resolve();
    });
    deadlines.forget('agent drain');
  }

  /**
   * Ends one user's session: its user is put out of the room, because a page that stays would ask for the next agent.
   * False when there is none. Bounded, never rejects.
   */
  async endUserSession(sessionId: string, reason: string): Promise<boolean> {
    const session = this.sessions.get(sessionId);
    if (session === undefined) return false;
    const { voiceSessionId, participantId } = session;
    const roomName = this.#children.roomOf(voiceSessionId);
    if (roomName !== undefined) {
      const out = this.#rooms.remove(roomName, participantId);
      await out.catch(() => {}); // rooms of somebody else's making: the session ends all the same
    }
    await this.cleanupSession(sessionId, reason);
    return true;
  }

  /** Watches the quality of a user's connection from now on, and builds the way of its sound anew when it has to be. */
  setupReconnectionMonitoring(sessionId: string, participant: Pick<JoinedParticipant, 'identity'>): void {
    const session = this.sessions.get(sessionId);
    if (session?.participantId === participant.identity) this.#care.monitorReconnection(session);
  }

  /** Builds the way of a user's sound anew, as the monitor does by itself. False when there is no such session. */
  rebuildSound(sessionId: string): boolean {
    const session = this.sessions.get(sessionId);
    if (session !== undefined) this.#children.rebuild(session.voiceSessionId, session.participantId);
    return session !== undefined;
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
      this.#care.stop();
      await Promise.all([this.#worker.stop(), this.#children.stop()]);
      await Promise.all(
        [...this.sessions.keys()].map((sessionId) => this.cleanupSession(sessionId, 'stopped')),
      );
      await this.#leases.stop();
    } finally {
      if (this.#ownsSupervisor) await this.#supervisor.stop({ graceMs: 0 });
      oneLives = false;
    }
  }

  /** A user has come into a room with our agent: makes its session. Never throws; a failure leaves the others be. */
  onParticipantJoined(participant: JoinedParticipant): void {
    const { identity, voiceSessionId } = participant;
    this.#say('info', participantJoined(identity), { voiceSessionId });
    try {
      const sessionId = this.#newSessionId(identity);
      const session: AgentSession = {
        sessionId,
        voiceSessionId,
        participantId: identity,
        startTime: new Date(this.#clock.wallMs()),
        messageCount: 0,
        connectionState: 'connected',
        reconnectionAttempts: 0,
        audioQuality: 'unknown',
        context: [...(this.#children.conversationOf(voiceSessionId)?.turns ?? [])],
      };
      this.sessions.set(sessionId, session);
      this.#care.begin(session, participant.resumes);
      this.setupReconnectionMonitoring(sessionId, participant);
      this.#watcher.note(sessionId, 'voice', { type: 'state', state: session.connectionState });
      const tookMs = this.#joinMs.get(voiceSessionId);
      if (tookMs !== undefined)
        this.#watcher.note(sessionId, 'voice', { type: 'latency', of: 'join', tookMs });
      inBackground(this.#admit(session, participant), this.#log, 'asking for a session');
      this.#say('info', sessionInitialized(sessionId), { session: sessionId, voiceSessionId });
    } catch (error) {
      const message = error instanceof Error ? error.message : 'unknown';
      this.#say('error', sessionFailed(), { voiceSessionId });
      this.#say('error', sessionFailedFor(identity, message), { voiceSessionId });
    }
  }

  /** Sessions of one user, and of this machine, are limited; who is over the limit is told as a failure and ended. */
  async #admit(session: AgentSession, { identity, userKey }: JoinedParticipant): Promise<void> {
    const { sessionId, voiceSessionId } = session;
    const answer = await this.#leases.admit({
      sessionId,
      userKey: userKey ?? `identity:${identity}`,
      kind: 'voice',
      state: session.connectionState,
    });
    if (!this.sessions.has(sessionId)) return this.#leases.release(sessionId); // ended meanwhile
    if (answer.admit) return;
    const what = answer.why === 'userFull' ? 'its user' : 'this machine';
    this.#say('error', sessionFailed(), { voiceSessionId });
    this.#say(
      'error',
      sessionFailedFor(identity, `${what} has its ${answer.limit} sessions already (${answer.why})`),
      { voiceSessionId },
    );
    await this.endUserSession(sessionId, answer.why);
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
      this.#setState(session, 'closed');
      const isLast = [...this.sessions.values()].every(
        (other) => other === session || other.voiceSessionId !== voiceSessionId,
      );
      if (isLast) await within(CLEANUP_LIMIT_MS, this.#children.end(voiceSessionId, reason));
    } finally {
      this.sessions.delete(sessionId);
      this.#care.forget(sessionId);
      const outcome = GOOD_ENDS.has(reason) ? 'good' : 'bad';
      this.#watcher.note(sessionId, 'voice', { type: 'ended', reason, outcome });
      if (this.sessions.size === 0) this.#onEmpty?.();
      await this.#leases.release(sessionId);
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
        for (const one of this.#sessionsOf(voiceSessionId)) this.#setState(one, 'connected');
        const tookMs = Math.round(message.tookMs);
        if (!message.again) {
          this.#joinMs.set(voiceSessionId, Math.round(sinceOfferMs));
          // Users who were there before; later ones find it when they come.
          this.#note(voiceSessionId, { type: 'latency', of: 'join', tookMs: Math.round(sinceOfferMs) });
        }
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
          this.#setState(one, message.state);
          if (message.state === 'reconnecting') this.#countReconnection(one);
        }
        this.#log.info(
          { event: 'agentConnection', voiceSessionId, state: message.state },
          `The agent's connection of voice session ${voiceSessionId}: ${message.state}`,
        );
        return;
      case 'participantJoined':
        if (session === undefined)
          return this.onParticipantJoined({
            identity: message.identity,
            voiceSessionId,
            ...(message.userKey !== undefined && { userKey: message.userKey }),
            ...(message.resumes !== undefined && { resumes: message.resumes }),
          });
        this.#care.onPresence(session, true);
        this.#setState(session, 'connected');
        this.#log.info(
          { event: 'participantReturned', session: session.sessionId },
          `Participant ${message.identity} is back in session ${session.sessionId}`,
        );
        return;
      case 'participantAway':
        if (session === undefined) return;
        this.#care.onPresence(session, false);
        this.#setState(session, 'reconnecting');
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
        if (session === undefined) return;
        session.audioQuality = message.quality;
        return this.#care.onQuality(session, message.quality);
      case 'audioFlow':
        return session && this.#care.onFlow(session, message.flows);
      case 'userPath':
        return session && this.#care.onPath(session, message.up);
      case 'rebuilt':
        return session && this.#care.onRebuilt(session, message.ok);
      case 'audioLatency':
        this.#care.onAudioLatency(message.tookMs);
        return this.#note(voiceSessionId, { type: 'latency', of: 'audio', tookMs: message.tookMs });
      case 'processingTime':
        this.#care.onProcessingTime(message.tookMs);
        return this.#note(voiceSessionId, { type: 'latency', of: 'answer', tookMs: message.tookMs });
      case 'turn':
        if (session === undefined) return;
        session.context = [...session.context, message.turn].slice(-MAX_CONTEXT_TURNS);
        if (message.turn.from === 'agent') return this.#care.onGoodTurn(session);
        session.messageCount++;
        this.#watcher.note(session.sessionId, 'voice', { type: 'turn' });
        return;
      case 'error':
        this.#log.warn(
          { event: 'sessionError', voiceSessionId, code: message.code, why: message.message },
          `Voice session ${voiceSessionId}: ${message.code}`,
        );
        return this.#care.onError(message.code, this.#sessionsOf(voiceSessionId));
      default:
        return; // facts for those who measure
    }
  }

  #onLost(voiceSessionId: string, reason: LossReason, attempt: number): void {
    this.#reports.tell(voiceSessionId, { type: 'lost', reason, attempt });
    for (const session of this.#sessionsOf(voiceSessionId)) {
      this.#care.onPresence(session, false); // the next process sees its user anew
      this.#setState(session, 'reconnecting');
      this.#countReconnection(session);
      this.#watcher.note(session.sessionId, 'voice', { type: 'recovery', attempt, why: reason });
    }
  }

  #onExit(voiceSessionId: string, reason: string, died: boolean): void {
    this.#reports.tell(voiceSessionId, { type: 'exited', reason });
    this.#care.processGone(voiceSessionId);
    this.#joinMs.delete(voiceSessionId);
    for (const session of this.#sessionsOf(voiceSessionId)) {
      if (died) this.#setState(session, 'error');
      inBackground(this.cleanupSession(session.sessionId, reason), this.#log, 'a clean-up');
    }
  }

  #setState(session: AgentSession, state: ConnectionStateName): void {
    if (session.connectionState === state) return;
    session.connectionState = state;
    this.#watcher.note(session.sessionId, 'voice', { type: 'state', state });
    inBackground(this.#leases.note(session.sessionId, state), this.#log, "noting a session's state");
  }

  #countReconnection(session: AgentSession): void {
    session.reconnectionAttempts = Math.min(MAX_REBUILDS, session.reconnectionAttempts + 1);
    this.#care.onReconnection();
    this.#watcher.note(session.sessionId, 'voice', { type: 'reconnection' });
  }

  /** A fact of a process is one of each session that it serves. */
  #note(voiceSessionId: string, fact: SessionFact): void {
    for (const { sessionId } of this.#sessionsOf(voiceSessionId))
      this.#watcher.note(sessionId, 'voice', fact);
  }

  #onUsage(voiceSessionId: string, usage: TreeUsage): void {
    this.#care.onUsage(voiceSessionId, usage);
    this.#note(voiceSessionId, { type: 'usage', rssBytes: usage.rssBytes, cpuMs: usage.cpuMs });
  }

  /** A watcher that fails never ends a session, nor keeps one from being cleaned up. */
  #guarded(watcher: SessionWatcher | undefined): SessionWatcher {
    return {
      note: (...args) => {
        try {
          watcher?.note(...args);
        } catch (error) {
          this.#log.error(
            { event: 'watcherFailed', session: args[0], err: error },
            'A watcher of sessions failed',
          );
        }
      },
    };
  }

  /** Sessions of supervisors that are dead: told, and what they left on this machine is ended. */
  #onExpired(leases: readonly SessionLease[], machineId: string): void {
    for (const lease of leases) {
      const { sessionId, supervisorId } = lease;
      const isHere = lease.machineId === machineId;
      this.#log.warn(
        { event: 'sessionOrphaned', session: sessionId, supervisorId, machineId: lease.machineId },
        `Session ${sessionId} was a supervisor's that is gone; ${
          isHere ? 'what it left is ended' : `clara cleanup on ${lease.machineId} ends what it left`
        }`,
      );
    }
    if (leases.some((lease) => lease.machineId === machineId))
      inBackground(this.#supervisor.endOrphans('voice'), this.#log, 'ending what a dead supervisor left');
  }

  #storeFailed(error: unknown): void {
    this.#log.error({ event: 'storeFailed', err: error }, 'The session store failed');
  }

  #say(level: 'info' | 'error', line: LogLine, facts: Record<string, unknown>): void {
    this.#log[level]({ event: line.event, ...facts }, line.text);
  }
}
