/**
 * Gets a session into rooms and out of them: one join at a time, the room that stands with its watch, and its close. It
 * owns both; it decides neither when to join nor what an event means. Invariants: a room that comes too late is closed,
 * never entered; what an older room still tells reaches nobody; every close is bounded and waited for, also by the next
 * join.
 */
import { nextRepairDelayMs } from '../reconnect/back-off.ts';
import type { ReconnectPolicy } from '../reconnect/policy.ts';
import type {
  MicrophoneTrack,
  RepairDelay,
  RoomConnection,
  RoomEvent,
  SessionPorts,
  Ticket,
} from '../ports.ts';
import type { Background } from './background.ts';
import { settledWithin, untilAborted } from './bounded.ts';
import { joinRoom, requestTicket } from './join-attempt.ts';
import type { LinkCommand, LinkState } from './link-state.ts';
import { PathProbes } from './path-probes.ts';
import { RoomWatch, type RoomWatchListener } from './room-watch.ts';
import type { WayBack } from './way-back.ts';

/** How long a stop waits for what closes, ms. */
const CLOSE_LIMIT_MS = 2000;
const BYE_LIMIT_MS = 1000;
/**
 * How long the next join waits for a join that was aborted, and for a room that is left, ms: the room port's own limit of
 * 2 s and a little, as until then the server may take either of them for us.
 */
const LETTING_GO_MS = 2500;
/** Events of a room that nobody has entered yet; more than that is an attack. */
const MAX_EARLY_EVENTS = 1000;

/** What the keeper needs. */
export interface RoomKeeperContext {
  readonly ports: SessionPorts;
  readonly policy: ReconnectPolicy;
  readonly wayBack: WayBack;
  readonly background: Background;
  /** The machine's state now. */
  readonly state: () => LinkState;
  /** The machine's own watch found that the page slept. */
  readonly hasSlept: () => boolean;
}

/** What it tells; nothing of a room that does not stand any more. */
export interface RoomKeeperHooks {
  readonly watch: (generation: number) => Omit<RoomWatchListener, 'onDefect'>;
  /** Joined, and entered: what the room tells comes after this. */
  onJoined(generation: number, roomSid: string): void;
  onJoinFailed(generation: number, error: unknown): void;
  onEvent(generation: number, event: RoomEvent): void;
  /** The endpoint knows the session no more: the next ticket is of a new one. */
  onSessionGone(): void;
  /** Before the join; what it throws ends the attempt. */
  onTicket(ticket: Ticket, stay: AbortSignal): Promise<void>;
}

/** How to join. */
export interface JoinMeans {
  readonly microphone: MicrophoneTrack | undefined;
  readonly muted: () => boolean;
}

/** The room that stands, and what belongs to it. */
interface StandingRoom {
  readonly generation: number;
  readonly connection: RoomConnection;
  readonly watch: RoomWatch;
  readonly ending: AbortController;
}

/** One session's rooms. */
export class RoomKeeper {
  readonly #context: RoomKeeperContext;
  readonly #hooks: RoomKeeperHooks;
  #room: StandingRoom | undefined;
  /** The room port's latest join, until it has let go; an aborted one may take its time. */
  #joining: Promise<unknown> | undefined;
  readonly #closing = new Set<Promise<void>>();
  readonly #probes: PathProbes;
  #ticketAhead: Promise<Ticket> | undefined;
  /** The newest ticket's addresses, for probes. */
  #serverUrls: readonly string[] = [];
  #agentAnswers = false;

  constructor(context: RoomKeeperContext, hooks: RoomKeeperHooks) {
    this.#context = context;
    this.#hooks = hooks;
    this.#probes = new PathProbes(context.ports, context.background);
  }

  /** The room that stands, and the signal that ends with it. */
  get room(): { readonly connection: RoomConnection; readonly ended: AbortSignal } | undefined {
    return this.#room && { connection: this.#room.connection, ended: this.#room.ending.signal };
  }

  /** A new session: no agent of it has answered yet. */
  forgetAgent(): void {
    this.#agentAnswers = false;
  }

  /** With the permission given already, the ticket comes while the microphone opens. */
  async askTicketAhead(stay: AbortSignal, run: AbortSignal): Promise<void> {
    const { ports, wayBack } = this.#context;
    const permission = await untilAborted(ports.microphone.permission(), stay);
    if (permission !== 'granted' || stay.aborted) return;
    const ticket = requestTicket(ports, wayBack.request, run);
    ticket.catch(() => {}); // the join that takes it looks at it
    this.#ticketAhead = ticket;
  }

  /** The run is over: a ticket that was asked for ahead is of no use. */
  dropTicket(): void {
    this.#ticketAhead = undefined;
  }

