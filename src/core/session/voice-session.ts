/**
 * A voice session, put together: the machine's runner, the rooms, the microphone, the agent, the conversation and the
 * way back. It says what the machine's commands and a room's events mean to each part; it owns none of their work and
 * decides nothing about phases. Invariant: after a final state no timer, listener, room or track is left.
 */
import type { Readable } from '../readable.ts';
import { SessionError } from '../errors.ts';
import type { RoomEvent, SessionPorts, Ticket } from '../ports.ts';
import { guardedLog } from './guarded-log.ts';
import { problemOf } from './join-attempt.ts';
import { LevelLoop } from './level-loop.ts';
import { wantsProbes } from './link-machine.ts';
import type { LinkCommand, LinkState } from './link-state.ts';
import type { TransitionLine } from './link.ts';
import { isProven, MachineRunner } from './machine-runner.ts';
import { RoomKeeper } from './room-keeper.ts';
import { RunLife } from './run-life.ts';
import { checkedOptions, type CheckedOptions, type SessionOptions } from './session-options.ts';
import { makeParts, type SessionParts } from './session-parts.ts';
import type {
  AgentHandover,
  AgentState,
  Keeping,
  Levels,
  Link,
  LinkPhase,
  MicrophoneState,
  NetworkQuality,
  StartOptions,
  TranscriptEntry,
  VoiceSession,
} from './types.ts';

/**
 * Makes a session. Its owner calls `dispose()`.
 * Throws RangeError or TypeError that names a wrong option, its value and what is allowed.
 */
export function createVoiceSession(ports: SessionPorts, options: SessionOptions = {}): VoiceSession {
  return new SessionDriver({ ...ports, log: guardedLog(ports.log) }, checkedOptions(options));
}

class SessionDriver implements VoiceSession {
  readonly link: Readable<Link>;
  readonly agentState: Readable<AgentState>;
  readonly transcript: Readable<readonly TranscriptEntry[]>;
  readonly microphone: Readable<MicrophoneState>;
  readonly levels: Readable<Levels>;
  readonly audioBlocked: Readable<boolean>;
  readonly quality: Readable<NetworkQuality>;
  readonly handover: Readable<AgentHandover | undefined>;
  readonly keeping?: Keeping;
  readonly #ports: SessionPorts;
  readonly #options: CheckedOptions;
  readonly #parts: SessionParts;
  readonly #runner: MachineRunner;
  readonly #rooms: RoomKeeper;
  readonly #levels: LevelLoop;
  readonly #run: RunLife;
  #isDisposed = false;
  #takeOver = false;

