/**
 * One joined LiveKit room, the only file that knows rtc-node's Room. It owns the connection, its published track and
 * its audio readers, and tells a handler what happens, in our own words. It decides nothing: who counts as a user
 * is the only judgement here. Invariant: one reader per audio track, none left after `leave()`; no event after it.
 */
import {
  AudioFrame,
  AudioStream,
  DisconnectReason,
  ConnectionQuality,
  LocalAudioTrack,
  ParticipantKind,
  Room,
  RoomEvent,
  TrackKind,
  TrackPublishOptions,
  TrackSource,
} from '@livekit/rtc-node';
import type {
  AudioSource,
  ByteStreamReader,
  Participant,
  RemoteParticipant,
  RemoteTrack,
  RemoteTrackPublication,
  TextStreamReader,
} from '@livekit/rtc-node';
import {
  AGENT_IDENTITY_PREFIX,
  AGENT_SESSION_TOPIC,
  AGENT_STATE_ATTRIBUTE,
  CHAT_TOPIC,
  MAX_TEXT_LENGTH,
  parseSessionMessage,
  REPLY_ATTRIBUTE,
  RESUME_ATTRIBUTE,
  SEGMENT_ID_ATTRIBUTE,
  SESSION_TOPIC,
  TRANSCRIBED_TRACK_ATTRIBUTE,
  TRANSCRIPTION_FINAL_ATTRIBUTE,
  TRANSCRIPTION_TOPIC,
  USER_KEY_ATTRIBUTE,
} from '../../src/shared/wire.ts';
import { within } from './deferred.ts';
import type { AgentStateName } from './ipc.ts';
import { FRAME_MS, FRAME_SAMPLES, SAMPLE_RATE_HZ } from './pcm.ts';
import { readRoomStats } from './room-stats.ts';
import type { RoomStats } from './room-stats.ts';
import { MAX_REQUEST_BYTES } from './session-requests.ts';
import type { AudioSink } from './speaker.ts';

/** What a room tells. Users only: agents, recorders and the like are left out. */
export interface LiveRoomHandler {
  /** `resumes`: carries `clara.resume`, its client works on its own way back. */
  onUserCame(identity: string, userKey?: string, resumes?: boolean): void;
  /** `reason` is LiveKit's DisconnectReason by name, `NONE` where there is none. */
  onUserWent(identity: string, reason: string, resumes: boolean): void;
  /** The first frame of a track is here; its sound follows. */
  onUserAudioBegan(identity: string): void;
  onUserAudio(identity: string, frame: Int16Array): void;
  /** Somebody has subscribed to our track. */
  onHeard(): void;
  onText(identity: string, text: string): void;
  onBye(identity: string): void;
  /** The answer goes back to who asked; undefined is no answer. */
  onSessionRequest(data: Uint8Array, identity: string): Uint8Array | undefined;
  onQuality(identity: string, quality: 'excellent' | 'good' | 'poor' | 'lost'): void;
  onConnection(state: 'connected' | 'reconnecting'): void;
  /** Something that nobody waits for went wrong; `what` is a camelCase code. */
  onFailure(what: string, error: unknown): void;
  /** The room ended by itself; nothing comes after it. */
  onDisconnected(reason: string): void;
}

/** Join and publish, ms; 134 to 173 ms on loopback, rtc-node's own limit for the media path is 30 s. */
const JOIN_LIMIT_MS = 12_000;
/** A message that is not whole after this long is dropped, ms. */
const STREAM_LIMIT_MS = 10_000;
const SEND_LIMIT_MS = 5_000;
const LEAVE_LIMIT_MS = 800;
/** A healthy subscription stands within 100 ms. */
const RESUBSCRIBE_LIMIT_MS = 5_000;
const UNSUBSCRIBE_LIMIT_MS = 1_000;
const STATS_LIMIT_MS = 1_000;

/** rtc-node's source as the speaker wants it. */
export function sinkOf(source: AudioSource): AudioSink {
  return {
    // Copied: rtc-node hands the start of the underlying buffer to native code and knows nothing of a view's offset.
    write: (frame) => source.captureFrame(new AudioFrame(frame.slice(), SAMPLE_RATE_HZ, 1, FRAME_SAMPLES)),
    clear: () => source.clearQueue(),
  };
}

