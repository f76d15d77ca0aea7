/**
 * Owns: what is done for sessions by the clock: the health line (30 s), the look at each (5 s), the monitor for stale
 * ones (5 min), the rebuilding of a user's sound; and the agent's figures. One deadline each on the engine's clock.
 * Never: ends a session itself: it asks for it; never ends one because its own look failed.
 * Invariant: nothing of a session is kept here after `forget`, and no deadline after `stop`.
 */
import type { Logger } from '../contracts.ts';
import type { Deadlines } from '../supervisor/deadlines.ts';
import type { EngineClock } from '../supervisor/engine-clock.ts';
import type { TreeUsage } from '../supervisor/usage-monitor.ts';
import type { SessionWatcher } from './agent-options.ts';
import type { AgentSession, AudioQuality } from './agent-session.ts';
import { healthCheck, longSession, sessionTooLong, tooManyErrors } from './log-lines.ts';
import { MinuteMiddle } from './performance-metrics.ts';
import type { PerformanceMetrics } from './performance-metrics.ts';
import { MAX_REBUILDS, WELL, nextMonitor } from './reconnection-monitor.ts';
import type { MonitorCommand, MonitorEvent, MonitorState } from './reconnection-monitor.ts';
import { isUsersError, judgeSession } from './session-rules.ts';
import type { SessionRules } from './session-rules.ts';

export interface SessionCareParts {
  readonly sessions: ReadonlyMap<string, AgentSession>;
  readonly deadlines: Deadlines;
  readonly clock: EngineClock;
  readonly rules: SessionRules;
  /** How long a user who may come back is waited for, ms, whether it vanished or is in the room unheard. */
  readonly graceMs: number;
  readonly log: Logger;
  readonly watcher: SessionWatcher;
  /** Whether a process serves a voice session, or is on its way. */
  readonly hasProcess: (voiceSessionId: string) => boolean;
  /** Ends a session and all that is its; bounded, must not throw. */
  readonly end: (session: AgentSession, reason: string) => void;
  /** Asks its process to build the way of the user's sound anew. */
  readonly rebuild: (session: AgentSession) => void;
  /** Sets the state that is shown. */
  readonly setState: (session: AgentSession, state: AgentSession['connectionState']) => void;
  /** Resident memory of this process, bytes, and its heap. */
  readonly memory?: () => { readonly rss: number; readonly heapUsed: number };
}

interface Cared {
  readonly startedMonoMs: number;
  /** The user's client works on its own way back. */
  readonly canComeBack: boolean;
  wasWarned: boolean;
  consecutiveErrors: number;
  monitor: MonitorState | undefined;
  /** When an event last told the quality. */
  qualityMonoMs: number;
}

const OWNER = 'agent';
const HEALTH_EVERY_MS = 30_000;
const LOOK_EVERY_MS = 5_000;
const STALE_EVERY_MS = 300_000;
const MB = 1024 * 1024;
const VOICE = 'voice';

/** The care for all sessions of an agent. */
export class SessionCare {
  readonly #parts: SessionCareParts;
  readonly #cared = new Map<string, Cared>();
  /** By voice session. */
  readonly #usage = new Map<string, TreeUsage>();
  readonly #audioLatency = new MinuteMiddle();
  readonly #processingTime = new MinuteMiddle();
  #errorCount = 0;
  #reconnectionCount = 0;
  #endedCount = 0;
  #lastMonitorEnded = 0;

  constructor(parts: SessionCareParts) {
    this.#parts = parts;
  }

  /** Begins the clocks. */
  start(): void {
    this.#every('health', HEALTH_EVERY_MS, () => this.performHealthCheck());
    this.#every('look', LOOK_EVERY_MS, () => this.lookAtAll());
    this.#every('stale', STALE_EVERY_MS, () => this.#removeStale());
  }

