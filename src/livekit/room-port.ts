/**
 * Joins LiveKit rooms: one new Room of the SDK for every join, the microphone's track published exactly once. Owns
 * the join until it succeeds; one that fails or is aborted leaves no socket, no peer connection and no listener, and
 * the microphone live. Nothing of what the SDK throws gets past error-table.ts.
 */
import { isBrowserSupported, type LocalTrack, type Room, RoomEvent, Track } from 'livekit-client';
import { SessionError } from '../core/errors.ts';
import type { Clock, RoomConnection, RoomJoin, RoomPort } from '../core/ports.ts';
import { disconnectNameOf, type JoinStage, sessionErrorOfEnd, sessionErrorOfJoin } from './error-table.ts';
import { JoinedRoom, type JoinedRoomContext } from './joined-room.ts';
import { KeptAudioTrack } from './kept-audio-track.ts';
import { createSdkRoom } from './sdk-room.ts';
import { untilAborted } from './until-aborted.ts';

/**
 * Limits of the SDK's own steps, ms. The caller's signal ends an attempt earlier; these turn a silent server into
 * a reason. 10 s: at 1 kB/s and 500 ms of delay a join request of 4 kB and its answer still get through.
 */
const SIGNAL_LIMIT_MS = 10_000;
const MEDIA_LIMIT_MS = 15_000;

/** What the port needs. `audio` is shared with the microphone: one AudioContext a page. */
export type RoomPortOptions = JoinedRoomContext;

/** A {@link RoomPort} over livekit-client. */
export function livekitRooms(options: RoomPortOptions): RoomPort {
  return {
    async join(join, signal) {
      signal.throwIfAborted();
      if (!isBrowserSupported()) throw new SessionError('unsupported', 'this browser has no WebRTC');
      const room = createSdkRoom(join, options.clock);
      const joined = new JoinedRoom(room, join.onEvent, options);
      const attempt = new JoinAttempt(room, joined, join);
      try {
        await untilAborted(Promise.race([attempt.run(), attempt.sentAway(options.clock)]), signal);
        return attempt.succeed();
      } catch (error) {
        await joined.close();
        signal.throwIfAborted();
        throw sessionErrorOfJoin(error, attempt.stage, joined.endedAs);
      }
    },
  };
}

class JoinAttempt {
  /** How far it has come. */
  stage: JoinStage = 'signal';
  readonly #room: Room;
  readonly #joined: JoinedRoom;
  readonly #join: RoomJoin;
  #roomSid = '';

  constructor(room: Room, joined: JoinedRoom, join: RoomJoin) {
    this.#room = room;
    this.#joined = joined;
    this.#join = join;
  }

  async run(): Promise<void> {
    const { serverUrl, ticket, microphone } = this.#join;
    let published: Promise<void> | undefined;
    // As soon as the signal is up: the offer with the microphone then goes out while ICE still connects.
    this.#room.once(RoomEvent.SignalConnected, () => {
      this.stage = 'media';
      published = microphone === undefined ? Promise.resolve() : this.#publish(microphone.mediaTrack);
      published.catch(() => {}); // awaited below, unless connect itself fails
    });
    await this.#room.connect(serverUrl, ticket.participantToken, {
      autoSubscribe: true,
      maxRetries: 0,
      websocketTimeout: SIGNAL_LIMIT_MS,
      peerConnectionTimeout: MEDIA_LIMIT_MS,
    });
    this.stage = 'publish';
    await published;
    this.#roomSid = await this.#room.getSid();
  }

  /** Rejects when the room ends before the join is over: the SDK itself would wait out its media limit. */
  sentAway(clock: Clock): Promise<never> {
    const ended = new Promise<never>((_, reject) => {
      this.#room.once(RoomEvent.Disconnected, (reason) => {
        // A connect that fails tells this event first and then rejects with what says more: it gets its turn.
        clock.sleep(0, new AbortController().signal).then(
          () => reject(sessionErrorOfEnd(disconnectNameOf(reason))),
          () => {}, // nobody aborts it
        );
      });
    });
    ended.catch(() => {}); // after the join nobody listens
    return ended;
  }

  succeed(): RoomConnection {
    // Between two awaits of run() the server may have sent us away already.
    if (this.#joined.endedAs !== undefined) throw sessionErrorOfEnd(this.#joined.endedAs);
    this.#joined.begin(this.#roomSid, this.#join.resumable);
    return this.#joined;
  }

  async #publish(mediaTrack: unknown): Promise<void> {
    if (!(mediaTrack instanceof MediaStreamTrack))
      throw new SessionError('internal', 'the microphone has no media track');
    const kept = new KeptAudioTrack(mediaTrack);
    this.#joined.keep(kept);
    // The cast: livekit-client is not compiled with exactOptionalPropertyTypes, and its tracks fail there.
    await this.#room.localParticipant.publishTrack(kept as LocalTrack, {
      source: Track.Source.Microphone,
      stopMicTrackOnMute: false,
    });
  }
}
