/**
 * One live child process for each voice session: takes LiveKit's jobs, gives them to warm children, hands tokens
 * over, puts a new child in the place of one that died or hangs, and ends children. It knows nothing of users and
 * their sessions; those are ClaraVoiceAgent's.
 * Invariants: at most one child that is not ending for a voice session; a job's end is told once; tokens go by IPC
 * only. A replacement is not dispatched by LiveKit again: the job is still ours, and its conversation is here.
 */
import { AGENT_IDENTITY_PREFIX } from '../../src/shared/wire.ts';
import type { DispatchMetadata, Logger } from '../contracts.ts';
import type { Exit } from '../supervisor/process-group.ts';
import { startTimeOf } from '../supervisor/process-table.ts';
import { ReadyPool } from '../supervisor/ready-pool.ts';
import { NO_RESTARTS, askRestart, tellProbe } from '../supervisor/restart-window.ts';
import type { RestartPolicy } from '../supervisor/restart-window.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import type { GroupEvent, WatchPolicy, WatchedGroup } from '../supervisor/watched-group.ts';
import { withDefaults } from './agent-options.ts';
import { agentRooms } from './agent-rooms.ts';
import type { AgentRooms } from './agent-rooms.ts';
import type { ClaraVoiceAgentOptions } from './agent-options.ts';
import { isEnding, offeredEntry } from './child-entry.ts';
import type { ChildEntry, ChildrenEvents, LossReason } from './child-entry.ts';
import { sessionChildSpawner } from './child-process.ts';
import type { SessionChild } from './child-process.ts';
import type { Clock } from './clock.ts';
import { ConversationKeeper } from './conversation-keeper.ts';
import type { KeptConversation } from './conversation-keeper.ts';
import { parseDispatchMetadata } from './dispatch-metadata.ts';
import { EndedSessions } from './ended-sessions.ts';
import { inBackground } from './in-background.ts';
import type { ChildMessage } from './ipc.ts';
import type { StoredConversations } from './stored-conversations.ts';
import { agentAttributes, mintSessionToken } from './tokens.ts';
import type { JobAcceptance, JobOffer } from './worker-state.ts';

/** An accepted offer that brings no assignment within this time went to another worker, ms; usual is 2. */
const ASSIGNMENT_LIMIT_MS = 10_000;
/** From the order to the end of a child, before its group is killed, ms. */
const CHILD_END_LIMIT_MS = 1_300;
/** A session that was ended before its job came: a dispatch comes after about 205 ms, or never, ms. */
const REMEMBER_ENDED_MS = 10_000;
/** New children in place of lost ones for one voice session, with less than five healthy minutes between; then it is given up. */
const MAX_REPLACEMENTS = 3;
/** Three beats of a second and half of one: told and out of the room within 5 s of the hang. */
const SILENT_LIMIT_MS = 3_500;
/** The speaker hands on at least a frame a second, even while its source takes none. */
const STUCK_LIMIT_MS = 5_000;
/** Before the first word: a cold child on a busy machine loads for seconds. */
const LOADING_LIMIT_MS = 15_000;
/** New children of all sessions together; more means that something is wrong that they do not cure. */
const RESTARTS: RestartPolicy = {
  maxRestarts: 60,
  windowMs: 60_000,
  openMs: 5_000,
  maxOpenMs: 60_000,
  jitterRatio: 0.2,
  probeLimitMs: 30_000,
};

/** Keeps the children of all voice sessions. */
export class SessionChildren {
  readonly #options: ClaraVoiceAgentOptions;
  readonly #settings: ReturnType<typeof withDefaults>;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #events: ChildrenEvents;
  readonly #pool: ReadyPool<SessionChild>;
  readonly #entries = new Map<string, ChildEntry>();
  readonly #conversations: ConversationKeeper;
  readonly #stored: StoredConversations;
  readonly #rooms: AgentRooms;
  readonly #life = new AbortController();
  readonly #ended = new EndedSessions(REMEMBER_ENDED_MS);
  readonly #supervisor: Supervisor;
  /** Hung processes whose end is on its way, and whose they were. */
  readonly #hung = new Map<WatchedGroup, string>();
  /** Hung processes that outlived SIGKILL, by pid. */
  readonly #survivors = new Map<number, { readonly voiceSessionId: string; readonly startTime: string }>();
  #restarts = NO_RESTARTS;
  #isDraining = false;
  #watches = 0;