  /** Ends them. */
  stop(): void {
    this.#parts.deadlines.forget(OWNER);
    for (const sessionId of [...this.#cared.keys()]) this.forget(sessionId);
  }

  /** The figures of now. */
  get metrics(): PerformanceMetrics {
    const now = this.#parts.clock.monoMs();
    const { rss, heapUsed } = (this.#parts.memory ?? process.memoryUsage)();
    const children = [...this.#usage.values()].reduce((sum, { rssBytes }) => sum + rssBytes, 0);
    return {
      audioLatency: this.#audioLatency.middle(now),
      processingTime: this.#processingTime.middle(now),
      memoryUsage: (rss + children) / MB,
      errorCount: this.#errorCount,
      reconnectionCount: this.#reconnectionCount,
      heapUsed: heapUsed / MB,
    };
  }

  /** Says how the agent is. */
  performHealthCheck(): void {
    const { sessions, log } = this.#parts;
    const metrics = this.metrics;
    const { event, text } = healthCheck(sessions.size, metrics.errorCount, metrics.memoryUsage);
    log.info({ event, sessions: sessions.size, ...metrics }, text);
  }

  /** A session begins. */
  begin(session: AgentSession, canComeBack = false): void {
    this.#cared.set(session.sessionId, {
      startedMonoMs: this.#parts.clock.monoMs(),
      canComeBack,
      wasWarned: false,
      consecutiveErrors: 0,
      monitor: undefined,
      qualityMonoMs: -Infinity,
    });
    this.#note(session, { type: 'started' });
  }

  /** A session is over. */
  forget(sessionId: string): void {
    if (this.#cared.delete(sessionId)) this.#endedCount += 1;
    this.#parts.deadlines.forget(`${sessionId} rebuild`);
    this.#parts.deadlines.forget(`${sessionId} lost`);
  }

  /** No process serves a voice session any more. */
  processGone(voiceSessionId: string): void {
    this.#usage.delete(voiceSessionId);
  }

  onUsage(voiceSessionId: string, usage: TreeUsage): void {
    this.#usage.set(voiceSessionId, usage);
  }

  onAudioLatency(tookMs: number): void {
    this.#audioLatency.add(tookMs, this.#parts.clock.monoMs());
  }

  onProcessingTime(tookMs: number): void {
    this.#processingTime.add(tookMs, this.#parts.clock.monoMs());
  }

  /** A connection or a process was lost and is built anew. */
  onReconnection(): void {
    this.#reconnectionCount += 1;
  }

  /** A child told an error; `affected` are the sessions of its room. */
  onError(code: string, affected: readonly AgentSession[]): void {
    if (!isUsersError(code)) return;
    this.#errorCount += 1;
    for (const session of affected) this.#countError(session, code);
  }

  /** A turn of the agent was good. */
  onGoodTurn(session: AgentSession): void {
    const cared = this.#cared.get(session.sessionId);
    if (cared !== undefined) cared.consecutiveErrors = 0;
  }

  /** Watches the quality of a user's sound from now on, and rebuilds its way when it has to be. */
  monitorReconnection(session: AgentSession): void {
    const cared = this.#cared.get(session.sessionId);
    if (cared !== undefined) cared.monitor ??= WELL;
  }

  onQuality(session: AgentSession, quality: AudioQuality): void {
    const cared = this.#cared.get(session.sessionId);
    if (cared === undefined) return;
    cared.qualityMonoMs = this.#parts.clock.monoMs();
    this.#monitor(session, { type: 'quality', quality, nowMonoMs: cared.qualityMonoMs });
  }

  onFlow(session: AgentSession, flows: boolean): void {
    this.#monitor(session, { type: 'flow', flows, nowMonoMs: this.#parts.clock.monoMs() });
  }

  onPath(session: AgentSession, up: boolean): void {
    this.#monitor(session, { type: 'path', up, nowMonoMs: this.#parts.clock.monoMs() });
  }

  onPresence(session: AgentSession, isPresent: boolean): void {
    this.#monitor(session, { type: isPresent ? 'came' : 'went' });
  }

  onRebuilt(session: AgentSession, ok: boolean): void {
    this.#monitor(session, { type: 'rebuilt', ok, nowMonoMs: this.#parts.clock.monoMs() });
  }

  /** Looks at every session; one whose look fails goes on. */
  lookAtAll(): void {
    for (const session of [...this.#parts.sessions.values()]) {
      try {
        this.#look(session);
      } catch (error) {
        this.#parts.log.error(
          { event: 'lookFailed', session: session.sessionId, err: error },
          'A look at a session failed; the session goes on',
        );
      }
    }
  }

  #look(session: AgentSession): void {
    const cared = this.#cared.get(session.sessionId);
    if (cared === undefined) return;
    const { rules, clock, hasProcess, log } = this.#parts;
    const now = clock.monoMs();
    // A quality that lasts is told once by the server; each look at it counts as one more.
    if (session.audioQuality === 'poor' && now - cared.qualityMonoMs >= LOOK_EVERY_MS)
      this.#monitor(session, { type: 'quality', quality: 'poor', nowMonoMs: now });
    const verdict = judgeSession(
      {
        ageMs: now - cared.startedMonoMs,
        wasWarned: cared.wasWarned,
        consecutiveErrors: cared.consecutiveErrors,
        hasProcess: hasProcess(session.voiceSessionId),
      },
      rules,
    );
    const facts = { session: session.sessionId };
    switch (verdict) {
      case 'well':
        return;
      case 'warn': {
        cared.wasWarned = true;
        const { event, text } = longSession(session.sessionId, rules.warnMs);
        log.warn({ event, ...facts }, text);
        return this.#note(session, { type: 'warning', code: event, text });
      }
      case 'maxDuration': {
        const { event, text } = sessionTooLong();
        log.info({ event, ...facts, maxSessionMs: rules.maxSessionMs }, text);
        this.#note(session, { type: 'warning', code: event, text });
        return this.#parts.end(session, 'maxDuration');
      }
      case 'tooManyErrors': {
        const { event, text } = tooManyErrors();
        log.error({ event, ...facts, errors: cared.consecutiveErrors }, text);
        this.#note(session, { type: 'warning', code: event, text });
        return this.#parts.end(session, 'tooManyErrors');
      }
      case 'noProcess':
        return; // between two processes, or being cleaned up: the monitor for stale ones sees what stays so
    }
  }

  /** Sessions that nothing serves any more, or that are older than they may be, go. */
  #removeStale(): void {
    const { sessions, hasProcess, rules, clock, log, end } = this.#parts;
    const now = clock.monoMs();
    let oldestMs = 0;
    let stale = 0;
    for (const session of [...sessions.values()]) {
      const startedMonoMs = this.#cared.get(session.sessionId)?.startedMonoMs ?? now;
      const ageMs = now - startedMonoMs;
      oldestMs = Math.max(oldestMs, ageMs);
      const isTooOld = rules.maxSessionMs > 0 && ageMs >= rules.maxSessionMs;
      if (!isTooOld && hasProcess(session.voiceSessionId)) continue;
      stale += 1;
      log.warn(
        { event: 'sessionStale', session: session.sessionId, ageMs, isTooOld },
        `Session ${session.sessionId} is stale and is removed`,
      );
      end(session, 'stale');
    }
    const ended = this.#endedCount - this.#lastMonitorEnded;
    this.#lastMonitorEnded = this.#endedCount;
    log.info(
      { event: 'sessionStatistics', sessions: sessions.size, ended, stale, oldestMs, ...this.metrics },
      `Session statistics: ${sessions.size} active, the oldest for ${Math.round(oldestMs / 60_000)} min; ${ended} ended and ${stale} were stale in the last 5 min`,
    );
  }

  #monitor(session: AgentSession, event: MonitorEvent): void {
    const cared = this.#cared.get(session.sessionId);
    if (cared?.monitor === undefined) return;
    const next = nextMonitor(cared.monitor, event);
    cared.monitor = next.state;
    for (const command of next.commands) this.#obey(session, cared, command);
    const owner = `${session.sessionId} rebuild`;
    const { step, cause } = next.state;
    const { deadlines, clock } = this.#parts;
    if (cause !== 'lost') deadlines.forget(`${session.sessionId} lost`);
    if (step.step !== 'waiting') deadlines.forget(owner);
    else
      deadlines.set(owner, 'due', step.dueMonoMs - clock.monoMs(), () =>
        this.#monitor(session, { type: 'time', nowMonoMs: clock.monoMs() }),
      );
  }

