/**
 * What the gateway knows of voice sessions: which are being prepared, when an agent was last asked for, which the
 * user has ended. Invariant: one session is prepared once at a time, an agent is asked for at most once in
 * DISPATCH_SETTLE_MS, and never again after a bye. It keeps no list of live sessions: the agent side has that.
 */
import { AGENT_IDENTITY_PREFIX } from '../../src/shared/wire.ts';
import type { AgentDirectory, DispatchMetadata, Logger, RoomTimeouts } from '../contracts.ts';
import { HttpError } from './http-error.ts';
import { RoomDirectoryError, type RoomDirectory } from './room-directory.ts';
import type { SessionNames } from './session-names.ts';

/**
 * How long a dispatch is believed to be on its way, ms. The worker hears of it after about 205 ms, and only then
 * does the agent directory know; without this a quick second request would ask again. Not longer, because a
 * dispatch that met no worker is lost silently, and the client's next request is what repairs it.
 */
export const DISPATCH_SETTLE_MS = 3000;

/** When to ask again for an agent where none is connected, s: a page asks every 5 s. */
const AGENT_RETRY_AFTER_S = 5;

/** What {@link VoiceSessions} works with. */
export interface VoiceSessionsParts {
  readonly rooms: RoomDirectory;
  readonly agents: AgentDirectory;
  readonly roomTimeouts: RoomTimeouts;
  /** How long an ended session is remembered, ms: as long as its resume value could be valid. */
  readonly rememberEndedMs: number;
  readonly log: Logger;
  readonly now: () => number;
}

/** Prepares and ends the rooms and agents of voice sessions. */
export class VoiceSessions {
  readonly #parts: VoiceSessionsParts;
  readonly #preparing = new Map<string, Promise<void>>();
  readonly #dispatchedAtMs = new Map<string, number>();
  readonly #endedAtMs = new Map<string, number>();

  constructor(parts: VoiceSessionsParts) {
    this.#parts = parts;
  }

  /**
   * Makes sure that the room is there and an agent is in it or asked for. Parallel calls for one session share one
   * preparation. Throws HttpError.
   */
  async prepare(names: SessionNames): Promise<void> {
    const id = names.voiceSessionId;
    this.#assertNotEnded(id);
    let preparation = this.#preparing.get(id);
    if (preparation === undefined) {
      preparation = this.#prepareOnce(names).finally(() => this.#preparing.delete(id));
      this.#preparing.set(id, preparation);
    }
    await preparation;
    this.#assertNotEnded(id); // a bye that came meanwhile wins: no token for a room that is being deleted
  }

  /**
   * Throws HttpError `agentUnavailable` when this session has no agent and our worker has no connection. It says what
   * we know and no more: a worker of another machine may serve the same name.
   */
  assertAgentCanCome({ voiceSessionId }: SessionNames): void {
    const { agents } = this.#parts;
    if (agents.hasLiveAgent(voiceSessionId) || agents.readiness().ok) return;
    throw new HttpError(
      'agentUnavailable',
      'no agent is connected; one was asked for, in case another can come',
      {
        retryAfterS: AGENT_RETRY_AFTER_S,
      },
    );
  }

  /** Ends a session as its user's wish: agent first, then the room, best effort. Never rejects. */
  async end(names: SessionNames): Promise<void> {
    const { agents, rooms, log, now } = this.#parts;
    const id = names.voiceSessionId;
    forgetOlder(this.#endedAtMs, now() - this.#parts.rememberEndedMs);
    this.#endedAtMs.delete(id); // a second bye goes to the end: see forgetOlder
    this.#endedAtMs.set(id, now());
    await this.#preparing.get(id)?.catch(() => undefined); // its own caller hears of it
    try {
      await agents.endSession(id, 'bye');
      await rooms.deleteRoom(names.roomName);
      log.info({ event: 'sessionEnded', session: id, reason: 'bye' }, 'session ended by its user');
    } catch (error) {
      const code = error instanceof RoomDirectoryError ? error.code : 'internal';
      log.warn(
        { event: 'sessionEndIncomplete', session: id, code },
        'room of an ended session not deleted; it closes by its own timeout',
      );
    }
  }

  #assertNotEnded(id: string): void {
    if (this.#endedAtMs.has(id)) {
      throw new HttpError(
        'sessionEnded',
        'resume: its session was ended; ask again without it for a new session',
      );
    }
  }

  async #prepareOnce(names: SessionNames): Promise<void> {
    const { rooms, agents, roomTimeouts, log, now } = this.#parts;
    const id = names.voiceSessionId;
    try {
      // The room first: a dispatch would make it with the server's default timeouts.
      await rooms.createRoom(names.roomName, roomTimeouts);
      forgetOlder(this.#dispatchedAtMs, now() - DISPATCH_SETTLE_MS);
      if (this.#endedAtMs.has(id) || this.#dispatchedAtMs.has(id) || agents.hasLiveAgent(id)) return;
      const metadata: DispatchMetadata = { voiceSessionId: id, pipeline: names.pipeline };
      await rooms.dispatch(names.roomName, agents.agentName, JSON.stringify(metadata));
      // With no worker there the dispatch is lost, so the next request shall ask again at once.
      const readiness = agents.readiness();
      if (readiness.ok) this.#dispatchedAtMs.set(id, now());
      else
        log.warn(
          { event: 'agentUnavailable', session: id, why: readiness.reason },
          'no agent of ours is connected',
        );
      log.info(
        { event: 'agentDispatched', session: id, agent: AGENT_IDENTITY_PREFIX + id },
        'agent asked for',
      );
    } catch (error) {
      throw toHttpError(error);
    }
  }
}

/** Maps keep their order of insertion, and times only grow: the old ones stand in front. */
function forgetOlder(atMs: Map<string, number>, limitMs: number): void {
  for (const [id, ms] of atMs) {
    if (ms > limitMs) return;
    atMs.delete(id);
  }
}

function toHttpError(error: unknown): unknown {
  if (!(error instanceof RoomDirectoryError)) return error;
  if (error.code === 'refused') return new HttpError('livekitRefused', error.message, { cause: error });
  return new HttpError('livekitUnavailable', error.message, { cause: error, retryAfterS: 1 });
}
