/**
 * Fakes of every port of core, steered by a test through one small world: is the path up, does the server let us
 * in, does media flow. Each counts what it holds open, so that a test can see that nothing is left.
 */
import { SessionError, type SessionErrorCode } from '../../../src/core/errors.ts';
import type {
  AgentCallPort,
  FarewellPort,
  LockHold,
  LockPort,
  Log,
  MicrophonePermission,
  MicrophonePort,
  MicrophoneReading,
  MicrophoneTrack,
  NetworkHint,
  NetworkPort,
  ProbePort,
  RecorderPort,
  ResumeContext,
  ResumeStore,
  RoomConnection,
  RoomEvent,
  RoomJoin,
  RoomPort,
  SessionPorts,
  Ticket,
  TicketPort,
  TicketRequest,
} from '../../../src/core/ports.ts';
import type { MediaSample } from '../../../src/core/reconnect/media-sample.ts';
import type { ProbePool } from '../../../src/core/reconnect/probe-schedule.ts';
import type { RecordedEvent, SessionOutcome } from '../../../src/shared/records.ts';
import { FakeClock } from './fake-clock.ts';

/** A promise that ends only by its signal, and its listener with it. */
export function never(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/** Chance from a seed (mulberry32), in [0, 1). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

/** A fault that a port answers with: an error, or silence until it is given up. */
export type Fault = SessionError | 'hang';

/** What the fakes share. A test sets it; the fakes read it at each use. */
export class FakeWorld {
  readonly clock = new FakeClock();
  /** Probes, tickets and joins get through, and media flows. */
  pathUp = true;
  /** Which way packets flow when the path is up. */
  flowsUp = true;
  flowsDown = true;
  /** It answers heartbeats and sends sound; one that hangs does neither. */
  agentAnswers = true;
  /** Heartbeats get through both ways; sound may be sound without them. */
  answersArrive = true;
  /** Share of packets from us that is lost, 0 to 1. */
  lossRatio = 0;
  /** An agent is in the rooms that are joined. */
  agentIsThere = true;
  /** Fails the next tickets or joins, first in first out, before what the path says. */
  readonly ticketFaults: Fault[] = [];
  readonly joinFaults: Fault[] = [];
  /** How long things take, ms. */
  ticketMs = 20;
  joinMs = 200;
  /** A join does not listen to its signal: its room comes late. */
  joinIgnoresAbort = false;
  /** How long a join that was aborted and a room that is left take to close what they hold, ms. */
  closeMs = 0;
  roomSid = 'RM_first';
  serverUrls: readonly string[] = ['ws://one'];
}

/** A room that was joined. */
export class FakeRoom implements RoomConnection {
  readonly roomSid: string;
  readonly identity = 'user-1';
  readonly sent: { id: string; text: string }[] = [];
  readonly #world: FakeWorld;
  readonly #join: RoomJoin;
  byes = 0;
  closes = 0;
  repairPushes = 0;
  audioStarts = 0;
  /** Makes `sendText` fail. */
  sendFault: Fault | undefined;
  #countedMonoMs: number;
  #up = 0;
  #down = 0;
  #agentPackets = 0;
  /** Without an answered check there is no connection. */
  #checks = 1;
  #lost = 0;

  constructor(world: FakeWorld, join: RoomJoin) {
    this.#world = world;
    this.#join = join;
    this.roomSid = world.roomSid;
    this.#countedMonoMs = world.clock.monoMs();
  }

  get isOpen(): boolean {
    return this.closes === 0;
  }

  get join(): RoomJoin {
    return this.#join;
  }

  /** Tells the session something, as a real room does: not after its close. */
  tell(event: RoomEvent): void {
    if (this.isOpen) this.#join.onEvent(event);
  }

  /** To be called before the world changes, so that counters grow by what flowed until then. */
  count(): void {
    const { clock, pathUp, flowsUp, flowsDown, agentAnswers } = this.#world;
    const passedMs = clock.monoMs() - this.#countedMonoMs;
    this.#countedMonoMs = clock.monoMs();
    this.#up += passedMs / 20;
    this.#lost += (passedMs / 20) * this.#world.lossRatio;
    if (pathUp && flowsDown) this.#down += passedMs / 20;
    if (pathUp && flowsDown && agentAnswers) this.#agentPackets += passedMs / 20;
    if (pathUp && flowsUp && flowsDown) this.#checks += passedMs / 500;
  }

  agentLevel(): number {
    return 0.25;
  }

  async sample(_signal: AbortSignal): Promise<MediaSample> {
    this.count();
    return {
      monoMs: this.#world.clock.monoMs(),
      signalUp: this.#world.pathUp,
      pairs: [
        {
          id: 'pair',
          bytesSent: Math.floor(this.#up) * 100,
          bytesReceived: Math.floor(this.#down) * 100,
          requestsSent: Math.floor(this.#up / 25),
          responsesReceived: Math.floor(this.#checks),
        },
      ],
      ...(this.#join.microphone !== undefined && {
        up: {
          id: 'up',
          packetsSent: Math.floor(this.#up),
          muted: this.#join.muted,
          remoteReportMs: Math.floor(this.#checks / 2) * 1000,
          remotePacketsLost: Math.floor(this.#lost),
        },
      }),
      down: { id: 'down', packetsReceived: Math.floor(this.#agentPackets) },
    };
  }

  async ping(signal: AbortSignal): Promise<boolean> {
    const { pathUp, flowsUp, flowsDown, agentAnswers, answersArrive, clock } = this.#world;
    if (!(pathUp && flowsUp && flowsDown && agentAnswers && answersArrive)) return never(signal);
    await clock.sleep(15, signal);
    return true;
  }

  repairNow(): void {
    this.repairPushes += 1;
  }

  async sendText(messageId: string, text: string, signal: AbortSignal): Promise<void> {
    if (this.sendFault === 'hang' || !this.#world.pathUp) return never(signal);
    if (this.sendFault !== undefined) throw this.sendFault;
    this.sent.push({ id: messageId, text });
  }

  async sayBye(): Promise<void> {
    this.byes += 1;
  }

  async playAudio(): Promise<void> {
    this.audioStarts += 1;
  }

  /** Until then the server takes it for us. */
  isClosed = false;

  async close(): Promise<void> {
    this.closes += 1;
    if (this.#world.closeMs > 0)
      await this.#world.clock.sleep(this.#world.closeMs, new AbortController().signal);
    this.isClosed = true;
  }
}

/** Joins, one after the other, and counts those under way. */
export class FakeRooms implements RoomPort {
  readonly rooms: FakeRoom[] = [];
  joins = 0;
  joinsInFlight = 0;
  mostJoinsInFlight = 0;
  /** Joins under way and rooms not closed yet, when a join began: more than one act as the same participant. */
  mostAtOnce = 0;
  readonly joinedAtMs: number[] = [];
  readonly #world: FakeWorld;

  constructor(world: FakeWorld) {
    this.#world = world;
  }

  get openRooms(): readonly FakeRoom[] {
    return this.rooms.filter((room) => room.isOpen);
  }

  /** The room that was joined last. */
  get last(): FakeRoom {
    const room = this.rooms.at(-1);
    if (room === undefined) throw new Error('no room was joined');
    return room;
  }

  async join(join: RoomJoin, signal: AbortSignal): Promise<RoomConnection> {
    const world = this.#world;
    const patience = world.joinIgnoresAbort ? new AbortController().signal : signal;
    this.joins += 1;
    this.joinsInFlight += 1;
    this.mostJoinsInFlight = Math.max(this.mostJoinsInFlight, this.joinsInFlight);
    this.joinedAtMs.push(world.clock.monoMs());
    this.mostAtOnce = Math.max(
      this.mostAtOnce,
      this.joinsInFlight + this.rooms.filter((room) => !room.isClosed).length,
    );
    try {
      const fault = world.joinFaults.shift();
      if (fault === 'hang') return await never(signal);
      await world.clock.sleep(world.joinMs, patience);
      if (fault !== undefined) throw fault;
      // A connection stands only after a check was answered, which takes both directions.
      if (!world.pathUp || !world.flowsUp || !world.flowsDown) return await never(signal);
      const room = new FakeRoom(world, join);
      this.rooms.push(room);
      room.tell({ type: 'agentState', state: world.agentIsThere ? 'listening' : 'absent' });
      return room;
    } catch (error) {
      if (world.closeMs > 0) await world.clock.sleep(world.closeMs, new AbortController().signal);
      throw error;
    } finally {
      this.joinsInFlight -= 1;
    }
  }
}

/** Gives numbered tickets. */
export class FakeTickets implements TicketPort {
  readonly requests: TicketRequest[] = [];
  readonly #world: FakeWorld;

  constructor(world: FakeWorld) {
    this.#world = world;
  }

  async request(request: TicketRequest, signal: AbortSignal): Promise<Ticket> {
    const world = this.#world;
    this.requests.push(request);
    const number = this.requests.length;
    const fault = world.ticketFaults.shift();
    if (fault === 'hang') return never(signal);
    await world.clock.sleep(world.ticketMs, signal);
    if (fault !== undefined) throw fault;
    if (!world.pathUp) throw new SessionError('tokenUnreachable', 'no answer');
    return {
      serverUrls: world.serverUrls,
      participantToken: `token-${number}`,
      resume: `resume-${number}`,
      roomName: 'room-1',
      identity: 'user-1',
    };
  }
}

/** A microphone with a person behind it. */
export class FakeMicrophone implements MicrophonePort {
  answer: 'give' | 'hang' | SessionErrorCode = 'give';
  permissionAnswer: MicrophonePermission = 'prompt';
  onEnded: ((code: SessionErrorCode) => void) | undefined;
  opens = 0;
  isOpen = false;
  isMuted = false;
  /** It gives digital silence. */
  isDead = false;
  readonly #world: FakeWorld;
  readonly #track: MicrophoneTrack = { mediaTrack: 'the one track' };

  constructor(world: FakeWorld) {
    this.#world = world;
  }

  async permission(): Promise<MicrophonePermission> {
    return this.permissionAnswer;
  }

  async open(signal: AbortSignal): Promise<MicrophoneTrack> {
    this.opens += 1;
    if (this.answer === 'hang') return never(signal);
    await this.#world.clock.sleep(30, signal);
    if (this.answer !== 'give') throw new SessionError(this.answer, 'no microphone');
    this.isOpen = true;
    return this.#track;
  }

  setMuted(muted: boolean): void {
    this.isMuted = muted;
  }

  level(): number {
    return this.isOpen && !this.isMuted ? 0.5 : 0;
  }

  reading(): MicrophoneReading {
    if (!this.isOpen || this.isMuted) return 'unknown';
    return this.isDead ? 'nothing' : 'signal';
  }

  close(): void {
    this.isOpen = false;
  }

  /** The device goes away. */
  end(code: SessionErrorCode = 'micEnded'): void {
    this.isOpen = false;
    this.onEnded?.(code);
  }
}

/** What the browser says. */
export class FakeNetwork implements NetworkPort {
  offline = false;
  readonly #watchers = new Set<(hint: NetworkHint) => void>();

  get watcherCount(): number {
    return this.#watchers.size;
  }

  isOffline(): boolean {
    return this.offline;
  }

  watch(watcher: (hint: NetworkHint) => void, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.#watchers.add(watcher);
    signal.addEventListener('abort', () => this.#watchers.delete(watcher), { once: true });
  }

  tell(hint: NetworkHint): void {
    if (hint === 'offline') this.offline = true;
    if (hint === 'online') this.offline = false;
    for (const watcher of [...this.#watchers]) watcher(hint);
  }
}

/** When the system sends a SYN that nobody answers again, ms after the first. */
const SYN_AGES_MS = [1000, 3000, 7000, 15_000, 31_000, 63_000, 127_000];
/** Connections of Chromium to an origin and pool, at most. */
const POOL_SIZE = 6;

/**
 * Answers while the path is up. While it is not, a connection hangs as in a black hole: its SYN is sent again ever more
 * rarely, it stays when its request is given up, and there are six in a pool at most, one of which comes by itself.
 */
export class FakeProbe implements ProbePort {
  count = 0;
  /** Requests without an answer. */
  pendingCount = 0;
  knockCount = 0;
  /** Answers `false` at once instead of hanging. */
  refuses = false;
  /** Whoever is there answers no question. */
  isSomebodyElse = false;
  readonly #world: FakeWorld;
  readonly #questions = new Set<AbortController>();
  readonly #knocks = new Set<AbortController>();
  /** When each connection that hangs was begun, by pool. */
  readonly #hanging: Record<ProbePool, number[]> = { anonymous: [], credentialed: [] };

  constructor(world: FakeWorld) {
    this.#world = world;
  }

  async probe(_serverUrl: string, signal: AbortSignal, pool: ProbePool): Promise<boolean> {
    this.count += 1;
    return this.#under(this.#questions, signal, async (either) => {
      const wasUp = this.#world.pathUp;
      if (!wasUp && !this.refuses) return this.#hang(this.#hanging[pool], either);
      // What hung has got through by now.
      if (wasUp) for (const hanging of Object.values(this.#hanging)) hanging.length = 0;
      await this.#world.clock.sleep(10, either);
      return wasUp && !this.isSomebodyElse;
    });
  }

  /** A connection of its own, which goes with it. */
  async knock(_serverUrl: string, signal: AbortSignal): Promise<void> {
    this.knockCount += 1;
    await this.#under(this.#knocks, signal, async (either) => {
      if (this.#world.pathUp || this.refuses) await this.#world.clock.sleep(10, either);
      else await this.#hang([], either);
      return true;
    });
  }

  /** The browser loses its network: all that hangs ends, knocks first. */
  dropAll(): void {
    for (const ending of [...this.#knocks, ...this.#questions]) ending.abort();
  }

  dropOldest(): void {
    const [oldest] = this.#questions;
    oldest?.abort();
  }

  async #under(
    all: Set<AbortController>,
    signal: AbortSignal,
    run: (either: AbortSignal) => Promise<boolean>,
  ): Promise<boolean> {
    const dropped = new AbortController();
    all.add(dropped);
    this.pendingCount += 1;
    try {
      return await run(AbortSignal.any([signal, dropped.signal]));
    } catch (error) {
      if (dropped.signal.aborted) return false;
      throw error;
    } finally {
      all.delete(dropped);
      this.pendingCount -= 1;
    }
  }

  async #hang(hanging: number[], signal: AbortSignal): Promise<boolean> {
    const { clock } = this.#world;
    const nowMs = clock.monoMs();
    if (hanging.length === 0) hanging.push(nowMs, nowMs + 250);
    else if (hanging.length < POOL_SIZE) hanging.push(nowMs);
    for (;;) {
      const atMs = clock.monoMs();
      const dues = hanging.flatMap((begunMs) => SYN_AGES_MS.map((ageMs) => begunMs + ageMs));
      const dueMs = Math.min(...dues.filter((due) => due > atMs));
      if (!Number.isFinite(dueMs)) return never(signal);
      await clock.sleep(dueMs - atMs, signal);
      if (this.#world.pathUp) hanging.length = 0;
      if (this.#world.pathUp) return !this.isSomebodyElse;
    }
  }
}

/** One recording after the other. */
export class FakeRecorder implements RecorderPort {
  readonly sessions: { events: RecordedEvent[]; outcome: SessionOutcome | undefined }[] = [];

  begin(_startedWallMs: number): {
    event: (event: RecordedEvent) => void;
    end: (endedWallMs: number, outcome: SessionOutcome) => void;
  } {
    const session: { events: RecordedEvent[]; outcome: SessionOutcome | undefined } = {
      events: [],
      outcome: undefined,
    };
    this.sessions.push(session);
    return {
      event: (event) => session.events.push(event),
      end: (_endedWallMs, outcome) => {
        session.outcome = outcome;
      },
    };
  }

  /** The phases of the latest session, in order, as recorded. */
  get phases(): string[] {
    return (this.sessions.at(-1)?.events ?? []).flatMap((event) =>
      event.kind === 'phase' ? [event.phase] : [],
    );
  }
}

export class FakeLog implements Log {
  readonly lines: { level: 'info' | 'warn'; event: string; text: string; facts: unknown }[] = [];

  info(event: string, text: string, facts: Record<string, unknown> = {}): void {
    this.lines.push({ level: 'info', event, text, facts });
  }

  warn(event: string, text: string, facts: Record<string, unknown> = {}): void {
    this.lines.push({ level: 'warn', event, text, facts });
  }
}

/** sessionStorage in memory. */
export class FakeResumeStore implements ResumeStore {
  saved: ResumeContext | undefined;

  load(): ResumeContext | undefined {
    return this.saved;
  }

  save(context: ResumeContext): void {
    this.saved = context;
  }

  clear(): void {
    this.saved = undefined;
  }
}

/** Locks of one browser: share an instance between two sessions to have two tabs. */
export class FakeLocks implements LockPort {
  readonly #held = new Map<string, { onLost: () => void }>();

  get heldCount(): number {
    return this.#held.size;
  }

  /** Another tab takes every session over, and is closed at once. */
  steal(): void {
    const holders = [...this.#held.values()];
    this.#held.clear();
    for (const { onLost } of holders) onLost();
  }

  async acquire(
    key: string,
    how: { readonly takeOver: boolean; readonly onLost: () => void },
    signal: AbortSignal,
  ): Promise<LockHold | undefined> {
    signal.throwIfAborted();
    const holder = this.#held.get(key);
    if (holder !== undefined && !how.takeOver) return undefined;
    const mine = { onLost: how.onLost };
    this.#held.set(key, mine);
    holder?.onLost();
    return {
      release: () => {
        if (this.#held.get(key) === mine) this.#held.delete(key);
      },
    };
  }
}

/** All fakes of one session. */
export interface FakePorts extends SessionPorts {
  readonly clock: FakeClock;
  readonly log: FakeLog;
  readonly tickets: FakeTickets;
  readonly rooms: FakeRooms;
  readonly microphone: FakeMicrophone;
  readonly network: FakeNetwork;
  readonly probe: FakeProbe;
  readonly recorder: FakeRecorder;
  readonly resumeStore: FakeResumeStore;
  readonly locks: FakeLocks;
  readonly agentCalls: AgentCallPort & { count: number };
  readonly farewell: FarewellPort & { byes: { readonly resume?: string }[] };
}

/** Fakes over `world`. Chance is seeded. */
export function fakePorts(world: FakeWorld, options: { seed?: number; locks?: FakeLocks } = {}): FakePorts {
  const agentCalls = {
    count: 0,
    async request(): Promise<void> {
      agentCalls.count += 1;
    },
  };
  const byes: { readonly resume?: string }[] = [];
  return {
    clock: world.clock,
    random: seededRandom(options.seed ?? 1),
    log: new FakeLog(),
    tickets: new FakeTickets(world),
    rooms: new FakeRooms(world),
    microphone: new FakeMicrophone(world),
    network: new FakeNetwork(),
    probe: new FakeProbe(world),
    recorder: new FakeRecorder(),
    resumeStore: new FakeResumeStore(),
    locks: options.locks ?? new FakeLocks(),
    agentCalls,
    farewell: { byes, bye: (context) => byes.push(context) },
  };
}
