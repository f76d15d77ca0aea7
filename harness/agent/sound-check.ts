/**
 * Looks at the transport every few seconds: whether packets come on a track that should carry sound, and how late the
 * sound is. It reports changes and decides nothing. A stream's frames tell nothing of this: they go on as silence.
 * A silence is the track's only while its path is known to live: a server that says nothing at all, or a user whose
 * heartbeats have stopped, is cut off, and building the track anew would only be in the way of what comes back.
 * Invariant: no more than one question to the transport at a time, none after the end.
 */
import type { Clock } from './clock.ts';
import type { ChildMessage } from './ipc.ts';
import { audioLatencyMs } from './room-stats.ts';
import type { RoomStats } from './room-stats.ts';

/** Between two looks, ms. With DTX a silent microphone still sends a packet every 400 ms. */
const LOOK_EVERY_MS = 2_000;
/** Looks in a row without a packet before it is said: the first may have been taken just before one. */
const SILENT_LOOKS = 3;
/** The server lives while something came within this, ms: it answers our checks every 2.5 s. */
const SERVER_FRESH_MS = 5_000;

/** What is needed of the room. */
export interface CheckedRoom {
  expectsAudioOf(identity: string): boolean;
  stats(): Promise<RoomStats | undefined>;
}

export interface SoundCheckParts {
  readonly clock: Clock;
  readonly report: (message: ChildMessage) => void;
  /** The room now, if any. */
  readonly room: () => CheckedRoom | undefined;
  /** The user that is listened to and present. */
  readonly listenedTo: () => string | undefined;
  /** Whether a user's own heartbeats come; undefined for one whose client sends none. */
  readonly isPathUp: (identity: string) => boolean | undefined;
}

/** The checks of one session. */
export class SoundCheck {
  readonly #parts: SoundCheckParts;
  #before: RoomStats | undefined;
  #room: CheckedRoom | undefined;
  #silentLooks = 0;
  #lifeMonoMs = -Infinity;
  /** What was said last; undefined: either is news. */
  #saidFlows: boolean | undefined = true;
  #saidPathUp = true;

  constructor(parts: SoundCheckParts) {
    this.#parts = parts;
  }

  /** Looks until `signal` aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#parts.clock.sleep(LOOK_EVERY_MS, signal).catch(() => {}); // over
      if (!signal.aborted) await this.#look();
    }
  }

  async #look(): Promise<void> {
    const room = this.#parts.room();
    const identity = this.#parts.listenedTo();
    if (room !== this.#room) this.#before = undefined; // its counters began anew
    this.#room = room;
    if (room === undefined || identity === undefined || !room.expectsAudioOf(identity)) {
      this.#silentLooks = 0;
      this.#saidFlows = true; // who comes is well until it is told otherwise
      this.#saidPathUp = true;
      return;
    }
    const now = await room.stats().catch(() => undefined);
    const before = this.#before;
    this.#before = now;
    this.#sayPath(identity);
    if (now === undefined || before === undefined) return;
    const atMonoMs = this.#parts.clock.monoMs();
    if (now.signsOfLife !== before.signsOfLife) this.#lifeMonoMs = atMonoMs;
    const tookMs = audioLatencyMs(before, now);
    // A new subscription counts from 0 again: any change is a packet.
    if (now.audioPackets !== before.audioPackets) {
      this.#silentLooks = 0;
      if (tookMs !== undefined) this.#parts.report({ type: 'audioLatency', tookMs: Math.round(tookMs) });
      this.#say(identity, true);
    } else if (!this.#saidPathUp || atMonoMs - this.#lifeMonoMs >= SERVER_FRESH_MS) this.#silentLooks = 0;
    else if (++this.#silentLooks >= SILENT_LOOKS) this.#say(identity, false);
  }

  #sayPath(identity: string): void {
    const up = this.#parts.isPathUp(identity) ?? true;
    if (up === this.#saidPathUp) return;
    this.#saidPathUp = up;
    this.#saidFlows = undefined; // whoever waits for the path wants to know how it is afterwards
    this.#parts.report({ type: 'userPath', identity, up });
  }

  #say(identity: string, flows: boolean): void {
    if (flows === this.#saidFlows) return;
    this.#saidFlows = flows;
    this.#parts.report({ type: 'audioFlow', identity, flows });
  }
}
