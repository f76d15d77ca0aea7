/**
 * Drives a voice session: does what the link machine commands, and tells it what happened. It owns the run, the stay,
 * the room and the microphone's opening; it decides nothing about phases. Invariants: one AbortController per stay,
 * aborted on leaving; one join at a time; a result of an older stay is closed, never entered; after a final state
 * nothing of the run is left, no timer, listener, room or track.
 */
import { nextRepairDelayMs } from '../reconnect/back-off.ts';
import { sleptMs, WAKE_LATE_MS } from '../reconnect/wake.ts';
import { Writable, type Readable } from '../readable.ts';
import { SessionError, isSessionError, type SessionErrorCode } from '../errors.ts';
import type {
  MicrophoneTrack,
  NetworkHint,
  RepairDelay,
  RoomConnection,
  RoomEvent,
  SessionPorts,
  SessionRecorder,
  Ticket,
} from '../ports.ts';
import { AgentPresence } from './agent-presence.ts';
import { settledWithin, untilAborted } from './bounded.ts';
import { Conversation } from './conversation.ts';
import { joinRoom, probed, problemOf, requestTicket } from './join-attempt.ts';
import { dueMonoMs, INITIAL_LINK, next, wantsProbes } from './link-machine.ts';
import type { LinkCommand, LinkEvent, LinkHappening, LinkState } from './link-state.ts';
import { linkOf, transitionLine } from './link.ts';
import { RoomWatch } from './room-watch.ts';
import { checkedOptions, type CheckedOptions, type SessionOptions } from './session-options.ts';
import { WayBack } from './way-back.ts';
import { isSilent, looked, type MicrophoneSilence } from './mic-silence.ts';
import type {
  AgentHandover,
  AgentState,
  Levels,
  Link,
  LinkPhase,
  MicrophoneState,
  NetworkQuality,
  StartOptions,
  TranscriptEntry,
  VoiceSession,
} from './types.ts';

const PROBE_EVERY_MS = 1000;
const LEVEL_EVERY_MS = 50;
const WAKE_CHECK_MS = 1000;
const CLOSE_LIMIT_MS = 2000;
/** How long a join that was aborted may take to let go before the next one starts, ms. */
const LETTING_GO_MS = 1000;
/** Events of a room that nobody has entered yet; more than that is an attack. */
const MAX_EARLY_EVENTS = 1000;
const SILENCE: Levels = { user: 0, agent: 0 };
const RESTING: readonly LinkPhase[] = ['idle', 'failed', 'ended'];

/**
 * Makes a session. Its owner calls `dispose()`.
 * Throws RangeError or TypeError that names a wrong option, its value and what is allowed.
 */
export function createVoiceSession(ports: SessionPorts, options: SessionOptions = {}): VoiceSession {
  return new SessionDriver(ports, checkedOptions(options));
}

/** The room that stands, and what belongs to it. */
interface StandingRoom {
  readonly generation: number;
  readonly connection: RoomConnection;
  readonly watch: RoomWatch;
  readonly ending: AbortController;
}

class SessionDriver implements VoiceSession {
  readonly #ports: SessionPorts;
  readonly #options: CheckedOptions;
  readonly #link: Writable<Link>;
  readonly #microphone: Writable<MicrophoneState>;
  readonly #levels: Writable<Levels>;
  readonly #audioBlocked: Writable<boolean>;
  readonly #quality: Writable<NetworkQuality>;
  readonly #handover: Writable<AgentHandover | undefined>;
  readonly #agent: AgentPresence;
  readonly #conversation: Conversation;
  readonly #wayBack: WayBack;
  /** What an earlier page left to show. */
  #restored: readonly TranscriptEntry[];

  #state: LinkState = INITIAL_LINK;
  readonly #queue: LinkHappening[] = [];
  #isDraining = false;
  #isDisposed = false;
  /** From a start to its final state. */
  #run = aborted();
  #hasRun = false;
  #stay = aborted();
  #timer = aborted();
  #timerDueMonoMs: number | undefined;
  #hints = aborted();
  #levelLoop = aborted();
  #lastTickMonoMs = 0;