/** A joined room with our track in it. Whoever joined leaves. */
export class LiveRoom {
  readonly #room: Room;
  readonly #handler: LiveRoomHandler;
  readonly #readers = new Map<RemoteTrack, ReadableStreamDefaultReader<AudioFrame>>();
  #track: LocalAudioTrack | undefined;
  #trackSid: string | undefined;
  #left = false;
  /** States set while one is on its way: only the last matters. */
  #state: { sending: boolean; wanted: AgentStateName | undefined } = { sending: false, wanted: undefined };

  private constructor(room: Room, handler: LiveRoomHandler) {
    this.#room = room;
    this.#handler = handler;
    this.#listen();
  }

  /**
   * Joins and publishes `source` at once: a participant without a track is announced only on a 3 s tick. Throws an
   * Error without the token when it cannot within {@link JOIN_LIMIT_MS}; nothing is left open then.
   */
  static async join(
    url: string,
    token: string,
    source: AudioSource,
    handler: LiveRoomHandler,
  ): Promise<LiveRoom> {
    const live = new LiveRoom(new Room(), handler);
    try {
      if ((await within(JOIN_LIMIT_MS, live.#join(url, token, source))) !== true)
        throw new Error(`not joined within ${JOIN_LIMIT_MS} ms, or refused`);
      return live;
    } catch (error) {
      await live.leave();
      throw error;
    }
  }

  async #join(url: string, token: string, source: AudioSource): Promise<true> {
    await this.#room.connect(url, token, {
      autoSubscribe: true,
      dynacast: false,
      dataStream: { maxPayloadByteLength: MAX_REQUEST_BYTES },
    });
    await this.#throwIfLeft();
    const track = LocalAudioTrack.createAudioTrack('agent-voice', source);
    this.#track = track;
    const publication = await this.#local().publishTrack(
      track,
      new TrackPublishOptions({ source: TrackSource.SOURCE_MICROPHONE, dtx: false, red: true }),
    );
    this.#trackSid = publication.sid;
    await this.#throwIfLeft();
    for (const participant of this.#room.remoteParticipants.values()) this.#came(participant);
    return true;
  }

  /** Leaves what came through only after it was given up: rtc-node disconnects nothing that is not connected yet. */
  async #throwIfLeft(): Promise<void> {
    if (!this.#left) return;
    await within(LEAVE_LIMIT_MS, this.#room.disconnect());
    await this.#track?.close(false).catch(() => {}); // gone with the room
    throw new Error('the room was left while it was joined');
  }

  /** Shows the agent's state; late or failed ones are dropped. */
  setState(state: AgentStateName): void {
    this.#state.wanted = state;
    if (!this.#state.sending) this.#unwaited('stateNotSent', this.#sendStates());
  }

  #unwaited(what: string, work: Promise<unknown>): void {
    work.catch((error: unknown) => this.#handler.onFailure(what, error));
  }

  async #sendStates(): Promise<void> {
    this.#state.sending = true;
    while (this.#state.wanted !== undefined && !this.#left) {
      const state = this.#state.wanted;
      this.#state.wanted = undefined;
      const local = this.#room.localParticipant;
      if (local !== undefined)
        await within(SEND_LIMIT_MS, local.setAttributes({ [AGENT_STATE_ATTRIBUTE]: state }));
    }
    this.#state.sending = false;
  }

  /** Sends the agent's words on `lk.chat`. False when they did not go. */
  async sendChat(text: string, id: string): Promise<boolean> {
    return this.#sendText(text, CHAT_TOPIC, id, {});
  }

  /** Sends the transcript of a spoken answer to a typed message. False when it did not go. */
  async sendSpokenReply(text: string, id: string): Promise<boolean> {
    return this.#sendText(text, TRANSCRIPTION_TOPIC, undefined, {
      [SEGMENT_ID_ATTRIBUTE]: id,
      [TRANSCRIPTION_FINAL_ATTRIBUTE]: 'true',
      [REPLY_ATTRIBUTE]: '1',
      ...(this.#trackSid !== undefined && { [TRANSCRIBED_TRACK_ATTRIBUTE]: this.#trackSid }),
    });
  }

