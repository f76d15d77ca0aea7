/**
 * The way back into the same session: what the first ticket gave (resume value, room, identity), kept for rejoins in
 * memory and for a reload in the resume store, and the lock that keeps two tabs from using it at once. It holds no
 * token. Room and identity of the first ticket stay; of their resume values the newest counts, which lives longest.
 */
import type { Clock, LockHold, LockPort, ResumeStore, Ticket, TicketRequest } from '../ports.ts';
import type { TranscriptEntry } from './types.ts';

/** What a reload finds is worth nothing after this, ms: the agent side keeps a context for 30 min. */
const RESUME_TTL_MS = 30 * 60_000;
/** Turns that a reload shows again. */
const RESUME_TURNS = 40;

interface WayBackPorts {
  readonly clock: Clock;
  readonly resumeStore?: ResumeStore;
  readonly locks?: LockPort;
}

/** One session's way back. */
export class WayBack {
  readonly #ports: WayBackPorts;
  #request: TicketRequest = {};
  #lock: LockHold | undefined;

  constructor(ports: WayBackPorts) {
    this.#ports = ports;
  }

  /** What the next ticket request sends. */
  get request(): TicketRequest {
    return this.#request;
  }

  /** Takes over what an earlier page left, if it is still worth something; the turns to show again. */
  restore(): readonly TranscriptEntry[] {
    const saved = this.#ports.resumeStore?.load();
    if (saved === undefined || saved.expiresWallMs <= this.#ports.clock.wallMs()) return [];
    const { turns, expiresWallMs: _expires, ...request } = saved;
    this.#request = request;
    return turns;
  }

  /** Keeps what `ticket` tells of the session. */
  learn(ticket: Ticket): void {
    const known = this.#request;
    const roomName = known.roomName ?? ticket.roomName;
    const identity = known.identity ?? ticket.identity;
    // A ticket that names neither is of ours, as far as anybody can tell.
    const isOurs = (ticket.roomName ?? roomName) === roomName && (ticket.identity ?? identity) === identity;
    const resume = isOurs ? (ticket.resume ?? known.resume) : known.resume;
    this.#request = {
      ...(resume !== undefined && { resume }),
      ...(roomName !== undefined && { roomName }),
      ...(identity !== undefined && { identity }),
    };
  }

  /** Writes it down for a reload, with the last final turns. */
  save(turns: readonly TranscriptEntry[]): void {
    const { resumeStore, clock } = this.#ports;
    if (resumeStore === undefined || Object.keys(this.#request).length === 0) return;
    resumeStore.save({
      ...this.#request,
      turns: turns.filter((line) => line.final).slice(-RESUME_TURNS),
      expiresWallMs: clock.wallMs() + RESUME_TTL_MS,
    });
  }

  /** The next start is a new session; a reload too. */
  forget(): void {
    this.#request = {};
    this.forgetSaved();
  }

  /** A reload finds nothing; this page still knows the way. */
  forgetSaved(): void {
    this.#ports.resumeStore?.clear();
  }

  /** Gives up the place where it is written down; this page reads and writes it no more. */
  release(): void {
    this.#ports.resumeStore?.release?.();
  }

  /**
   * Takes the lock of this session, if there are locks and the session has a name. False when another tab has it.
   * Rethrows `signal.reason` when aborted, with nothing held. The hold ends with {@link unlock}.
   */
  async lock(takeOver: boolean, onLost: () => void, signal: AbortSignal): Promise<boolean> {
    const { locks } = this.#ports;
    const { roomName, identity } = this.#request;
    if (locks === undefined || this.#lock !== undefined || roomName === undefined) return true;
    const hold = await locks.acquire(
      `clara-voice:${roomName}:${identity ?? ''}`,
      { takeOver, onLost },
      signal,
    );
    if (hold === undefined) return false;
    if (signal.aborted) {
      hold.release();
      throw signal.reason;
    }
    this.#lock = hold;
    return true;
  }

  /** Gives the lock back; idempotent. */
  unlock(): void {
    this.#lock?.release();
    this.#lock = undefined;
  }
}
