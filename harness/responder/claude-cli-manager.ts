/**
 * Owns: all command-line sessions of this process: starting, asking, ending, watching and removing them.
 * Never: rejects because a session failed: a failed session is a result, with its error in it.
 * Invariant: after `dispose` fulfils no session runs, no timer waits, and nothing is left of any process.
 */
import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import type { Logger } from '../contracts.ts';
import type { EngineClock } from '../supervisor/engine-clock.ts';
import { EventChannel } from '../supervisor/event-channel.ts';
import { createRunFolder } from '../supervisor/run-folder.ts';
import type { RunFolder } from '../supervisor/run-folder.ts';
import { SessionRegistry } from '../supervisor/session-registry.ts';
import { cliTransitions } from '../supervisor/session-states.ts';
import type { CliState } from '../supervisor/session-states.ts';
import { Supervisor } from '../supervisor/supervisor.ts';
import { sessionStatistics } from './analytics.ts';
import type { SessionStatistics } from './analytics.ts';
import { CLEANUP_AFTER_MINUTES, parseCliConfig } from './cli-config.ts';
import type { ClaudeCliConfig } from './cli-config.ts';
import { processStarter } from './cli-process.ts';
import { Conversation } from './conversation.ts';
import type { ConversationOptions } from './conversation.ts';
import { EndedHistory } from './ended-history.ts';
import { ClaudeSessionError } from './failure.ts';
import { HealthWatch } from './health-watch.ts';
import type { ClaudeCliManagerOptions } from './manager-options.ts';
import { Profiles } from './profiles.ts';
import type { ProfileState } from './profiles.ts';
import type { RestoredSession } from './restored-session.ts';
import { SessionGroups } from './session-groups.ts';
import type { GroupItem, GroupStatus } from './session-groups.ts';
import type { JournaledSession } from './session-journal.ts';
import { SessionMemory } from './session-memory.ts';
import { outputPolicyOf, removeSpill } from './session-output.ts';
import { planSession } from './session-plan.ts';
import type { SessionPlan } from './session-plan.ts';
import { CliSession } from './session-record.ts';
import { MAX_AGENT_CHARACTERS, checkAgent, checkPrompt } from './session-request.ts';
import { SessionRun } from './session-run.ts';
import type { RunTools } from './session-run.ts';
import type {
  ClaudeExecutionOptions,
  ClaudeSession,
  CliUpdate,
  SessionHealthMetrics,
} from './session-types.ts';
import { mergeOptions, resolveOptions, resolveTemplate } from './templates.ts';
import type { SessionTemplates } from './templates.ts';
import { Upkeep } from './upkeep.ts';

interface Active {
  readonly ended: Promise<CliSession>;
  readonly plan: SessionPlan;
  readonly prompt: string | undefined;
  readonly isLongLived: boolean;
  cancel(reason?: string): boolean;
}

/** What a session is made of before it runs. */
interface Beginning {
  readonly agentId: string;
  readonly options: ClaudeExecutionOptions;
  readonly command: string;
  readonly id?: string;
}

/** Runs command-line assistants, and any other command that speaks lines. */
export class ClaudeCliManager implements AsyncDisposable {
  /** What became of the sessions of an earlier manager on the same state folder; empty without one. Never rejects. */
  readonly restored: Promise<readonly RestoredSession[]>;
  readonly #config: ClaudeCliConfig;
  readonly #log: Logger;
  readonly #templates: SessionTemplates;
  readonly #registry: SessionRegistry<CliState, CliSession>;
  readonly #updates: EventChannel<CliUpdate>;
  readonly #active = new Map<string, Active>();
  readonly #history = new EndedHistory();
  readonly #groups: SessionGroups;
  readonly #profiles: Profiles;
  readonly #tools: RunTools;
  readonly #clock: EngineClock;
  readonly #upkeep: Upkeep;
  readonly #health: HealthWatch;
  readonly #supervisor: Supervisor;
  readonly #ownsSupervisor: boolean;
  readonly #memory: SessionMemory | undefined;
  readonly #options: ClaudeCliManagerOptions;
  #runFolder: Promise<RunFolder> | undefined;
  #disposing: Promise<void> | undefined;