  /** @param supervisor watches the children; its owner stops it after this */
  constructor(
    options: ClaraVoiceAgentOptions,
    clock: Clock,
    supervisor: Supervisor,
    stored: StoredConversations,
    events: ChildrenEvents,
  ) {
    this.#stored = stored;
    this.#options = options;
    this.#supervisor = supervisor;
    this.#settings = withDefaults(options);
    this.#clock = clock;
    this.#log = options.log;
    this.#events = events;
    this.#conversations = new ConversationKeeper(this.#settings.contextTtlMs);
    this.#rooms = options.rooms ?? agentRooms(options.livekit, this.#settings.roomTimeouts);
    const spawn = options.spawnChild ?? sessionChildSpawner(options.runFolder);
    this.#pool = new ReadyPool<SessionChild>({
      factory: {
        create: () => spawn(options.log, supervisor),
        dispose: (child) => child.end('stopped', CHILD_END_LIMIT_MS),
        ended: (child) => child.exited,
      },
      size: this.#settings.warmChildren,
      clock: supervisor.clock,
      refillsOnTake: false, // the next session's child is made once this one has joined
      onError: (error, doing) =>
        this.#log.error(
          { event: 'childFailed', doing, why: error instanceof Error ? error.message : 'unknown' },
          doing === 'create' ? 'A session process could not be started' : 'A waiting process did not end',
        ),
    });
  }

  /** Starts the warm ones. */
  warmUp(): void {
    this.#pool.fill();
  }

  /** Processes that wait for a session. */
  get warm(): number {
    return this.#pool.waiting;
  }

  /** Takes no new jobs from now on and ends the warm ones; sessions that run go on, and may still be given new processes. */
  drain(): void {
    this.#isDraining = true;
    this.#tellLoad();
    inBackground(this.#pool.drain(), this.#log, 'ending the waiting processes');
  }

  /** What hangs now and is not gone yet, in words; undefined when nothing does. */
  hungNow(): string | undefined {
    for (const [watched, voiceSessionId] of this.#hung) {
      const ms = watched.hungForMs;
      if (ms !== undefined)
        return `the process of voice session ${voiceSessionId} hangs and is still there after ${Math.round(ms)} ms`;
    }
    for (const [pid, { voiceSessionId, startTime }] of this.#survivors) {
      if (startTimeOf(pid) === startTime)
        return `the hung process of voice session ${voiceSessionId} (pid ${pid}) could not be ended`;
      this.#survivors.delete(pid);
    }
    return undefined;
  }

  /** What was said in a voice session so far, by its children of before too. */
  conversationOf(voiceSessionId: string): KeptConversation | undefined {
    return this.#conversations.find(voiceSessionId, this.#clock.monoMs());
  }

  /** Refuses jobs of a voice session for {@link REMEMBER_ENDED_MS}, and forgets what was said in it. */
  refuse(voiceSessionId: string): void {
    this.#ended.add(voiceSessionId, this.#clock.monoMs());
    this.#forgetConversation(voiceSessionId);
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
    const origin = this.conversationOf(metadata.voiceSessionId) && 'earlier';
    const entry = offeredEntry(metadata, offer, origin, this.#clock.monoMs());
    this.#entries.set(metadata.voiceSessionId, entry);
    this.#clock.sleep(ASSIGNMENT_LIMIT_MS, entry.offerTimer.signal).then(
      () => this.#forget(entry, `no assignment within ${ASSIGNMENT_LIMIT_MS} ms`),
      () => {}, // assigned or ended
    );
    return {
      participantIdentity: AGENT_IDENTITY_PREFIX + metadata.voiceSessionId,
      participantName: this.#options.agentName,
      participantAttributes: agentAttributes(entry.origin),
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
    // With the agent that we put out, the server may end its job: that is no order to end the one in its place.
    if (entry !== undefined && !entry.isReplaced)
      inBackground(this.#endEntry(entry, 'terminated'), this.#log, 'ending a terminated job');
  }

  /** The LiveKit server was away and is back: each child gets what it needs to join anew, without asking. */
  serverBack(): void {
    for (const entry of this.#entries.values())
      if (entry.child !== undefined && !isEnding(entry))
        inBackground(this.#tellServerBack(entry), this.#log, 'telling a child that the server is back');
  }

  async #tellServerBack(entry: ChildEntry): Promise<void> {
    try {
      await this.#rooms.ensure(entry.roomName);
      entry.child?.send({ type: 'serverBack', token: await this.#mint(entry) });
    } catch {
      // Its own ways back remain: rtc-node's repair, and tries of its own once that has ended.
      this.#log.warn(
        { event: 'roomNotEnsured', voiceSessionId: entry.metadata.voiceSessionId },
        'The room of a voice session could not be made sure of',
      );
    }
  }

  /** The room of a voice session that is served or on its way. */
  roomOf(voiceSessionId: string): string | undefined {
    return this.#entries.get(voiceSessionId)?.roomName;
  }

  /** Asks a child to build the way of a user's sound anew. */
  rebuild(voiceSessionId: string, identity: string): void {
    this.#entries.get(voiceSessionId)?.child?.send({ type: 'rebuild', identity });
  }

  /** Ends a voice session's child and resolves when it is gone; bounded. Unknown ids are ignored. */
  async end(voiceSessionId: string, reason: string): Promise<void> {
    const entry = this.#entries.get(voiceSessionId);
    if (entry !== undefined) await this.#endEntry(entry, reason);
  }

  /** Ends all children, warm ones too, side by side; bounded. */
  async stop(): Promise<void> {
    this.#life.abort();
    await Promise.all([
      this.#pool.stop(),
      ...[...this.#entries.values()].map((entry) => this.#endEntry(entry, 'stopped')),
    ]);
  }

  #byJob(jobId: string): ChildEntry | undefined {
    return [...this.#entries.values()].find((entry) => entry.jobId === jobId);
  }

  #refusal({ voiceSessionId }: DispatchMetadata): string | undefined {
    if (this.#life.signal.aborted) return 'the agent is stopping';
    if (this.#isDraining) return 'the agent takes no new sessions';
    if (this.#ended.has(voiceSessionId, this.#clock.monoMs()))
      return `voice session ${voiceSessionId} was ended`;
    if (this.isLive(voiceSessionId)) return `voice session ${voiceSessionId} has its agent already`;
    const { maxSessions } = this.#settings;
    return this.#entries.size >= maxSessions
      ? `${this.#entries.size} sessions of at most ${maxSessions} are served`
      : undefined;
  }

  /** Never rejects. */
  async #startChild(entry: ChildEntry, token: string): Promise<void> {
    const { voiceSessionId, pipeline } = entry.metadata;
    const { graceMs, leftMs, roomTimeouts, voice } = this.#settings;
    try {
      const [child, isRecalled] = await Promise.all([this.#pool.take(), this.#recall(entry)]);
      entry.child = child;
      const watchId = `${voiceSessionId}.${++this.#watches}`;
      child.onMessage = (message) => {
        if (entry.child !== child) return; // a lost one that speaks again
        if (entry.watched === undefined && !isEnding(entry)) this.#watch(entry, child, watchId);
        this.#onMessage(entry, message);
      };
      if (child.hasSpoken) this.#watch(entry, child, watchId);
      else
        this.#supervisor.deadlines.set(watchId, 'loading', LOADING_LIMIT_MS, () => {
          if (entry.child === child) this.#lostHung(entry, child, 'silent', LOADING_LIMIT_MS);
        });
      inBackground(
        child.exited.then((exit) => {
          this.#supervisor.deadlines.cancel(watchId, 'loading');
          if (exit.signal === 'SIGKILL') this.#events.onKilled(voiceSessionId);
          if (entry.child === child) this.#onExit(entry, exit);
        }),
        this.#log,
        'the end of a session process',
      );
      if (isEnding(entry)) return; // ended while the child was made: who ends it waits for us
      const kept = this.conversationOf(voiceSessionId);
      this.#conversations.begin(voiceSessionId);
      const responder = pipeline === 'count' ? undefined : this.#options.responder; // who measures wants no talk
      responder?.begin(voiceSessionId, kept?.turns);
      child.send({
        type: 'start',
        voiceSessionId,
        pipeline,
        responds: responder !== undefined,
        roomName: entry.roomName,
        identity: AGENT_IDENTITY_PREFIX + voiceSessionId,
        url: this.#options.livekit.url,
        token: isRecalled ? await this.#mint(entry) : token, // which tells the user that the agent knows of before
        graceMs,
        leftMs,
        emptyMs: roomTimeouts.emptyTimeoutS * 1000,
        voice,
        context: [...(kept?.turns ?? [])],
        nextWord: kept?.nextWord ?? 0,
        users: [...this.#events.usersOf(voiceSessionId)],
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
      this.#over(entry, 'noProcess', true);
    }
  }

  /** Takes over what another supervisor has left of a conversation that is not known here. Never rejects. */
  async #recall(entry: ChildEntry): Promise<boolean> {
    const { voiceSessionId } = entry.metadata;
    if (this.conversationOf(voiceSessionId) !== undefined) return false;
    const found = await this.#stored.find(voiceSessionId);
    if (found === undefined) return false;
    this.#conversations.restore(voiceSessionId, found);
    entry.origin = found.isOver ? 'earlier' : 'handedOver';
    return true;
  }

  #store(voiceSessionId: string, isOver: boolean): void {
    const kept = this.conversationOf(voiceSessionId);
    if (kept !== undefined) this.#stored.keep(voiceSessionId, kept, isOver);
  }

  #forgetConversation(voiceSessionId: string): void {
    this.#conversations.forget(voiceSessionId);
    this.#stored.drop(voiceSessionId);
  }

  #onMessage(entry: ChildEntry, message: ChildMessage): void {
    const { voiceSessionId } = entry.metadata;
    entry.watched?.sign(message.type === 'beat' ? message.soundMs : undefined);
    if (message.type === 'beat') return;
    if (message.type === 'ask' || message.type === 'stopAsking') {
      const { child } = entry; // a new one has not asked this
      this.#options.responder?.take(voiceSessionId, message, (reply) => void child?.send(reply));
      return;
    }
    if (message.type === 'turn') {
      this.#conversations.addTurn(voiceSessionId, message.turn);
      this.#store(voiceSessionId, false);
    }
    if (message.type === 'spokenWords')
      for (const { index } of message.words) this.#conversations.spoke(voiceSessionId, index);
    if (message.type === 'tokenWanted') inBackground(this.#sendFreshToken(entry), this.#log, 'a fresh token');
    if (message.type === 'joined') {
      if (entry.phase === 'starting') entry.phase = 'live';
      this.#restarts = tellProbe(this.#restarts, RESTARTS, true, this.#clock.monoMs(), this.#chance());
      this.#pool.fill();
    }
    // It ends by itself; should it hang in native code, its group is killed.
    if (message.type === 'ended')
      inBackground(this.#endEntry(entry, message.reason), this.#log, 'ending a session process');
    this.#events.onMessage(voiceSessionId, message, this.#clock.monoMs() - entry.askedMonoMs);
  }

  async #sendFreshToken(entry: ChildEntry): Promise<void> {
    try {
      await this.#rooms.ensure(entry.roomName);
      entry.child?.send({ type: 'token', token: await this.#mint(entry) });
    } catch {
      // The SDK's error may hold its own token: only that it failed is passed on.
      entry.child?.send({ type: 'tokenRefused', reason: 'the room could not be made sure of' });
    }
  }

  #mint({ roomName, metadata, origin }: ChildEntry): Promise<string> {
    const identity = AGENT_IDENTITY_PREFIX + metadata.voiceSessionId;
    return mintSessionToken(this.#options.livekit, roomName, identity, agentAttributes(origin));
  }

  #onExit(entry: ChildEntry, exit: Exit): void {
    const { voiceSessionId } = entry.metadata;
    const reason = entry.endReason;
    const facts = { voiceSessionId, reason: reason ?? 'died', code: exit.code, signal: exit.signal };
    if (reason === undefined) {
      this.#log.error(
        { event: 'agentDied', ...facts },
        `The process of voice session ${voiceSessionId} died`,
      );
      return this.#replace(entry, 'died');
    }
    this.#log.info(
      { event: 'agentEnded', ...facts },
      `The process of voice session ${voiceSessionId} ended: ${reason}`,
    );
    // It could not leave the room itself.
    this.#events.updateJob(entry.jobId, { status: 'success' });
    this.#over(entry, reason, false);
    if (exit.signal === 'SIGKILL' && !this.isLive(voiceSessionId))
      inBackground(this.#putOut(entry), this.#log, 'putting a killed agent out');
  }

  /** From its first word on the engine watches a child. */
  #watch(entry: ChildEntry, child: SessionChild, watchId: string): void {
    const { deadlines } = this.#supervisor;
    deadlines.cancel(watchId, 'loading');
    const { maxRssBytes, maxCpuMs, idleMs } = this.#settings;
    const policy: WatchPolicy = {
      life: { silentAfterMs: SILENT_LIMIT_MS, stuckAfterMs: STUCK_LIMIT_MS },
      limits: { maxRssBytes, maxCpuMs, maxIdleMs: idleMs },
      end: { graceMs: 0 }, // who hangs does not hear a polite signal
    };
    const watched = this.#supervisor.watch(child.launched, watchId, policy, (event) => {
      if (entry.child === child && !isEnding(entry)) this.#onGroupEvent(entry, child, event);
    });
    entry.watched = watched;
    const { voiceSessionId } = entry.metadata;
    const told = watched.ended.then((end) => {
      if (end.cause !== 'hung') return;
      this.#hung.delete(watched);
      const { leaderPid, leaderStartTime } = child.launched.mark;
      if (!end.report.gone && leaderStartTime !== undefined)
        this.#survivors.set(leaderPid, { voiceSessionId, startTime: leaderStartTime });
      const { frames, processState } = end.note;
      this.#log.warn(
        { event: 'agentHungNote', voiceSessionId, processState, frames },
        `Where the process of voice session ${voiceSessionId} hung: ${frames?.[0] ?? `state ${processState}`}`,
      );
    });
    inBackground(told, this.#log, 'the note of a hung process');
  }

  #onGroupEvent(entry: ChildEntry, child: SessionChild, event: GroupEvent): void {
    const { voiceSessionId } = entry.metadata;
    if (event.type === 'usage') return this.#events.onUsage(voiceSessionId, event.usage);
    if (event.type === 'hung') return this.#lostHung(entry, child, event.how, event.forMs);
    if (event.type !== 'limit') return;
    const { limit, value, allowed } = event.breach;
    this.#log.error(
      { event: 'agentLimit', voiceSessionId, limit, value: Math.round(value), allowed },
      `The process of voice session ${voiceSessionId} is over its limit: ${limit}`,
    );
    if (limit === 'memory' || limit === 'cpu') return this.#replace(entry, limit);
    inBackground(this.#endEntry(entry, limit), this.#log, 'ending an idle session process');
  }

  /** The engine ends the process; nobody waits for that: it may come late, or never from a broken kernel call. */
  #lostHung(entry: ChildEntry, child: SessionChild, how: 'silent' | 'stuck', forMs: number): void {
    const { voiceSessionId } = entry.metadata;
    const { watched } = entry;
    this.#log.error(
      { event: 'agentHung', voiceSessionId, verdict: how },
      `The process of voice session ${voiceSessionId} hangs (${how}) and is killed`,
    );
    this.#events.onHung(voiceSessionId, how, forMs);
    if (watched === undefined) child.kill();
    else this.#hung.set(watched, voiceSessionId);
    this.#replace(entry, 'hung');
  }

  #chance(): number {
    return (this.#options.random ?? Math.random)();
  }

  /** Puts a new child in the place of a lost one: the user sees the old one leave at once, and the new one come. */
  #replace(entry: ChildEntry, reason: LossReason): void {
    const { voiceSessionId } = entry.metadata;
    const attempt = this.#conversations.replaced(voiceSessionId, this.#clock.monoMs());
    this.#options.responder?.abandon(voiceSessionId);
    entry.child = undefined;
    entry.watched = undefined;
    const restart = askRestart(this.#restarts, RESTARTS, this.#clock.monoMs(), this.#chance());
    this.#restarts = restart.state;
    if (attempt > MAX_REPLACEMENTS || !restart.answer.allow) {
      const why = restart.answer.allow
        ? `after ${MAX_REPLACEMENTS} new processes`
        : `because ${RESTARTS.maxRestarts} processes were lost in ${RESTARTS.windowMs / 1000} s`;
      this.#log.error(
        { event: 'agentGivenUp', voiceSessionId, replacements: attempt - 1 },
        `Voice session ${voiceSessionId} is given up ${why}`,
      );
      inBackground(this.#putOut(entry), this.#log, 'putting a lost agent out');
      this.#events.updateJob(entry.jobId, { status: 'failed', error: 'its process died' });
      return this.#over(entry, reason, true);
    }
    entry.phase = 'starting';
    entry.origin = 'handedOver';
    entry.isReplaced = true;
    entry.askedMonoMs = this.#clock.monoMs();
    this.#events.onLost(voiceSessionId, reason, attempt);
    entry.starting = this.#startReplacement(entry);
  }

  /** Never rejects. */
  async #startReplacement(entry: ChildEntry): Promise<void> {
    // A server that is not there has nobody to put out; the child finds its own way back to it.
    await Promise.all([this.#putOut(entry), this.#rooms.ensure(entry.roomName).catch(() => {})]);
    if (!isEnding(entry)) await this.#startChild(entry, await this.#mint(entry));
  }

  /** Never rejects. */
  async #putOut({ roomName, metadata }: ChildEntry): Promise<void> {
    const out = this.#rooms.remove(roomName, AGENT_IDENTITY_PREFIX + metadata.voiceSessionId);
    await out.catch(() => {}); // rooms of somebody else's making: the new agent's identity puts the old one out
  }

  /** The voice session has no child any more. */
  #over(entry: ChildEntry, reason: string, died: boolean): void {
    const { voiceSessionId } = entry.metadata;
    this.#forget(entry, reason);
    if (this.isLive(voiceSessionId)) return;
    const { responder } = this.#options;
    if (responder !== undefined)
      inBackground(responder.end(voiceSessionId), this.#log, 'ending an assistant');
    if (reason === 'bye' || this.#ended.has(voiceSessionId, this.#clock.monoMs()))
      this.#forgetConversation(voiceSessionId);
    else {
      this.#store(voiceSessionId, true);
      this.#conversations.over(voiceSessionId, this.#clock.monoMs());
    }
    this.#events.onExit(voiceSessionId, reason, died);
  }

  async #endEntry(entry: ChildEntry, reason: string): Promise<void> {
    entry.ending ??= this.#endOnce(entry, reason);
    await entry.ending;
  }

  async #endOnce(entry: ChildEntry, reason: string): Promise<void> {
    entry.endReason ??= reason;
    const wasOffered = entry.phase === 'offered';
    entry.phase = 'ending';
    entry.offerTimer.abort();
    if (!wasOffered) {
      await entry.starting; // a child that is only being made comes within its fork
      await entry.child?.end(reason, CHILD_END_LIMIT_MS);
      if (this.#entries.get(entry.metadata.voiceSessionId) === entry)
        return this.#endWithoutExit(entry, reason);
    }
    this.#forget(entry, reason);
  }

  /** Ended between two children, or by a process that outlasts SIGKILL: no exit tells of it. */
  #endWithoutExit(entry: ChildEntry, reason: string): void {
    if (entry.child !== undefined) {
      inBackground(this.#putOut(entry), this.#log, 'putting an agent out that does not end');
      this.#events.updateJob(entry.jobId, { status: 'success' });
      entry.child = undefined; // whatever still comes of it
    }
    this.#over(entry, reason, false);
  }

  #forget(entry: ChildEntry, reason: string): void {
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
    const load = this.#isDraining ? 1 : this.#entries.size / this.#settings.maxSessions;
    this.#events.setLoad(this.#entries.size, load);
  }
}