  async #sendText(
    text: string,
    topic: string,
    streamId: string | undefined,
    attributes: Record<string, string>,
  ): Promise<boolean> {
    const local = this.#room.localParticipant;
    if (this.#left || local === undefined) return false;
    return (
      (await within(
        SEND_LIMIT_MS,
        local.sendText(text, { topic, attributes, ...(streamId !== undefined && { streamId }) }),
      )) !== undefined
    );
  }

  /** Whose sound should be coming: subscribed and not muted. */
  expectsAudioOf(identity: string): boolean {
    return this.#audioOf(identity).some(({ subscribed, muted }) => subscribed && muted !== true);
  }

  /** Subscribes anew to a user's sound, with a new stream. False when it does not stand within {@link RESUBSCRIBE_LIMIT_MS}. */
  async resubscribe(identity: string): Promise<boolean> {
    const publications = this.#audioOf(identity);
    if (this.#left || publications.length === 0) return false;
    const gone = new Promise<void>((resolve) => {
      this.#room.once(RoomEvent.TrackUnsubscribed, () => resolve());
    });
    for (const publication of publications) publication.setSubscribed(false);
    await within(UNSUBSCRIBE_LIMIT_MS, gone); // both at once the server may take for no change at all
    if (this.#left) return false;
    const standing = new Promise<true>((resolve) => {
      this.#room.once(RoomEvent.TrackSubscribed, () => resolve(true));
    });
    for (const publication of publications) publication.setSubscribed(true);
    return (await within(RESUBSCRIBE_LIMIT_MS, standing)) === true;
  }

  /** What the transport has counted so far; undefined when it does not tell in time. */
  async stats(): Promise<RoomStats | undefined> {
    if (this.#left) return undefined;
    const stats = await within(STATS_LIMIT_MS, this.#room.getRtcStats());
    return stats === undefined
      ? undefined
      : readRoomStats([
          // One connection carries both ways on newer servers; then all is the publisher's.
          ...stats.subscriberStats,
          ...stats.publisherStats,
        ]);
  }

  #audioOf(identity: string): RemoteTrackPublication[] {
    const participant = this.#room.remoteParticipants.get(identity);
    return [...(participant?.trackPublications.values() ?? [])].filter(
      ({ kind }) => kind === TrackKind.KIND_AUDIO,
    );
  }

  /** Leaves and closes all; idempotent, bounded, never throws. The source stays its owner's. */
  async leave(): Promise<void> {
    if (this.#left) return;
    this.#left = true;
    this.#room.removeAllListeners();
    for (const reader of this.#readers.values()) reader.cancel().catch(() => {}); // ends by itself with the track
    this.#readers.clear();
    await within(LEAVE_LIMIT_MS, this.#room.disconnect());
    // Its native half stays for the life of the process otherwise, one for each rejoin.
    await this.#track?.close(false).catch(() => {}); // gone with the room
  }

  #local(): NonNullable<Room['localParticipant']> {
    const local = this.#room.localParticipant;
    if (local === undefined) throw new Error('the room was left while it was joined');
    return local;
  }

  #listen(): void {
    const room = this.#room;
    const handler = this.#handler;
    room.on(RoomEvent.ParticipantConnected, (participant) => this.#came(participant));
    room.on(RoomEvent.ParticipantDisconnected, (participant) => {
      if (!isUser(participant)) return;
      const reason = participant.disconnectReason;
      const name = reason === undefined ? 'NONE' : DisconnectReason[reason];
      handler.onUserWent(participant.identity, name, resumes(participant));
    });
    room.on(RoomEvent.TrackSubscribed, (track, _publication, participant) => {
      if (track.kind === TrackKind.KIND_AUDIO && isUser(participant))
        this.#unwaited('audioLost', this.#read(track, participant.identity));
    });
    room.on(RoomEvent.TrackUnsubscribed, (track) => {
      this.#readers
        .get(track)
        ?.cancel()
        .catch(() => {}); // its loop ends with it
    });
    room.on(RoomEvent.LocalTrackSubscribed, () => handler.onHeard());
    room.on(RoomEvent.DataReceived, (payload, participant, _kind, topic) => {
      if (
        participant !== undefined &&
        topic === SESSION_TOPIC &&
        parseSessionMessage(payload)?.type === 'bye'
      )
        handler.onBye(participant.identity);
    });
    room.on(RoomEvent.ConnectionQualityChanged, (quality, participant) => {
      const name = qualityName(quality);
      if (isUser(participant) && name !== undefined) handler.onQuality(participant.identity, name);
    });
    room.on(RoomEvent.Reconnecting, () => handler.onConnection('reconnecting'));
    room.on(RoomEvent.Reconnected, () => handler.onConnection('connected'));
    room.on(RoomEvent.Disconnected, (reason) => {
      if (!this.#left) handler.onDisconnected(DisconnectReason[reason] ?? 'NONE');
    });
    room.registerTextStreamHandler(CHAT_TOPIC, (reader, { identity }) =>
      this.#unwaited('textLost', this.#readText(reader, identity)),
    );
    room.registerByteStreamHandler(AGENT_SESSION_TOPIC, (reader, { identity }) =>
      this.#unwaited('requestLost', this.#readRequest(reader, identity)),
    );
  }

  #came(participant: RemoteParticipant): void {
    if (this.#left || !isUser(participant)) return;
    const userKey = participant.attributes[USER_KEY_ATTRIBUTE];
    this.#handler.onUserCame(participant.identity, userKey, resumes(participant));
  }

  async #read(track: RemoteTrack, identity: string): Promise<void> {
    if (this.#left || this.#readers.has(track)) return;
    const reader = new AudioStream(track, {
      sampleRate: SAMPLE_RATE_HZ,
      numChannels: 1,
      frameSizeMs: FRAME_MS,
    }).getReader();
    this.#readers.set(track, reader);
    let began = false;
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done || this.#left) break;
        if (!began) this.#handler.onUserAudioBegan(identity);
        began = true;
        if (value.data.length === FRAME_SAMPLES) this.#handler.onUserAudio(identity, value.data);
      }
    } catch {
      // a stream that breaks ends like one that was closed; the room tells why
    } finally {
      this.#readers.delete(track);
    }
  }

  async #readText(reader: TextStreamReader, identity: string): Promise<void> {
    const text = await within(STREAM_LIMIT_MS, reader.readAll());
    if (text === undefined) return void (await within(SEND_LIMIT_MS, reader.close()));
    if (!this.#left && text !== '' && text.length <= MAX_TEXT_LENGTH) this.#handler.onText(identity, text);
  }

  async #readRequest(reader: ByteStreamReader, identity: string): Promise<void> {
    const chunks = await within(STREAM_LIMIT_MS, reader.readAll());
    if (chunks === undefined) return void (await within(SEND_LIMIT_MS, reader.close()));
    const answer = this.#handler.onSessionRequest(Buffer.concat(chunks), identity);
    const local = this.#room.localParticipant;
    if (answer === undefined || this.#left || local === undefined) return;
    const writer = await within(
      SEND_LIMIT_MS,
      local.streamBytes({
        topic: AGENT_SESSION_TOPIC,
        destinationIdentities: [identity],
        totalSize: answer.byteLength,
      }),
    );
    if (writer === undefined) return;
    await within(SEND_LIMIT_MS, writer.write(answer));
    await within(SEND_LIMIT_MS, writer.close());
  }
}

function isUser(participant: Participant): boolean {
  const isPerson = participant.kind === ParticipantKind.STANDARD || participant.kind === ParticipantKind.SIP;
  return isPerson && !participant.identity.startsWith(AGENT_IDENTITY_PREFIX);
}

/** Its client works on its own way back. */
function resumes(participant: Participant): boolean {
  return participant.attributes[RESUME_ATTRIBUTE] !== undefined;
}

function qualityName(quality: ConnectionQuality): 'excellent' | 'good' | 'poor' | 'lost' | undefined {
  switch (quality) {
    case ConnectionQuality.QUALITY_EXCELLENT:
      return 'excellent';
    case ConnectionQuality.QUALITY_GOOD:
      return 'good';
    case ConnectionQuality.QUALITY_POOR:
      return 'poor';
    case ConnectionQuality.QUALITY_LOST:
      return 'lost';
    default:
      return undefined;
  }
}