  /** Throws ClaudeSessionError `invalidOptions` for a wrong configuration, and when its own supervisor cannot write to the state folder. */
  constructor(options: ClaudeCliManagerOptions = {}) {
    this.#options = options;
    this.#config = parseCliConfig(options.config ?? {});
    this.#log = options.log ?? pino({ level: 'silent' });
    this.#templates = options.templates ?? {};
    this.#ownsSupervisor = options.supervisor === undefined;
    this.#supervisor =
      options.supervisor ??
      new Supervisor({
        log: this.#log,
        ...(options.stateFolder !== undefined && { stateFolder: options.stateFolder }),
        ...(options.clock !== undefined && { clock: options.clock }),
      });
    this.#clock = options.clock ?? this.#supervisor.clock;
    const onError = (error: unknown): void =>
      this.#log.error({ event: 'cliListenerFailed', err: error }, 'A listener of session updates failed');
    this.#upkeep = new Upkeep({
      clock: options.clock,
      healthCheckMs: this.#config.healthCheckInterval,
      cleanupMs: this.#config.cleanupInterval,
      hasSessions: () => this.#registry.size > 0,
      checkHealth: () => this.#health.check(),
      checkHealthOf: (id) => {
        const session = this.#registry.get(id)?.data;
        if (session !== undefined) this.#health.checkOf(session);
      },
      cleanUp: () => void this.cleanupOldSessions(),
      onError,
    });
    this.#registry = new SessionRegistry(cliTransitions, this.#clock, onError);
    this.#updates = new EventChannel(onError);
    this.#profiles = new Profiles(options.profiles);
    this.#health = new HealthWatch({
      log: this.#log,
      monoMs: () => this.#clock.monoMs(),
      tell: (update) => this.#updates.emit(update),
      sessions: () => this.#sessions(),
      countByState: () => this.#registry.countByState(),
      staleAfterMsOf: (id) => {
        const active = this.#active.get(id);
        // A conversation is silent between its turns; the engine watches it during one.
        return active === undefined || active.isLongLived ? 0 : active.plan.staleAfterMs;
      },
    });
    this.#tools = {
      startProcess: options.startProcess ?? processStarter(this.#supervisor, () => this.#ownRunFolder()),
      profiles: this.#profiles,
      clock: this.#clock,
      deadlines: this.#supervisor.deadlines,
      random: options.random ?? Math.random,
      config: this.#config,
      env: options.env ?? process.env,
      output: outputPolicyOf(options),
      move: (session, to, reason) => this.#move(session, to, reason),
      tell: (update) => this.#updates.emit(update),
      noteConversation: (session) => this.#memory?.note(session),
    };
    this.#groups = new SessionGroups({
      execute: (agentId, prompt, own) => this.executeClaudeSession(agentId, prompt, own),
      cancel: (id) => this.cancelSession(id),
      sessionsOf: (group) => this.#sessions().filter((session) => session.group === group),
    });
    this.#memory = this.#newMemory();
    this.restored = this.#restore().catch((error: unknown) => {
      this.#log.error(
        { event: 'cliRestoreFailed', err: error },
        'Sessions of an earlier run could not be looked at',
      );
      return [];
    });
  }

  /** The configuration in force. */
  get config(): ClaudeCliConfig {
    return this.#config;
  }

  /**
   * Runs a session to its end and fulfils with it when it is final and nothing of it runs any more: look at `status`
   * and `error`. Rejects only after `dispose`.
   */
  async executeClaudeSession(
    agentId: string,
    prompt: string,
    options: ClaudeExecutionOptions = {},
  ): Promise<ClaudeSession> {
    return this.startClaudeSession(agentId, prompt, options).ended;
  }

  /** The same, with the session at hand while it runs. Throws only after `dispose`. */
  startClaudeSession(
    agentId: string,
    prompt: string,
    options: ClaudeExecutionOptions = {},
  ): { readonly session: ClaudeSession; readonly ended: Promise<ClaudeSession> } {
    this.#throwIfDisposed();
    let resolved: ClaudeExecutionOptions;
    try {
      checkAgent(agentId);
      checkPrompt(prompt);
      resolved = resolveOptions(options, this.#templates);
    } catch (error) {
      const session = this.#failAtOnce(agentId, error);
      return { session, ended: Promise.resolve(session) };
    }
    const session = this.#begin({
      agentId,
      options: resolved,
      command: resolved.command ?? this.#config.claudeCommand,
    });
    const { ended } = this.#start(session, prompt, resolved);
    this.#announce(session, 'begun');
    return { session, ended };
  }

  /** Opens a conversation: one process for many turns. Throws ClaudeSessionError for wrong options. */
  openConversation(agentId: string, options: ConversationOptions = {}): Conversation {
    this.#throwIfDisposed();
    checkAgent(agentId);
    const { resume, maxAgeMs, ...rest } = options;
    const resolved = resolveOptions(rest, this.#templates);
    const session = this.#begin({
      agentId,
      options: resolved,
      command: resolved.command ?? this.#config.claudeCommand,
    });
    const plan = planSession(resolved, this.#config);
    const conversation = new Conversation(session, plan, this.#tools, { resume, maxAgeMs });
    this.#keepActive(session, {
      ended: conversation.ended,
      plan,
      prompt: undefined,
      isLongLived: true,
      cancel: (reason) => conversation.cancel(reason),
    });
    this.#announce(session, 'begun');
    return conversation;
  }

  /** Ends a session; its state is `cancelled` at once, its processes are gone some seconds later at most. */
  cancelSession(sessionId: string): boolean {
    return this.#active.get(sessionId)?.cancel() ?? false;
  }

  /** Ends all sessions; how many there were. */
  cancelAllSessions(): number {
    return [...this.#active.values()].filter((active) => active.cancel()).length;
  }

  getSession(sessionId: string): ClaudeSession | undefined {
    return this.#registry.get(sessionId)?.data;
  }

  /** All sessions that are remembered, oldest first. */
  getSessions(): ClaudeSession[] {
    return this.#sessions();
  }

  getAgentSessions(agentId: string): ClaudeSession[] {
    return this.#sessions().filter((session) => session.agentId === agentId);
  }

  /** Running and recovering ones. */
  getActiveSessions(): ClaudeSession[] {
    return this.#sessions().filter(({ status }) => !cliTransitions.isFinal(status));
  }

  /** Failed and timed-out ones. */
  getFailedSessions(): ClaudeSession[] {
    return this.#sessions().filter(({ status }) => status === 'failed' || status === 'timeout');
  }

  getSessionHealthMetrics(): SessionHealthMetrics {
    return this.#health.metrics();
  }

  /** Of the last 1,000 sessions that ended. */
  getSessionStats(): SessionStatistics {
    return sessionStatistics(this.#history.facts());
  }

  /** How the profiles stand. */
  getProfiles(): ProfileState[] {
    return this.#profiles.states();
  }

  /** Forgets sessions that ended longer ago, with their spill files; how many. */
  cleanupOldSessions(olderThanMinutes = CLEANUP_AFTER_MINUTES): number {
    const beforeWallMs = this.#clock.wallMs() - olderThanMinutes * 60_000;
    const old = this.#sessions().filter(
      (session) => !this.#active.has(session.id) && (session.endTime?.getTime() ?? Infinity) <= beforeWallMs,
    );
    for (const session of old) {
      this.#registry.remove(session.id);
      removeSpill(session, this.#tools.output);
      this.#memory?.removed(session.id);
    }
    return old.length;
  }

  /** Calls back with the session at each update: status, output, limit, recovery, health. The answer ends it. */
  onUpdate(callback: (session: ClaudeSession, update: CliUpdate) => void): () => void {
    return this.#updates.on((update) => {
      if (update.session !== undefined) callback(update.session, update);
    });
  }

  /** Every update from now on, until the signal aborts; a slow reader loses the oldest and is told by `onLost`. */
  updates(signal: AbortSignal, onLost?: (count: number) => void): AsyncGenerator<CliUpdate, void> {
    return this.#updates.events(signal, onLost);
  }

  /** Runs a batch; see SessionGroups.start. */
  startGroup(name: string, items: readonly GroupItem[], maxAtOnce?: number): Promise<ClaudeSession[]> {
    this.#throwIfDisposed();
    return this.#groups.start(name, items, maxAtOnce);
  }

  cancelGroup(name: string): number {
    return this.#groups.cancel(name);
  }

  getGroup(name: string): GroupStatus | undefined {
    return this.#groups.status(name);
  }

  /** Ends all sessions and all timers. Fulfils when nothing is left; idempotent, never rejects, bounded. */
  dispose(): Promise<void> {
    this.#disposing ??= this.#dispose();
    return this.#disposing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  async #dispose(): Promise<void> {
    this.cancelAllSessions();
    this.#upkeep.stop();
    await this.restored;
    this.cancelAllSessions(); // what a restore has begun meanwhile
    await Promise.all([...this.#active.values()].map(({ ended }) => ended));
    if (this.#ownsSupervisor) await this.#supervisor.stop();
    await this.#runFolder?.then(
      (folder) => folder.stop(),
      () => undefined, // it was never made
    );
    this.#memory?.close();
  }

  #throwIfDisposed(): void {
    if (this.#disposing !== undefined) throw new Error('the manager was disposed');
  }

  #sessions(): CliSession[] {
    return this.#registry.list().map(({ data }) => data);
  }

  async #ownRunFolder(): Promise<RunFolder | undefined> {
    const { runFolder } = this.#options;
    if (runFolder === 'none') return undefined;
    if (runFolder !== undefined) return runFolder;
    const made = (this.#runFolder ??= createRunFolder({ log: this.#log }));
    made.catch(() => {
      if (this.#runFolder === made) this.#runFolder = undefined; // the next session tries again
    });
    return made;
  }

  #begin({ agentId, options, command, id }: Beginning): CliSession {
    const beginning = {
      agentId,
      command,
      maxRetries: options.maxRetries ?? this.#config.maxRetries,
      resourceLimits: options.resourceLimits,
      group: options.group,
      template: options.template,
    };
    const session = new CliSession(beginning, (record) =>
      this.#registry.add(id ?? `cli-${randomBytes(8).toString('hex')}`, agentId, record),
    );
    this.#upkeep.start();
    return session;
  }

  /** Tells of a session that can be cancelled from now on. */
  #announce(session: CliSession, reason: 'begun' | 'restored'): void {
    this.#tools.tell({ type: 'status', session, from: undefined, to: 'running', reason });
  }

  #start(
    session: CliSession,
    prompt: string | undefined,
    options: ClaudeExecutionOptions,
    resume?: string,
  ): SessionRun {
    const plan = planSession(options, this.#config);
    const run = new SessionRun(session, prompt, plan, this.#tools, resume);
    this.#keepActive(session, {
      ended: run.ended,
      plan,
      prompt,
      isLongLived: false,
      cancel: (reason) => run.cancel(reason),
    });
    return run;
  }

  #keepActive(session: CliSession, active: Active): void {
    this.#active.set(session.id, active);
    this.#memory?.note(session, true); // before anything of it runs
    const intervalMs = active.plan.options.healthCheckInterval;
    if (intervalMs !== undefined) this.#upkeep.watch(session.id, intervalMs);
    const forget = (): void => {
      this.#active.delete(session.id);
      this.#upkeep.forget(session.id);
      this.#history.add(session, this.#clock.monoMs());
    };
    active.ended.then(forget, forget);
  }

  /** A session that cannot even begin: wrong options, a prompt that is too long. */
  #failAtOnce(agentId: string, error: unknown): CliSession {
    const session = this.#begin({
      agentId: typeof agentId === 'string' ? agentId.slice(0, MAX_AGENT_CHARACTERS) : '',
      options: {},
      command: this.#config.claudeCommand,
    });
    session.error =
      error instanceof ClaudeSessionError
        ? error
        : new ClaudeSessionError('invalidOptions', 'wrong options', { cause: error });
    session.failures = [session.error.category];
    this.#announce(session, 'begun');
    this.#move(session, 'failed', session.error.category);
    this.#history.add(session, this.#clock.monoMs());
    return session;
  }

  #move(session: CliSession, to: CliState, reason: string): void {
    const from = session.status;
    this.#registry.move(session.id, to, reason);
    if (cliTransitions.isFinal(to)) session.endedMonoMs = Math.round(this.#clock.monoMs());
    const level = to === 'failed' || to === 'timeout' ? 'warn' : 'info';
    this.#log[level](
      {
        event: 'cliSession',
        session: session.id,
        agent: session.agentId,
        from,
        to,
        reason,
        ...(session.error !== undefined && to !== 'completed' && { why: session.error.message }),
      },
      `CLI session ${session.id} goes from ${from} to ${to}: ${reason}`,
    );
    this.#memory?.note(session);
    this.#tools.tell({ type: 'status', session, from, to, reason });
  }

  #newMemory(): SessionMemory | undefined {
    const { stateFolder, onRestart = 'recover', journalPrompts = false } = this.#options;
    if (stateFolder === undefined) return undefined;
    return new SessionMemory({
      stateFolder,
      log: this.#log,
      looks: this.#supervisor.looks,
      onRestart,
      isRecoveryEnabled: this.#config.enableRecovery,
      maxRetries: this.#config.maxRetries,
      sessions: () => this.#sessions(),
      backgroundOf: (id) => {
        const active = this.#active.get(id);
        if (active === undefined) return undefined;
        const { plan, prompt, isLongLived } = active;
        return { options: plan.options, prompt: journalPrompts ? prompt : undefined, isLongLived };
      },
      wallMs: () => this.#clock.wallMs(),
    });
  }

  async #restore(): Promise<readonly RestoredSession[]> {
    const found = (await this.#memory?.takeOver()) ?? [];
    const all = found.flatMap(({ session, restored }) => {
      if (this.#registry.get(session.id) !== undefined) return [];
      this.#putBack(session, restored);
      this.#log.info(
        { event: 'cliRestored', session: restored.sessionId, found: restored.found, fate: restored.fate },
        `CLI session ${restored.sessionId} of an earlier run: ${restored.fate}, ${restored.reason}`,
      );
      return [restored];
    });
    this.#memory?.forgetTaken();
    return all;
  }

  #putBack(journaled: JournaledSession, { fate, reason }: RestoredSession): void {
    const { id, agentId, command, options = {}, status } = journaled;
    const session = this.#begin({ agentId, options, command, id });
    session.conversationId = journaled.conversationId;
    session.retryCount = journaled.retryCount;
    session.earlier = {
      startedWallMs: journaled.startedWallMs,
      ...(fate === 'asBefore' && { endedWallMs: journaled.atWallMs }),
    };
    if (fate === 'asBefore') {
      if (journaled.category !== undefined)
        session.error = new ClaudeSessionError(journaled.category, reason);
      this.#registry.move(id, status, reason); // its end was told when it ended
      this.#memory?.note(session);
      return;
    }
    session.error = new ClaudeSessionError('signal', reason);
    session.failures = ['signal'];
    if (fate === 'recovered' && this.#disposing === undefined) {
      session.retryCount += 1;
      this.#start(session, journaled.prompt, this.#withEnvironment(options), journaled.conversationId);
      this.#announce(session, 'restored');
      this.#moveOn(session, 'recovering', 'managerDied');
      this.#moveOn(session, 'running', 'resumed after a restart');
      return;
    }
    this.#announce(session, 'restored');
    this.#move(session, 'failed', 'managerDied');
    this.#history.add(session, this.#clock.monoMs());
  }

  /** Moves a session, unless whoever was told of it has cancelled it. */
  #moveOn(session: CliSession, to: CliState, reason: string): void {
    if (session.endTime === undefined) this.#move(session, to, reason);
  }

  /** Options of a journal, which holds no environment, with that of their template, if it is still there. */
  #withEnvironment(options: ClaudeExecutionOptions): ClaudeExecutionOptions {
    const { template } = options;
    if (template === undefined || !Object.hasOwn(this.#templates, template)) return options;
    try {
      return mergeOptions({ env: resolveTemplate(template, this.#templates).env ?? {} }, options);
    } catch (error) {
      if (error instanceof ClaudeSessionError) return options; // a template that was spoilt since
      throw error;
    }
  }
}
