/**
 * A voice session inside its child process: joins, keeps the users' presence, feeds the pipeline, joins again when
 * the connection ended, and knows when it is over. It owns the room, the pipeline and the grace clock; it never
 * touches the process (session-child.ts) or rtc-node's Room (live-room.ts).
 * Invariant: one room at a time; the pipeline and its numbering live through every rejoin.
 */
import { MAX_CONTEXT_TURNS } from './agent-session.ts';
import type { ConversationTurn } from './agent-session.ts';
import { backoffMs } from './backoff.ts';
import type { Clock } from './clock.ts';
import { deferred } from './deferred.ts';
import { Heartbeats } from './heartbeats.ts';
import type { AgentStateName, ChildMessage, StartMessage } from './ipc.ts';
import type { LiveRoomHandler } from './live-room.ts';
import type { Pipeline, PipelineHost } from './pipeline.ts';
import { nextPresence, presenceDeadlineMs, startPresence } from './presence.ts';
import type { PresenceCommand, PresenceEvent, PresenceState } from './presence.ts';
import { decideRejoin, REJOIN_BACKOFF, STALE_ROOM } from './rejoin-policy.ts';
import type { RoomStats } from './room-stats.ts';
import { ServerReturn } from './server-return.ts';
import { answerSessionMessage } from './session-requests.ts';
import { SoundCheck } from './sound-check.ts';

/** A joined room, as the session needs it; live-room.ts is the real one. */
export interface SessionRoom {
  setState(state: AgentStateName): void;
  sendChat(text: string, id: string): Promise<boolean>;
  sendSpokenReply(text: string, id: string): Promise<boolean>;
  expectsAudioOf(identity: string): boolean;
  resubscribe(identity: string): Promise<boolean>;
  stats(): Promise<RoomStats | undefined>;
  leave(): Promise<void>;
}

/** What a session needs from outside. */
export interface VoiceSessionParts {
  readonly start: StartMessage;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly version: string;
  /** Sound out, for the pipeline. */
  readonly out: PipelineHost['out'];
  makePipeline(host: PipelineHost): Pipeline;
  /** Joins; rejects without the token in the message when it cannot. */
  join(token: string, handler: LiveRoomHandler): Promise<SessionRoom>;
  /** Whether the server's port answers; bounded. */
  isServerThere(): Promise<boolean>;
  /** A fresh pass from the parent; bounded, rejects when there is none. */
  freshToken(): Promise<string>;
  readonly report: (message: ChildMessage) => void;
}

/** Between two looks at a server that does not answer, ms. */
const PROBE_EVERY_MS = 250;
/** How long the end of a session waits for a join under way, ms: a healthy one takes 134 to 173 and can then be left in order. */
const LATE_JOIN_LIMIT_MS = 300;
/** How long a user who hears us may send nothing before the pipeline starts all the same, ms: one without a microphone. */
const SILENT_USER_LIMIT_MS = 1_000;

/** One session, `run` once. */
export class VoiceSession {
  readonly #parts: VoiceSessionParts;
  readonly #life = new AbortController();
  readonly #serverReturn = new ServerReturn();
  readonly #pipeline: Pipeline;
  readonly #soundCheck: SoundCheck;
  /** Keys that tokens carry, by identity. */
  readonly #userKeys = new Map<string, string>();
  readonly #heartbeats = new Heartbeats();
  /** Users whose clients work on their own way back. */
  readonly #resuming = new Set<string>();
  readonly #context: ConversationTurn[];
  #endReason: string | undefined;
  #presence: PresenceState;
  #presenceTimer: AbortController | undefined;
  #room: SessionRoom | undefined;
  #state: AgentStateName = 'initializing';
  #listenedTo: string | undefined;
  #heard = false;
  #userSends = false;
  #started = false;
  #messages = 0;
  /** Settles when all texts so far are sent, or are not to be; never rejects. */
  #sending: Promise<void> = Promise.resolve();
  /** Of the ids of texts; an agent that takes over must not write over those of the one before. */
  readonly #idPrefix: string;