  constructor(ports: SessionPorts, options: CheckedOptions) {
    this.#ports = ports;
    this.#options = options;
    const parts = (this.#parts = makeParts(ports, options));
    this.#run = new RunLife(ports, parts, (happening) => {
      if (happening.type === 'hint' && happening.hint !== 'offline') this.#rooms.probeAnew();
      this.#runner.dispatch(happening);
    });
    this.#levels = new LevelLoop(ports.clock, () => this.#readLevels(), parts.onWatcherError);
    this.#runner = new MachineRunner(
      { ...parts, clock: ports.clock, random: ports.random, policy: options.policy },
      {
        perform: (command, stay) => this.#perform(command, stay),
        record: (line, phase) => this.#record(line, phase),
        entered: (state, before, stay) => this.#entered(state, before, stay),
      },
    );
    this.#rooms = new RoomKeeper(
      {
        ...parts,
        ports,
        policy: options.policy,
        state: () => this.#runner.state,
        hasSlept: () => parts.sleep.hasSlept(),
      },
      {
        watch: (generation) => ({
          onFinding: (finding) => this.#runner.dispatch({ type: 'media', generation, finding }),
          onAgentSilent: (sinceMonoMs) => parts.agent.silent(sinceMonoMs),
          onQuality: (quality) => parts.notes.quality.set(quality),
        }),
        onJoined: (generation, roomSid) => this.#runner.dispatch({ type: 'joined', generation, roomSid }),
        onJoinFailed: (generation, error) => this.#joinFailed(generation, error),
        onEvent: (generation, event) => this.#roomTold(generation, event),
        onSessionGone: () => this.#sessionGone(),
        onTicket: (ticket, stay) => this.#ticketCame(ticket, stay),
      },
    );
    this.link = this.#runner.link;
    this.agentState = parts.agent.state;
    this.transcript = parts.conversation.lines;
    this.microphone = parts.microphone.state;
    this.levels = this.#levels.levels;
    this.audioBlocked = parts.notes.audioBlocked;
    this.quality = parts.notes.quality;
    this.handover = parts.notes.handover;
    if (ports.keeping !== undefined) this.keeping = ports.keeping;
  }

  monoMs(): number {
    return this.#ports.clock.monoMs();
  }

  async start(options: StartOptions = {}): Promise<void> {
    if (this.#isDisposed) return;
    if (this.#runner.isAtRest) {
      this.#takeOver = options.takeOver ?? false;
      this.#runner.dispatch({ type: 'start' });
    }
    await this.#runner.settled();
  }

  async stop(): Promise<void> {
    this.#runner.dispatch({ type: 'stop' });
    await this.#rooms.closed();
  }

  setMuted(muted: boolean): Promise<void> {
    if (!this.#isDisposed && this.#parts.microphone.setMuted(muted))
      this.#parts.recording.event({ kind: 'mute', muted });
    return Promise.resolve();
  }

  sendText(text: string): Promise<void> {
    this.#parts.conversation.write(text, !this.#isDisposed && !this.#runner.isAtRest);
    return this.#flush();
  }

  retryNow(): void {
    this.#rooms.probeAnew();
    this.#runner.dispatch({ type: 'retryNow' });
  }

  async playAudio(): Promise<void> {
    await this.#rooms.room?.connection.playAudio();
  }

  async dispose(): Promise<void> {
    if (!this.#isDisposed) {
      this.#runner.dispatch({ type: 'stop' });
      this.#isDisposed = true;
      this.#runner.dispose();
      this.#run.dispose();
    }
    await this.#rooms.closed();
  }

  // ---- what the machine wants ----

  #perform(command: LinkCommand, stay: AbortSignal): void {
    switch (command.type) {
      case 'beginSession':
        if (this.#run.begin(command.returning)) this.#rooms.forgetAgent();
        return;
      case 'openMicrophone':
        return this.#parts.background.run(this.#openMicrophone(stay));
      case 'join': {
        const means = {
          microphone: this.#parts.microphone.track,
          muted: () => this.#parts.microphone.isMuted,
        };
        return this.#parts.background.run(this.#rooms.join(command, means, stay));
      }
      case 'repairNow':
        return this.#rooms.room?.connection.repairNow?.();
      case 'closeRoom':
        this.#parts.agent.pause();
        this.#parts.notes.leftRoom();
        return this.#rooms.close(command.bye);
      case 'endSession':
        this.#rooms.dropTicket();
        this.#levels.end();
        this.#takeOver = false; // said of this run; one that comes back by itself takes nothing from anybody
        return this.#run.end(this.#runner.state);
    }
  }

  #record(line: TransitionLine, phase: LinkPhase): void {
    this.#ports.log.info(line.event, line.text, { phase, ...line.facts });
    this.#parts.recording.event({ kind: 'phase', phase, facts: line.facts });
  }

  /** What runs as long as a stay does. */
  #entered(state: LinkState, before: LinkState, stay: AbortSignal): void {
    const isUp = isProven(state);
    const wasInOutage = before.name.startsWith('reconnecting');
    if (state.name === 'connected') this.#parts.background.run(this.#flush());
    if (isUp && !this.#levels.isRunning) this.#parts.background.run(this.#levels.run());
    if (!isUp) {
      this.#levels.end();
      this.#parts.microphone.lookAway();
    }
    if (isUp) this.#rooms.seekProof(false);
    else if (state.name === 'reconnecting.sdk' && !wasInOutage) this.#rooms.seekProof(true);
    if (isUp || this.#runner.isAtRest) this.#rooms.endProbes();
    if (wantsProbes(state, this.#options.policy))
      this.#parts.background.run(
        this.#rooms.runProbes((answered) => this.#runner.dispatch({ type: 'probed', answered }), stay),
      );
    if (state.name.startsWith('reconnecting') && !wasInOutage && this.#ports.network.isOffline())
      this.#runner.dispatch({ type: 'hint', hint: 'offline' });
  }

  // ---- what happens ----

  async #openMicrophone(stay: AbortSignal): Promise<void> {
    this.#parts.background.run(this.#rooms.askTicketAhead(stay, this.#run.signal));
    try {
      await this.#parts.microphone.open(stay);
      this.#runner.dispatch({ type: 'micOpened' });
    } catch (error) {
      if (stay.aborted) return;
      const problem = problemOf(error);
      this.#runner.dispatch({
        type: 'micFailed',
        problem: problem.code === 'internal' ? { ...problem, code: 'micFailed' } : problem,
      });
    }
  }

  #joinFailed(generation: number, error: unknown): void {
    const problem = problemOf(error);
    if (problem.code === 'internal') this.#parts.background.defect('joinThrew', error);
    this.#parts.recording.event({ kind: 'error', code: problem.code });
    // A way back that the endpoint does not know (any more) must not be in the way of a new start.
    if (problem.code === 'tokenRejected' && this.#runner.state.name.startsWith('connecting'))
      this.#parts.wayBack.forget();
    this.#runner.dispatch({ type: 'joinFailed', generation, problem });
  }

  /** The next ticket is of a new session, whose agent knows nothing of what an earlier page left. */
  #sessionGone(): void {
    this.#parts.wayBack.unlock();
    this.#parts.wayBack.forget();
    this.#rooms.forgetAgent();
    const { state } = this.#runner;
    // Who is in the middle of a call has lines of his own among them.
    this.#parts.conversation.forgetRestored(state.name !== 'connecting.joining' || state.lost !== undefined);
  }

  async #ticketCame(ticket: Ticket, stay: AbortSignal): Promise<void> {
    this.#parts.wayBack.learn(ticket);
    this.#parts.wayBack.save(this.#parts.conversation.lines.value);
    const takenOver = (): void => this.#runner.dispatch({ type: 'takenOver' });
    if (await this.#parts.wayBack.lock(this.#takeOver, takenOver, stay)) return;
    takenOver();
    throw new SessionError('duplicateIdentity', 'another tab has this session');
  }

  #roomTold(generation: number, event: RoomEvent): void {
    switch (event.type) {
      case 'repairing':
        return this.#runner.dispatch({ type: 'repairing', generation, scope: event.scope });
      case 'repaired':
        return this.#runner.dispatch({ type: 'repaired', generation });
      case 'disconnected':
        return this.#runner.dispatch({ type: 'roomDisconnected', generation, reason: event.reason });
      case 'agentEnded':
        return this.#runner.dispatch({ type: 'agentEnded', generation });
      case 'agentState':
        this.#parts.agent.told(event.state);
        if (event.state === 'absent') this.#rooms.agentLeft();
        return this.#parts.recording.event({ kind: 'agentState', state: event.state });
      case 'agentContext':
        return this.#handedOver(event);
      case 'transcription':
      case 'chat':
        this.#parts.conversation.told(event);
        if (!event.final) return;
        this.#parts.wayBack.save(this.#parts.conversation.lines.value);
        if (event.type === 'transcription')
          this.#parts.recording.event({ kind: 'segment', segmentId: event.segmentId, from: event.from });
        return;
      case 'audioBlocked':
        return this.#parts.notes.audioBlocked.set(event.blocked);
    }
  }

  #handedOver(event: RoomEvent & { type: 'agentContext' }): void {
    const { notes, agent } = this.#parts;
    if (!notes.handedOver(event, agent.wasHere, this.monoMs())) return;
    this.#ports.log.info('agentHandover', `another agent knows the conversation: ${event.origin}`);
  }

  #flush(): Promise<void> {
    const { room } = this.#rooms;
    if (room === undefined) return Promise.resolve();
    const isUp = (): boolean => !room.ended.aborted && isProven(this.#runner.state);
    return this.#parts.conversation.flush(room.connection, room.ended, isUp);
  }

  #readLevels(): Levels {
    if (this.#parts.microphone.look(this.monoMs()))
      this.#ports.log.info('microphoneSilence', 'the microphone gives nothing, or something again');
    const agent = this.#rooms.room?.connection.agentLevel() ?? 0;
    return { user: this.#ports.microphone.level(), agent };
  }
}