  /** Joins, and tells how it went unless `stay` has ended. Never rejects but with `stay.reason`. */
  async join(command: LinkCommand & { type: 'join' }, means: JoinMeans, stay: AbortSignal): Promise<void> {
    const { ports, wayBack } = this.#context;
    const { generation } = command;
    const early: RoomEvent[] = [];
    let isEntered = false;
    const letGo = this.#letGo();
    const ticketAhead = this.#ticketAhead;
    this.#ticketAhead = undefined;
    try {
      const connection = await joinRoom(
        ports,
        {
          ...means,
          probeUrl: command.probeFirst ? this.#probeUrl(command.urlIndex) : undefined,
          answers: (serverUrl, signal) => this.#probes.answers(serverUrl, signal),
          ticketAhead,
          ticketRequest: wayBack.request,
          urlIndex: command.urlIndex,
          repairDelayMs: this.#repairDelay(generation),
          mayKeepPath: () => this.#room?.generation === generation && mayKeepPath(this.#context.state()),
          onEvent: (event) => {
            if (isEntered) this.#told(generation, event);
            else if (early.length < MAX_EARLY_EVENTS) early.push(event);
          },
          onSessionGone: () => this.#hooks.onSessionGone(),
          onTicket: (ticket) => {
            this.#serverUrls = ticket.serverUrls;
            return this.#hooks.onTicket(ticket, stay);
          },
          // Single flight: what was there before has let go, or had its time to.
          letGo,
          onJoining: (joining) => this.#joinBegan(joining),
          onLate: (late) => this.#trackClosing(late.close(), LETTING_GO_MS),
        },
        stay,
      );
      if (stay.aborted) return this.#trackClosing(connection.close(), LETTING_GO_MS);
      this.#enter(generation, connection);
      this.#hooks.onJoined(generation, connection.roomSid);
      isEntered = true;
      for (const event of early) this.#told(generation, event);
    } catch (error) {
      if (!stay.aborted) this.#hooks.onJoinFailed(generation, error);
    }
  }

  /** Proof of media is wanted from now on, or not any more. */
  seekProof(isSought: boolean): void {
    this.#room?.watch.seekProof(isSought);
  }

  /** The agent is not in the room any more. */
  agentLeft(): void {
    this.#room?.watch.agentLeft();
  }

  /** Asks whether the server is there until `stay` ends; see {@link PathProbes.run}. */
  runProbes(onAnswer: (answered: boolean) => void, stay: AbortSignal): Promise<void> {
    const addressNow = (): string | undefined => {
      const now = this.#context.state();
      return 'outage' in now ? this.#probeUrl(now.outage.urlIndex) : undefined;
    };
    return this.#probes.run(addressNow, onAnswer, stay);
  }

  /** There is reason to hope: the next question is due at once. */
  probeAnew(): void {
    this.#probes.askAnew();
  }

  /** Nothing is asked any more, until the next outage. */
  endProbes(): void {
    this.#probes.end();
  }

  /** Leaves the room that stands, if one does; with `bye`, says first that the user leaves for good. */
  close(bye: boolean): void {
    const room = this.#room;
    if (room === undefined) return;
    this.#room = undefined;
    this.#agentAnswers ||= room.watch.agentAnswers;
    room.ending.abort();
    const { clock } = this.#context.ports;
    const close = async (): Promise<void> => {
      // Leave is sent after the bye, and within the limit whether or not the bye got through.
      if (bye) await settledWithin(clock, BYE_LIMIT_MS, room.connection.sayBye());
      await room.connection.close();
    };
    this.#trackClosing(close(), bye ? BYE_LIMIT_MS + LETTING_GO_MS : LETTING_GO_MS);
  }

  /** Resolves when all rooms are closed and no join that was given up is left, after 2 s at the latest. */
  async closed(): Promise<void> {
    await settledWithin(this.#context.ports.clock, CLOSE_LIMIT_MS, this.#letGo());
  }

  /** Resolves when nothing of the rooms and joins before now acts any more, or has had its time for that. */
  async #letGo(): Promise<void> {
    const { clock } = this.#context.ports;
    if (this.#joining !== undefined) await settledWithin(clock, LETTING_GO_MS, this.#joining);
    // A join that was given up may have brought a room, which is being closed now.
    await Promise.all([...this.#closing]);
  }

  #enter(generation: number, connection: RoomConnection): void {
    const { ports, background, state } = this.#context;
    const ending = new AbortController();
    const watch = new RoomWatch(
      ports.clock,
      connection,
      { ...this.#hooks.watch(generation), onDefect: (error) => background.defect('roomWatchThrew', error) },
      { seeking: state().name === 'reconnecting.joining', agentAnswers: this.#agentAnswers },
      ending.signal,
    );
    this.#room = { generation, connection, watch, ending };
  }

  #told(generation: number, event: RoomEvent): void {
    if (this.#room?.generation === generation) this.#hooks.onEvent(generation, event);
  }

  #joinBegan(joining: Promise<unknown>): void {
    this.#joining = joining;
    const settled = (): void => {
      if (this.#joining === joining) this.#joining = undefined;
    };
    joining.then(settled, settled);
  }

  #trackClosing(closing: Promise<void>, limitMs: number): void {
    const bounded = settledWithin(this.#context.ports.clock, limitMs, closing).finally(() =>
      this.#closing.delete(bounded),
    );
    this.#closing.add(bounded);
  }

  #repairDelay(generation: number): RepairDelay {
    const { ports, policy, state, hasSlept } = this.#context;
    return (retryCount, elapsedMs, facts) => {
      if (this.#room?.generation !== generation) return null;
      const now = state();
      const outageMs = 'outage' in now ? ports.clock.monoMs() - now.outage.sinceMonoMs : undefined;
      return nextRepairDelayMs(
        retryCount,
        elapsedMs,
        {
          ...facts,
          onlyMedia: now.name === 'reconnecting.sdk' && now.probes === 'answered',
          woke: hasSlept(),
          ...(outageMs !== undefined && { outageMs }),
        },
        policy,
      );
    };
  }

  #probeUrl(urlIndex: number): string | undefined {
    return this.#serverUrls[urlIndex % Math.max(1, this.#serverUrls.length)];
  }
}

/** What comes down says nothing of what goes up; when all was cut, both are back together. */
function mayKeepPath(state: LinkState): boolean {
  switch (state.name) {
    case 'connected':
      return true;
    case 'unstable':
      return state.cut === 'none';
    case 'reconnecting.sdk':
      return state.outage.side === 'both' || state.outage.side === 'signal';
    default:
      return false;
  }
}