  constructor(parts: VoiceSessionParts) {
    this.#parts = parts;
    this.#idPrefix = `${parts.start.identity}-${Math.floor(parts.random() * 2 ** 32).toString(36)}-`;
    this.#context = [...parts.start.context];
    this.#presence = startPresence(parts.start, parts.clock.monoMs(), parts.start.users);
    this.#soundCheck = new SoundCheck({
      clock: parts.clock,
      report: parts.report,
      room: () => this.#room,
      listenedTo: () => (this.#isHere(this.#listenedTo) ? this.#listenedTo : undefined),
      isPathUp: (identity) => this.#heartbeats.isUp(identity, parts.clock.monoMs()),
    });
    this.#pipeline = parts.makePipeline({
      out: parts.out,
      clock: parts.clock,
      setState: (state) => this.#setState(state),
      addTurn: (turn) => this.#addTurn(turn),
      sendText: (text, spoken) => this.#sendText(text, spoken),
      report: (message) => parts.report(message),
    });
  }

  /** Builds the way of a user's sound anew and reports how it went. */
  rebuild(identity: string): void {
    const rebuilt = (ok: boolean): void => this.#parts.report({ type: 'rebuilt', identity, ok });
    if (this.#room === undefined) return rebuilt(false);
    this.#room.resubscribe(identity).then(rebuilt, () => rebuilt(false));
  }

  /** Runs to the end and says why it ended. Never rejects. */
  async run(): Promise<string> {
    this.#armPresence();
    this.#soundCheck.run(this.#life.signal).catch(() => {}); // it never rejects, and what it still asks is bounded
    let token: string | undefined = this.#parts.start.token;
    let again = false;
    while (!this.#life.signal.aborted) {
      const disconnected = await this.#joinUntil(token, again);
      if (disconnected === undefined) break; // over, or out of grace
      token = undefined;
      again = true;
      this.#serverReturn.away();
      await this.#room?.leave(); // its readers and handlers, the connection is gone
      this.#room = undefined;
      const decision = decideRejoin(disconnected);
      if (!decision.rejoin) {
        this.end(decision.endReason);
        break;
      }
      if (disconnected !== STALE_ROOM) this.#parts.report({ type: 'connection', state: 'reconnecting' }); // else told
      // Whoever was here is out of sight until we are back; the grace clock runs for them too.
      for (const [identity, user] of this.#presence.users) {
        if (user.here)
          this.#onPresence({
            type: 'went',
            identity,
            reason: 'AGENT_LOST',
            resumes: true,
            nowMs: this.#parts.clock.monoMs(),
          });
      }
    }
    this.end('ended');
    this.#presenceTimer?.abort();
    await this.#pipeline.stop();
    await this.#room?.leave();
    return this.#endReason ?? 'ended';
  }

  /** Ends the session; the first reason stays. */
  end(reason: string): void {
    this.#endReason ??= reason;
    this.#life.abort(reason);
  }

  /** The server was away and is back; `token` is a fresh pass. A connection that stands is left as it is. */
  serverBack(token: string): void {
    this.#serverReturn.told(token);
  }

  /** Joins with tries until it works, then waits for the end of that room. Undefined when the session is over. */
  async #joinUntil(firstToken: string | undefined, again: boolean): Promise<string | undefined> {
    const { clock, start, random } = this.#parts;
    const sinceMonoMs = clock.monoMs();
    let token = firstToken;
    for (let attempt = 0; !this.#life.signal.aborted; attempt++) {
      if (clock.monoMs() - sinceMonoMs > start.graceMs) {
        this.end('graceEnded');
        return undefined;
      }
      const gone = deferred<string>();
      const tryMonoMs = clock.monoMs();
      try {
        token ??= this.#serverReturn.takeToken();
        if (token === undefined) {
          if (!(await this.#parts.isServerThere())) {
            attempt = -1; // a server that is not there says nothing of tries to join it
            await this.#serverReturn.nap(clock, PROBE_EVERY_MS, this.#life.signal);
            continue;
          }
          token = await this.#parts.freshToken();
        }
        const room = await this.#joined(this.#parts.join(token, this.#handler(gone.resolve)));
        if (room === undefined) return undefined;
        this.#room = room;
        this.#serverReturn.joined();
        this.#setState(this.#state === 'initializing' ? 'listening' : this.#state);
        this.#parts.report({ type: 'joined', tookMs: clock.monoMs() - tryMonoMs, again });
        this.#startWhenHeard();
        return await this.#unlessOver(gone.promise);
      } catch (error) {
        if (this.#life.signal.aborted) return undefined;
        token = undefined;
        this.#parts.report({
          type: 'error',
          code: 'joinFailed',
          message: error instanceof Error ? error.message : 'unknown',
        });
        const waitMs = backoffMs(attempt, REJOIN_BACKOFF, random());
        await this.#serverReturn.nap(clock, waitMs, this.#life.signal).catch(() => {}); // over: the loop ends
      }
    }
    return undefined;
  }

  /** The joined room; undefined when the session ended meanwhile: a room that still comes is left. */
  async #joined(joining: Promise<SessionRoom>): Promise<SessionRoom | undefined> {
    const room = await this.#unlessOver(joining);
    if (room !== undefined && !this.#life.signal.aborted) return room;
    const left = joining.then(
      (late) => late.leave(),
      () => {}, // refused: nothing to leave
    );
    const limit = new AbortController();
    const late = this.#parts.clock.sleep(LATE_JOIN_LIMIT_MS, limit.signal).catch(() => {}); // left in time
    await Promise.race([left, late]);
    limit.abort();
    return undefined;
  }

  /** What `work` gives, undefined when the session is over before. */
  async #unlessOver<T>(work: Promise<T>): Promise<T | undefined> {
    const over = deferred<undefined>();
    const onAbort = (): void => over.resolve(undefined);
    this.#life.signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await Promise.race([work, over.promise]);
    } finally {
      this.#life.signal.removeEventListener('abort', onAbort);
    }
  }

  #handler(onDisconnected: (reason: string) => void): LiveRoomHandler {
    const { report, start, version, clock } = this.#parts;
    return {
      onUserCame: (identity, userKey, resumes) => {
        if (resumes === true) this.#resuming.add(identity);
        if (userKey !== undefined) this.#userKeys.set(identity, userKey);
        this.#onPresence({ type: 'came', identity, nowMs: clock.monoMs() });
      },
      onUserWent: (identity, reason, resumes) =>
        this.#onPresence({ type: 'went', identity, reason, resumes, nowMs: clock.monoMs() }),
      onBye: (identity) => this.#onPresence({ type: 'bye', identity }),
      onUserAudioBegan: (identity) => {
        report({ type: 'listening', identity, atWallMs: clock.wallMs() });
        this.#userSends = true;
        this.#startWhenHeard();
      },
      onUserAudio: (identity, frame) => {
        if (identity === this.#listenedTo) this.#pipeline.onUserAudio(frame);
      },
      onHeard: () => {
        this.#heard = true;
        this.#startWhenHeard();
        clock.sleep(SILENT_USER_LIMIT_MS, this.#life.signal).then(
          () => {
            this.#userSends = true; // or never will
            this.#startWhenHeard();
          },
          () => {}, // over
        );
      },
      onText: (_identity, text) => this.#pipeline.onText(text),
      onSessionRequest: (data, identity) => {
        this.#heartbeats.beat(identity, clock.monoMs());
        return answerSessionMessage(data, {
          agentId: start.identity,
          state: this.#state,
          userPresent: [...this.#presence.users.values()].some((user) => user.here),
          context: this.#context,
          version,
        });
      },
      onFailure: (what, error) => this.#failed(what, error instanceof Error ? error.message : 'unknown'),
      onQuality: (identity, quality) => report({ type: 'quality', identity, quality }),
      onConnection: (state) => {
        if (state === 'reconnecting') this.#serverReturn.repairing(() => onDisconnected(STALE_ROOM));
        else this.#serverReturn.joined();
        report({ type: 'connection', state });
      },
      onDisconnected,
    };
  }

  #onPresence(event: PresenceEvent): void {
    const next = nextPresence(this.#presence, event, this.#parts.start);
    this.#presence = next.state;
    for (const command of next.commands) this.#obey(command);
    this.#armPresence();
  }

  #obey(command: PresenceCommand): void {
    const { report } = this.#parts;
    switch (command.type) {
      case 'joined':
      case 'returned':
        this.#listenedTo ??= command.identity;
        report({
          type: 'participantJoined',
          identity: command.identity,
          returned: command.type === 'returned',
          ...userKeyOf(this.#userKeys.get(command.identity)),
          ...(this.#resuming.has(command.identity) && { resumes: true }),
        });
        this.#startWhenHeard();
        return;
      case 'away':
        report({ type: 'participantAway', identity: command.identity, forMs: command.forMs });
        return;
      case 'gone':
        if (this.#listenedTo === command.identity)
          this.#listenedTo = [...this.#presence.users.keys()].find(
            (identity) => identity !== command.identity,
          );
        this.#userKeys.delete(command.identity);
        this.#resuming.delete(command.identity);
        this.#heartbeats.forget(command.identity);
        report({ type: 'participantLeft', identity: command.identity, reason: command.reason });
        return;
      case 'end':
        this.end(command.reason);
    }
  }

  /** One timer for the next deadline of anybody's absence. */
  #armPresence(): void {
    this.#presenceTimer?.abort();
    const deadlineMs = presenceDeadlineMs(this.#presence);
    if (deadlineMs === undefined || this.#life.signal.aborted) return;
    const timer = new AbortController();
    this.#presenceTimer = timer;
    this.#parts.clock.sleep(Math.max(0, deadlineMs - this.#parts.clock.monoMs()), timer.signal).then(
      () => this.#onPresence({ type: 'time', nowMs: this.#parts.clock.monoMs() }),
      () => {}, // re-armed or over
    );
  }

  /**
   * The pipeline starts once: when a user is here who has subscribed to us and whose media path is proven by sound of
   * its own. The subscription alone is told when the server has negotiated it; first words were lost then.
   */
  #startWhenHeard(): void {
    const isHeard = this.#heard && this.#userSends && this.#listenedTo !== undefined;
    if (this.#started || !isHeard || this.#room === undefined) return;
    this.#started = true;
    this.#parts.report({ type: 'audible', atWallMs: this.#parts.clock.wallMs() });
    this.#pipeline.start();
  }

  #isHere(identity: string | undefined): boolean {
    return identity !== undefined && this.#presence.users.get(identity)?.here === true;
  }

  #setState(state: AgentStateName): void {
    this.#state = state;
    this.#room?.setState(state);
    this.#parts.report({ type: 'agentState', state });
  }

  #addTurn(turn: ConversationTurn): void {
    this.#context.push(turn);
    if (this.#context.length > MAX_CONTEXT_TURNS) this.#context.shift();
    if (this.#listenedTo !== undefined)
      this.#parts.report({ type: 'turn', identity: this.#listenedTo, turn });
  }

  #failed(code: string, message: string): void {
    this.#parts.report({ type: 'error', code, message });
  }

  /** One after the other: texts sent side by side overtake one another. */
  #sendText(text: string, spoken: boolean): void {
    const id = `${this.#idPrefix}${this.#messages++}`;
    this.#sending = this.#sending.then(async () => {
      const room = this.#room;
      if (room === undefined) return;
      try {
        // Each answer goes out once: as the transcript of what is being said, or as a message when nothing is.
        const went = await (spoken ? room.sendSpokenReply(text, id) : room.sendChat(text, id));
        if (!went) this.#failed('textNotSent', 'an answer could not be sent');
      } catch {
        this.#failed('textNotSent', 'an answer could not be sent');
      }
    });
  }
}

function userKeyOf(userKey: string | undefined): { readonly userKey?: string } {
  return userKey === undefined ? {} : { userKey };
}