  #obey(session: AgentSession, cared: Cared, command: MonitorCommand): void {
    const { log, setState, rebuild, end } = this.#parts;
    const facts = { session: session.sessionId };
    switch (command.type) {
      case 'trouble':
        if (command.cause === 'lost') this.#boundLoss(session);
        setState(session, 'reconnecting');
        log.warn(
          { event: 'soundTrouble', ...facts, cause: command.cause },
          `The sound of session ${session.sessionId} is in trouble: ${command.cause}`,
        );
        return;
      case 'rebuild':
        this.#reconnectionCount += 1;
        session.reconnectionAttempts = command.attempt;
        this.#note(session, { type: 'reconnection' });
        log.info(
          {
            event: 'soundRebuild',
            ...facts,
            attempt: command.attempt,
            of: MAX_REBUILDS,
            cause: command.cause,
          },
          `The sound of session ${session.sessionId} is built anew, try ${command.attempt} of ${MAX_REBUILDS}`,
        );
        return rebuild(session);
      case 'rebuildFailed':
        this.#errorCount += 1;
        // While its client mends the way itself, what fails here is no reason to end the session.
        if (cared.canComeBack) return this.#note(session, { type: 'error', code: 'rebuildFailed' });
        return this.#countError(session, 'rebuildFailed');
      case 'stillPoor':
        log.info({ event: 'soundPoor', ...facts }, `The network of session ${session.sessionId} is poor`);
        return;
      case 'well':
        session.reconnectionAttempts = 0;
        setState(session, 'connected');
        log.info({ event: 'soundWell', ...facts }, `The sound of session ${session.sessionId} is well again`);
        return;
      case 'givenUp':
        log.error(
          { event: 'soundGivenUp', ...facts, cause: command.cause },
          `The sound of session ${session.sessionId} could not be built anew in ${MAX_REBUILDS} tries`,
        );
        // Who only sends nothing can still be spoken to and can type; a lost user cannot.
        if (command.cause === 'lost') {
          if (!cared.canComeBack) end(session, 'notRebuilt'); // else when its grace is over
        } else {
          this.#errorCount += 1;
          this.#countError(session, 'userSilent');
          setState(session, 'connected');
        }
    }
  }

  /** In the room but lost: no longer than who vanished. Taken back when the loss ends. */
  #boundLoss(session: AgentSession): void {
    const { deadlines, graceMs, end } = this.#parts;
    deadlines.set(`${session.sessionId} lost`, 'due', graceMs, () => end(session, 'notRebuilt'));
  }

  #countError(session: AgentSession, code: string): void {
    const cared = this.#cared.get(session.sessionId);
    if (cared === undefined) return;
    cared.consecutiveErrors += 1;
    this.#note(session, { type: 'error', code });
    const { maxErrors } = this.#parts.rules;
    if (maxErrors > 0 && cared.consecutiveErrors === maxErrors) this.#look(session); // not only in 5 s
  }

  #note(session: AgentSession, fact: Parameters<SessionWatcher['note']>[2]): void {
    this.#parts.watcher.note(session.sessionId, VOICE, fact);
  }

  #every(name: string, everyMs: number, work: () => void): void {
    this.#parts.deadlines.set(OWNER, name, everyMs, () => {
      this.#every(name, everyMs, work);
      work();
    });
  }
}