  #room: StandingRoom | undefined;
  #track: MicrophoneTrack | undefined;
  #isMuted = false;
  /** The room port's latest join, until it has let go; an aborted one may take its time. */
  #joining: Promise<unknown> | undefined;
  readonly #closing = new Set<Promise<void>>();
  #ticketAhead: Promise<Ticket> | undefined;
  /** The newest ticket's addresses, for probes. */
  #serverUrls: readonly string[] = [];
  #takeOver = false;
  #agentAnswers = false;
  /** The agent whose context has been told. */
  #contextOf: string | undefined;
  #micSilence: MicrophoneSilence;
  #recorder: SessionRecorder | undefined;
  #startedMonoMs = 0;

  constructor(ports: SessionPorts, options: CheckedOptions) {
    this.#ports = ports;
    this.#options = options;
    const onWatcherError = (error: unknown): void => this.#defect('watcherThrew', error);
    this.#link = new Writable<Link>(linkOf(INITIAL_LINK, options.policy), onWatcherError);
    this.#microphone = new Writable<MicrophoneState>({ status: 'off' }, onWatcherError);
    this.#levels = new Writable<Levels>(SILENCE, onWatcherError);
    this.#audioBlocked = new Writable<boolean>(false, onWatcherError);
    this.#quality = new Writable<NetworkQuality>('good', onWatcherError);
    this.#handover = new Writable<AgentHandover | undefined>(undefined, onWatcherError);
    const { agentCalls } = ports;
    this.#agent = new AgentPresence(
      ports.clock,
      agentCalls && ((signal) => agentCalls.request(this.#wayBack.request, signal)),
      onWatcherError,
    );
    this.#agent.standing.watch(() => this.#agentStands());
    this.#conversation = new Conversation(
      ports.clock,
      ports.random,
      options.maxTranscriptLines,
      onWatcherError,
    );
    this.#wayBack = new WayBack(ports);
    this.#restored = this.#wayBack.restore();
    this.#conversation.lines.set(this.#restored);
  }

  get link(): Readable<Link> {
    return this.#link;
  }
  get agentState(): Readable<AgentState> {
    return this.#agent.state;
  }
  get transcript(): Readable<readonly TranscriptEntry[]> {
    return this.#conversation.lines;
  }
  get microphone(): Readable<MicrophoneState> {
    return this.#microphone;
  }
  get levels(): Readable<Levels> {
    return this.#levels;
  }
  get audioBlocked(): Readable<boolean> {
    return this.#audioBlocked;
  }

  get quality(): Readable<NetworkQuality> {
    return this.#quality;
  }
  get handover(): Readable<AgentHandover | undefined> {
    return this.#handover;
  }

  monoMs(): number {
    return this.#ports.clock.monoMs();
  }

  async start(options: StartOptions = {}): Promise<void> {
    if (this.#isDisposed) return;
    if (RESTING.includes(this.#link.value.phase)) {
      this.#takeOver = options.takeOver ?? false;
      this.#dispatch({ type: 'start' });
    }
    const isSettled = (link: Link): boolean => !['requestingMic', 'connecting'].includes(link.phase);
    if (isSettled(this.#link.value)) return;
    await new Promise<void>((resolve) => {
      const end = this.#link.watch((link) => {
        if (!isSettled(link)) return;
        end();
        resolve();
      });
    });
  }

  async stop(): Promise<void> {
    this.#dispatch({ type: 'stop' });
    await settledWithin(this.#ports.clock, CLOSE_LIMIT_MS, Promise.all([...this.#closing]));
  }

  setMuted(muted: boolean): Promise<void> {
    if (this.#isDisposed || muted === this.#isMuted) return Promise.resolve();
    this.#isMuted = muted;
    this.#ports.microphone.setMuted(muted);
    if (this.#microphone.value.status === 'live') this.#microphone.set({ status: 'live', muted });
    this.#recorder?.event({ kind: 'mute', atMs: this.#atMs(), muted });
    return Promise.resolve();
  }

  sendText(text: string): Promise<void> {
    this.#conversation.write(text, !this.#isDisposed && !RESTING.includes(this.#link.value.phase));
    return this.#flush();
  }

  retryNow(): void {
    this.#dispatch({ type: 'retryNow' });
  }

  async playAudio(): Promise<void> {
    await this.#room?.connection.playAudio();
  }

  async dispose(): Promise<void> {
    if (!this.#isDisposed) {
      this.#dispatch({ type: 'stop' });
      this.#isDisposed = true;
      this.#hints.abort();
      this.#wayBack.release();
    }
    await settledWithin(this.#ports.clock, CLOSE_LIMIT_MS, Promise.all([...this.#closing]));
  }

  // ---- the machine ----

  #dispatch(happening: LinkHappening): void {
    if (this.#isDisposed) return;
    this.#queue.push(happening);
    // Commands may tell at once; the event that caused them is finished first.
    if (this.#isDraining) return;
    this.#isDraining = true;
    try {
      for (let event = this.#queue.shift(); event !== undefined; event = this.#queue.shift())
        this.#step(event);
    } finally {
      this.#isDraining = false;
    }
    this.#agentStands();
  }

  /** The agent came or went while the machine stayed where it is: what is shown may be another phase. */
  #agentStands(): void {
    if (this.#isDraining || this.#isDisposed) return;
    const link = linkOf(this.#state, this.#options.policy, this.#agent.standing.value);
    if (isSameLink(link, this.#link.value)) return;
    this.#record(this.#state, link, this.monoMs());
    this.#link.set(link);
  }

  #step(happening: LinkHappening): void {
    const { clock, random } = this.#ports;
    const event: LinkEvent = { ...happening, atMonoMs: clock.monoMs(), chance: random() };
    const before = this.#state;
    const { state, commands } = next(before, event, this.#options.policy);
    if (state === before) return;
    this.#state = state;
    if (happening.type === 'start') this.#startedMonoMs = event.atMonoMs;
    const isNewStay = state.stay !== before.stay;
    if (isNewStay) {
      this.#stay.abort();
      this.#stay = new AbortController();
    }
    // The recording that a transition begins or ends must be there to hold it.
    for (const command of commands) if (command.type === 'beginSession') this.#perform(command);
    if (isProven(state)) this.#agent.expect();
    const link = linkOf(state, this.#options.policy, this.#agent.standing.value);
    const isTransition = isNewStay || !isSameLink(link, this.#link.value);
    if (isTransition) this.#record(state, link, event.atMonoMs);
    for (const command of commands) if (command.type !== 'beginSession') this.#perform(command);
    if (isTransition) this.#link.set(link);
    this.#armTimer();
    if (isNewStay) this.#entered(state, before);
  }

  #record(state: LinkState, link: Link, atMonoMs: number): void {
    const line = transitionLine(state, link, atMonoMs);
    this.#ports.log.info(line.event, line.text, { phase: link.phase, ...line.facts });
    this.#recorder?.event({ kind: 'phase', atMs: this.#atMs(), phase: link.phase, facts: line.facts });
  }

  #perform(command: LinkCommand): void {
    switch (command.type) {
      case 'beginSession':
        return this.#beginSession(command.returning);
      case 'openMicrophone':
        return this.#background(this.#openMicrophone(this.#stay.signal));
      case 'join':
        return this.#background(this.#join(command, this.#stay.signal));
      case 'repairNow':
        return this.#room?.connection.repairNow?.();
      case 'closeRoom':
        return this.#closeRoom(command.bye);
      case 'endSession':
        return this.#endSession();
    }
  }

  /** What runs as long as a stay does. */
  #entered(state: LinkState, before: LinkState): void {
    const { policy } = this.#options;
    const stay = this.#stay.signal;
    const isUp = isProven(state);
    const wasInOutage = before.name.startsWith('reconnecting');
    if (state.name === 'connected') this.#background(this.#flush());
    if (isUp && this.#levelLoop.signal.aborted) this.#background(this.#runLevels());
    if (!isUp) this.#levelLoop.abort();
    if (isUp) this.#room?.watch.seekProof(false);
    else if (state.name === 'reconnecting.sdk' && !wasInOutage) this.#room?.watch.seekProof(true);
    if (wantsProbes(state, policy)) this.#background(this.#runProbes(stay));
    if (state.name.startsWith('reconnecting') && !wasInOutage && this.#ports.network.isOffline())
      this.#dispatch({ type: 'hint', hint: 'offline' });
  }

  #armTimer(): void {
    const dueMs = dueMonoMs(this.#state, this.#options.policy);
    if (dueMs === this.#timerDueMonoMs) return;
    this.#timer.abort();
    this.#timerDueMonoMs = dueMs;
    if (dueMs === undefined || dueMs === Infinity) return;
    const timer = new AbortController();
    this.#timer = timer;
    const wait = async (): Promise<void> => {
      await this.#ports.clock.sleep(Math.max(0, dueMs - this.monoMs()), timer.signal);
      if (timer.signal.aborted) return;
      this.#timerDueMonoMs = undefined;
      this.#dispatch({ type: 'timeUp' });
      // A clock that fired early leaves the state waiting: arm again.
      this.#armTimer();
    };
    this.#background(wait());
  }

  // ---- a run ----

  #beginSession(returning: boolean): void {
    const { clock, recorder, network, microphone } = this.#ports;
    this.#run = new AbortController();
    if (!returning && this.#hasRun) {
      // A reload brings its context along; after a wanted end there is none.
      this.#wayBack.forget();
      this.#agentAnswers = false;
      this.#conversation.lines.set([]);
    }
    this.#hasRun = true;
    this.#recorder = recorder.begin(clock.wallMs());
    this.#startedMonoMs = clock.monoMs();
    microphone.onEnded = (code) => this.#microphoneEnded(code);
    if (this.#hints.signal.aborted) {
      this.#hints = new AbortController();
      network.watch((hint) => this.#hinted(hint), this.#hints.signal);
    }
    this.#background(this.#watchSleep(this.#run.signal));
  }

  #endSession(): void {
    const { clock, microphone } = this.#ports;
    const state = this.#state;
    this.#run.abort();
    this.#timer.abort();
    this.#timerDueMonoMs = undefined;
    this.#ticketAhead = undefined;
    this.#levelLoop.abort();
    this.#levels.set(SILENCE);
    this.#agent.reset();
    this.#conversation.giveUp();
    microphone.onEnded = undefined;
    microphone.close();
    this.#track = undefined;
    this.#wayBack.unlock();
    this.#audioBlocked.set(false);
    this.#handover.set(undefined);
    this.#contextOf = undefined;
    const isMicProblem = state.name === 'failed' && state.problem.code.startsWith('mic');
    this.#microphone.set(isMicProblem ? { status: 'failed', code: state.problem.code } : { status: 'off' });
    if (state.name === 'ended') {
      if (state.reason === 'stopped') this.#ports.farewell?.bye(this.#wayBack.request);
      // "Use here" goes on with it; nothing else does.
      if (state.reason === 'duplicateIdentity') this.#wayBack.forgetSaved();
      else this.#wayBack.forget();
      this.#recorder?.end(clock.wallMs(), { phase: 'ended', reason: state.reason });
    } else if (state.name === 'failed') {
      this.#wayBack.save(this.#conversation.lines.value);
      this.#recorder?.event({ kind: 'error', atMs: this.#atMs(), code: state.problem.code });
      this.#recorder?.end(clock.wallMs(), { phase: 'failed', reason: state.problem.code });
    }
    this.#recorder = undefined;
    // Hints are of use only to a session that may come back by itself.
    if (state.name !== 'failed' || state.lost === undefined) this.#hints.abort();
  }

  #hinted(hint: NetworkHint): void {
    this.#recorder?.event({ kind: 'network', atMs: this.#atMs(), hint });
    this.#dispatch({ type: 'hint', hint });
  }

  async #watchSleep(run: AbortSignal): Promise<void> {
    const { clock } = this.#ports;
    for (;;) {
      const monoMs = clock.monoMs();
      const wallMs = clock.wallMs();
      this.#lastTickMonoMs = monoMs;
      await clock.sleep(WAKE_CHECK_MS, run);
      const slept = sleptMs(WAKE_CHECK_MS, clock.monoMs() - monoMs, clock.wallMs() - wallMs);
      if (slept !== undefined) this.#dispatch({ type: 'woke' });
    }
  }

  // ---- microphone ----

  async #openMicrophone(stay: AbortSignal): Promise<void> {
    const { microphone } = this.#ports;
    const run = this.#run;
    this.#microphone.set({ status: 'requesting' });
    this.#background(this.#askTicketAhead(stay));
    try {
      microphone.setMuted(this.#isMuted);
      const track = await untilAborted(microphone.open(stay), stay, () => {
        // Given too late. A new run may be using the same microphone by now.
        if (this.#run === run || this.#run.signal.aborted) microphone.close();
      });
      if (stay.aborted) return;
      this.#track = track;
      this.#microphone.set({ status: 'live', muted: this.#isMuted });
      this.#dispatch({ type: 'micOpened' });
    } catch (error) {
      if (stay.aborted) return;
      const problem = problemOf(error);
      this.#dispatch({
        type: 'micFailed',
        problem: problem.code === 'internal' ? { ...problem, code: 'micFailed' } : problem,
      });
    }
  }

  /** With the permission given already, the ticket comes while the microphone opens. */
  async #askTicketAhead(stay: AbortSignal): Promise<void> {
    const permission = await untilAborted(this.#ports.microphone.permission(), stay);
    if (permission !== 'granted' || stay.aborted) return;
    const ticket = requestTicket(this.#ports, this.#wayBack.request, this.#run.signal);
    ticket.catch(() => {}); // the join that takes it looks at it
    this.#ticketAhead = ticket;
  }

  #microphoneEnded(code: SessionErrorCode): void {
    if (RESTING.includes(this.#link.value.phase)) return;
    // The call goes on listening; a track that ended is not published again.
    this.#track = undefined;
    this.#microphone.set({ status: 'failed', code });
    this.#ports.log.warn('microphoneEnded', `the microphone ended: ${code}`);
    this.#recorder?.event({ kind: 'error', atMs: this.#atMs(), code });
  }

  // ---- rooms ----

  async #join(command: LinkCommand & { type: 'join' }, stay: AbortSignal): Promise<void> {
    const { generation } = command;
    const early: RoomEvent[] = [];
    let isEntered = false;
    // Single flight: the attempt before this one has let go, or had its time to.
    if (this.#joining !== undefined) await settledWithin(this.#ports.clock, LETTING_GO_MS, this.#joining);
    if (stay.aborted) return;
    const ticketAhead = this.#ticketAhead;
    this.#ticketAhead = undefined;
    try {
      const connection = await joinRoom(
        this.#ports,
        {
          probeUrl: command.probeFirst ? this.#probeUrl(command.urlIndex) : undefined,
          ticketAhead,
          ticketRequest: this.#wayBack.request,
          urlIndex: command.urlIndex,
          microphone: this.#track,
          muted: () => this.#isMuted,
          repairDelayMs: this.#repairDelay(generation),
          onEvent: (event) => {
            if (isEntered) this.#roomTold(generation, event);
            else if (early.length < MAX_EARLY_EVENTS) early.push(event);
          },
          onSessionGone: () => this.#sessionGone(),
          onTicket: (ticket) => this.#ticketCame(ticket, stay),
          onJoining: (joining) => this.#joinBegan(joining),
        },
        stay,
      );
      if (stay.aborted) return this.#trackClosing(connection.close());
      this.#enterRoom(generation, connection);
      this.#dispatch({ type: 'joined', generation, roomSid: connection.roomSid });
      isEntered = true;
      for (const event of early) this.#roomTold(generation, event);
    } catch (error) {
      if (stay.aborted) return;
      const problem = problemOf(error);
      if (problem.code === 'internal') this.#defect('joinThrew', error);
      this.#recorder?.event({ kind: 'error', atMs: this.#atMs(), code: problem.code });
      // A way back that the endpoint does not know (any more) must not be in the way of a new start.
      if (problem.code === 'tokenRejected' && this.#state.name.startsWith('connecting'))
        this.#wayBack.forget();
      this.#dispatch({ type: 'joinFailed', generation, problem });
    }
  }

  #joinBegan(joining: Promise<unknown>): void {
    this.#joining = joining;
    const settled = (): void => {
      if (this.#joining === joining) this.#joining = undefined;
    };
    joining.then(settled, settled);
  }

  /** The next ticket is of a new session, whose agent knows nothing of what an earlier page left. */
  #sessionGone(): void {
    this.#wayBack.unlock();
    this.#wayBack.forget();
    this.#agentAnswers = false;
    const gone = this.#restored;
    this.#restored = [];
    const { lines } = this.#conversation;
    const state = this.#state;
    const isFirstJoin = state.name === 'connecting.joining' && state.lost === undefined;
    if (isFirstJoin && gone.length > 0) lines.set(lines.value.filter((line) => !gone.includes(line)));
  }

  async #ticketCame(ticket: Ticket, stay: AbortSignal): Promise<void> {
    this.#serverUrls = ticket.serverUrls;
    this.#wayBack.learn(ticket);
    this.#wayBack.save(this.#conversation.lines.value);
    const isOurs = await this.#wayBack.lock(
      this.#takeOver,
      () => this.#dispatch({ type: 'takenOver' }),
      stay,
    );
    if (isOurs) return;
    this.#dispatch({ type: 'takenOver' });
    throw new SessionError('duplicateIdentity', 'another tab has this session');
  }

  #enterRoom(generation: number, connection: RoomConnection): void {
    const ending = new AbortController();
    const watch = new RoomWatch(
      this.#ports.clock,
      connection,
      {
        onFinding: (finding) => this.#dispatch({ type: 'media', generation, finding }),
        onAgentSilent: (isHung) => this.#agent.silent(isHung),
        onQuality: (quality) => this.#quality.set(quality),
        onDefect: (error) => this.#defect('roomWatchThrew', error),
      },
      { seeking: this.#state.name === 'reconnecting.joining', agentAnswers: this.#agentAnswers },
      ending.signal,
    );
    this.#room = { generation, connection, watch, ending };
  }

  #closeRoom(bye: boolean): void {
    const room = this.#room;
    this.#agent.pause();
    if (room === undefined) return;
    this.#room = undefined;
    this.#quality.set('good');
    this.#agentAnswers ||= room.watch.agentAnswers;
    room.ending.abort();
    const close = async (): Promise<void> => {
      // Leave is sent after the bye, and within the limit whether or not the bye got through.
      if (bye) await settledWithin(this.#ports.clock, CLOSE_LIMIT_MS / 2, room.connection.sayBye());
      await room.connection.close();
    };
    this.#trackClosing(close());
  }

  #trackClosing(closing: Promise<void>): void {
    const bounded = settledWithin(this.#ports.clock, CLOSE_LIMIT_MS, closing).finally(() =>
      this.#closing.delete(bounded),
    );
    this.#closing.add(bounded);
  }

  #roomTold(generation: number, event: RoomEvent): void {
    if (this.#room?.generation !== generation) return;
    switch (event.type) {
      case 'repairing':
        return this.#dispatch({ type: 'repairing', generation, scope: event.scope });
      case 'repaired':
        return this.#dispatch({ type: 'repaired', generation });
      case 'disconnected':
        return this.#dispatch({ type: 'roomDisconnected', generation, reason: event.reason });
      case 'agentEnded':
        return this.#dispatch({ type: 'agentEnded', generation });
      case 'agentState':
        if (event.state === 'absent') this.#room.watch.agentLeft();
        this.#agent.told(event.state);
        this.#recorder?.event({ kind: 'agentState', atMs: this.#atMs(), state: event.state });
        return;
      case 'agentContext':
        return this.#handedOver(event);
      case 'transcription':
      case 'chat':
        this.#conversation.told(event);
        if (!event.final) return;
        this.#wayBack.save(this.#conversation.lines.value);
        if (event.type === 'transcription')
          this.#recorder?.event({
            kind: 'segment',
            atMs: this.#atMs(),
            segmentId: event.segmentId,
            from: event.from,
          });
        return;
      case 'audioBlocked':
        return this.#audioBlocked.set(event.blocked);
    }
  }

  #handedOver({ origin, agentId }: RoomEvent & { type: 'agentContext' }): void {
    if (agentId === this.#contextOf) return;
    this.#contextOf = agentId;
    // Who comes into a call whose agent was replaced earlier has nothing to be told.
    if (origin === 'handedOver' && !this.#agent.wasHere) return;
    this.#handover.set({ origin, atMonoMs: this.monoMs() });
    this.#ports.log.info('agentHandover', `another agent knows the conversation: ${origin}`, { origin });
  }

  #repairDelay(generation: number): RepairDelay {
    return (retryCount, elapsedMs, facts) => {
      const state = this.#state;
      if (this.#room?.generation !== generation) return null;
      const nowMs = this.monoMs();
      const woke = nowMs - this.#lastTickMonoMs > WAKE_CHECK_MS + WAKE_LATE_MS;
      const outageMs = 'outage' in state ? nowMs - state.outage.sinceMonoMs : undefined;
      return nextRepairDelayMs(
        retryCount,
        elapsedMs,
        {
          ...facts,
          woke,
          onlyMedia: state.name === 'reconnecting.sdk' && state.probes === 'answered',
          ...(outageMs !== undefined && { outageMs }),
        },
        this.#options.policy,
      );
    };
  }

  #probeUrl(urlIndex: number): string | undefined {
    return this.#serverUrls[urlIndex % Math.max(1, this.#serverUrls.length)];
  }

  /** Asks once a second, without waiting for the answer before: a request that hangs in a dead path says nothing. */
  async #runProbes(stay: AbortSignal): Promise<void> {
    for (;;) {
      const url = 'outage' in this.#state ? this.#probeUrl(this.#state.outage.urlIndex) : undefined;
      if (url !== undefined) this.#background(this.#probeOnce(url, stay));
      await this.#ports.clock.sleep(PROBE_EVERY_MS, stay);
    }
  }

  async #probeOnce(url: string, stay: AbortSignal): Promise<void> {
    const answered = await probed(this.#ports, url, stay);
    if (!stay.aborted) this.#dispatch({ type: 'probed', answered });
  }

  // ---- text, levels, context ----

  #flush(): Promise<void> {
    const room = this.#room;
    if (room === undefined) return Promise.resolve();
    const isUp = (): boolean => this.#room === room && isProven(this.#state);
    return this.#conversation.flush(room.connection, room.ending.signal, isUp);
  }

  async #runLevels(): Promise<void> {
    const loop = new AbortController();
    this.#levelLoop = loop;
    while (!loop.signal.aborted) {
      const user = this.#ports.microphone.level();
      const agent = this.#room?.connection.agentLevel() ?? 0;
      const before = this.#levels.value;
      if (user !== before.user || agent !== before.agent) this.#levels.set({ user, agent });
      this.#listenForSilence();
      await this.#ports.clock.sleep(LEVEL_EVERY_MS, loop.signal).catch(() => {}); // the loop looks at the signal
    }
    this.#levels.set(SILENCE);
    this.#micSilence = undefined;
  }

  #listenForSilence(): void {
    const state = this.#microphone.value;
    if (state.status !== 'live') return;
    const atMonoMs = this.monoMs();
    this.#micSilence = looked(this.#micSilence, this.#ports.microphone.reading(), atMonoMs);
    const silent = isSilent(this.#micSilence, atMonoMs);
    if (silent === (state.silent === true)) return;
    this.#microphone.set({ status: 'live', muted: state.muted, ...(silent && { silent }) });
    this.#ports.log.info('microphoneSilent', silent ? 'the microphone gives nothing' : 'it gives something');
  }

  // ---- small things ----

  #atMs(): number {
    return this.monoMs() - this.#startedMonoMs;
  }

  /** Work that nobody awaits. It ends with its signal; anything else that it throws is a defect of ours. */
  #background(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      if (!isAbort(error)) this.#defect('backgroundThrew', error);
    });
  }

  #defect(event: string, error: unknown): void {
    const detail = isSessionError(error) ? error.code : error instanceof Error ? error.name : typeof error;
    this.#ports.log.warn(event, `a defect: ${detail}`);
  }
}

function aborted(): AbortController {
  const controller = new AbortController();
  controller.abort();
  return controller;
}

/** An abort without a reason of its own; all of ours are. */
function isAbort(error: unknown): boolean {
  return typeof error === 'object' && error !== null && (error as { name?: unknown }).name === 'AbortError';
}

function isProven(state: LinkState): boolean {
  return state.name === 'connected' || state.name === 'unstable';
}

function isSameLink(one: Link, other: Link): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
