/** One participant of the fake server: its socket, its peer connection, and the agent that it sees. */
import {
  type AddTrackRequest,
  DataPacket,
  DataPacket_Kind,
  DataStream_ByteHeader,
  DataStream_Chunk,
  DataStream_Header,
  DataStream_TextHeader,
  DataStream_Trailer,
  type DisconnectReason,
  type JoinRequest,
  JoinResponse,
  LeaveRequest,
  LeaveRequest_Action,
  MediaSectionsRequirement,
  type MuteTrackRequest,
  ParticipantInfo,
  ParticipantInfo_Kind,
  ParticipantInfo_State,
  ParticipantPermission,
  ParticipantUpdate,
  Pong,
  ReconnectResponse,
  Room,
  ServerInfo,
  SessionDescription,
  SignalRequest,
  SignalTarget,
  SpeakerInfo,
  SpeakersChanged,
  TrackInfo,
  TrackPublishedResponse,
  TrackSource,
  TrackType,
  TrickleRequest,
  type UpdateParticipantMetadata,
  UserPacket,
} from '@livekit/protocol';
import type { Client } from 'mock-socket/dist/mock-socket.es.mjs';
import { sendSignal } from './fake-livekit-server.ts';
import { NativePeerConnection } from './peer-connection-watch.ts';

export interface FakePeerFacts {
  readonly sid: string;
  readonly identity: string;
  readonly roomSid: string;
  readonly canPublish: boolean;
  readonly canUpdateMetadata: boolean;
  readonly attributes: Record<string, string>;
  readonly withholdsMedia: boolean;
  /** Sent as they are, after the join and before the first answer. */
  readonly earlyCandidates: readonly string[];
}

interface FakeAgent {
  info: ParticipantInfo;
  track?: MediaStreamTrack | undefined;
}

export class FakePeer {
  readonly sid: string;
  readonly connection = new NativePeerConnection();
  /** What the client asked to publish. */
  readonly publications: AddTrackRequest[] = [];
  readonly mutes: MuteTrackRequest[] = [];
  readonly metadataUpdates: UpdateParticipantMetadata[] = [];
  /** Data packets from the client, in order. */
  readonly packets: DataPacket[] = [];
  readonly resumes: Client[] = [];
  /** Session descriptions that the client offered over this connection, the one of its join first. */
  readonly offers: string[] = [];
  /** Let later offers go unanswered. */
  ignoresOffers = false;
  hasLeft = false;
  /** Do not answer a resume: the socket opens and nothing comes. */
  ignoresResume = false;
  readonly #facts: FakePeerFacts;
  readonly #agents = new Map<string, FakeAgent>();
  /** Which of the client's receiving media sections carries which agent's audio. */
  readonly #sections = new Map<string, FakeAgent>();
  readonly #channels = new Map<string, RTCDataChannel>();
  #waiters: (() => void)[] = [];
  #socket: Client;
  #sequence = 0;
  #audioContext: AudioContext | undefined;

  constructor(socket: Client, facts: FakePeerFacts) {
    this.#socket = socket;
    this.#facts = facts;
    this.sid = facts.sid;
    this.#listen(socket);
    this.connection.onicecandidate = ({ candidate }) => {
      if (candidate === null) return;
      this.send({
        case: 'trickle',
        value: new TrickleRequest({
          candidateInit: JSON.stringify(candidate.toJSON()),
          target: SignalTarget.PUBLISHER,
        }),
      });
    };
    this.connection.ondatachannel = ({ channel }) => {
      channel.binaryType = 'arraybuffer';
      this.#channels.set(channel.label, channel);
      channel.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
        this.packets.push(DataPacket.fromBinary(new Uint8Array(data)));
        this.#changed();
      };
      channel.onopen = () => this.#changed();
      this.#changed();
    };
  }

  send(message: Parameters<typeof sendSignal>[1]): void {
    if (this.#socket.readyState === 1) sendSignal(this.#socket, message);
  }

  /** Waits until `condition` holds; it is looked at whenever something comes from the client. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  /** Waits until so many audio packets of the client have come; looked at once a frame. */
  async untilHears(packets: number): Promise<void> {
    for (;;) {
      for (const entry of (await this.connection.getStats()).values() as Iterable<Record<string, unknown>>) {
        if (entry['type'] === 'inbound-rtp' && Number(entry['packetsReceived']) >= packets) return;
      }
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
  }

  async join(request: JoinRequest): Promise<void> {
    this.send({
      case: 'join',
      value: new JoinResponse({
        room: new Room({ sid: this.#facts.roomSid, name: 'room-1' }),
        participant: new ParticipantInfo({
          sid: this.sid,
          identity: this.#facts.identity,
          state: ParticipantInfo_State.JOINED,
          attributes: this.#facts.attributes,
          permission: new ParticipantPermission({
            canSubscribe: true,
            canPublish: this.#facts.canPublish,
            canPublishData: true,
            canUpdateMetadata: this.#facts.canUpdateMetadata,
          }),
        }),
        otherParticipants: [...this.#agents.values()].map(({ info }) => info),
        serverVersion: '1.13.5',
        serverInfo: new ServerInfo({ version: '1.13.5', protocol: 16 }),
        pingInterval: 5,
        pingTimeout: 15,
        enabledPublishCodecs: [{ mime: 'audio/opus' }, { mime: 'video/VP8' }],
      }),
    });
    for (const candidateInit of this.#facts.earlyCandidates)
      this.send({
        case: 'trickle',
        value: new TrickleRequest({ candidateInit, target: SignalTarget.PUBLISHER }),
      });
    if (request.publisherOffer !== undefined) this.offers.push(request.publisherOffer.sdp);
    if (request.publisherOffer !== undefined && !this.#facts.withholdsMedia)
      await this.#answer(request.publisherOffer);
  }

  resume(socket: Client): void {
    this.resumes.push(socket);
    this.#socket = socket;
    this.#listen(socket);
    if (!this.ignoresResume)
      this.send({ case: 'reconnect', value: new ReconnectResponse({ serverInfo: { version: '1.13.5' } }) });
    this.#changed();
  }

  /** An agent enters. With audio it sends a tone of 440 Hz. */
  async addAgent(
    identity = 'agent-1',
    options: { attributes?: Record<string, string>; audio?: boolean; kind?: ParticipantInfo_Kind } = {},
  ): Promise<void> {
    const number = this.#agents.size + 1;
    const sid = `PA_agent${number}`;
    const track = options.audio ? this.#tone() : undefined;
    const agent: FakeAgent = {
      track,
      info: new ParticipantInfo({
        sid,
        identity,
        kind: options.kind ?? ParticipantInfo_Kind.AGENT,
        state: ParticipantInfo_State.ACTIVE,
        joinedAt: BigInt(1_700_000_000 + number),
        attributes: options.attributes ?? {},
        tracks: track
          ? [
              new TrackInfo({
                sid: `TR_agent${number}`,
                type: TrackType.AUDIO,
                source: TrackSource.MICROPHONE,
                name: 'voice',
              }),
            ]
          : [],
      }),
    };
    this.#agents.set(identity, agent);
    this.#sendUpdate(agent.info);
    if (track === undefined) return;
    // As livekit-server 1.13.5 does: with a section to spare it asks for none, and only for a new offer.
    const numAudios = this.#spareSection() === undefined ? 1 : 0;
    this.send({ case: 'mediaSectionsRequirement', value: new MediaSectionsRequirement({ numAudios }) });
    await this.until(() => [...this.#sections.values()].includes(agent));
  }

  setAgentAttributes(identity: string, attributes: Record<string, string>): void {
    const agent = this.#agents.get(identity);
    if (agent === undefined) throw new Error(`no agent ${identity}`);
    agent.info = agent.info.clone();
    agent.info.attributes = { ...agent.info.attributes, ...attributes };
    agent.info.version++;
    this.#sendUpdate(agent.info);
  }

  removeAgent(identity: string): void {
    const agent = this.#agents.get(identity);
    if (agent === undefined) throw new Error(`no agent ${identity}`);
    this.#agents.delete(identity);
    const info = agent.info.clone();
    info.state = ParticipantInfo_State.DISCONNECTED;
    info.version++;
    this.#sendUpdate(info);
    agent.track?.stop();
  }

  /** The server sends the client away, or asks it to come back. */
  leave(reason: DisconnectReason, action: LeaveRequest_Action = LeaveRequest_Action.DISCONNECT): void {
    this.send({ case: 'leave', value: new LeaveRequest({ reason, action }) });
  }

  /** The signal connection breaks, as on a TCP reset. */
  resetSocket(): void {
    this.#socket.close({ code: 1006, reason: '', wasClean: false });
  }

  /** The server tells that it hears the client speak. */
  tellSpeaking(): void {
    this.send({
      case: 'speakersChanged',
      value: new SpeakersChanged({
        speakers: [new SpeakerInfo({ sid: this.sid, level: 0.5, active: true })],
      }),
    });
  }

  /** Whether the signal connection is open. */
  get isSignalOpen(): boolean {
    return this.#socket.readyState === 1;
  }

  /** A raw frame on the signal connection, whatever it is. */
  sendFrame(frame: Uint8Array | string): void {
    if (this.isSignalOpen)
      this.#socket.send(typeof frame === 'string' ? frame : Uint8Array.from(frame).buffer);
  }

  /** Raw bytes on the reliable data channel. */
  async sendRaw(bytes: Uint8Array): Promise<void> {
    await this.until(() => this.#channels.get('_reliable')?.readyState === 'open');
    this.#channels.get('_reliable')?.send(Uint8Array.from(bytes));
  }

  async sendPacket(value: NonNullable<DataPacket['value']>, from: string): Promise<void> {
    await this.sendRaw(
      new DataPacket({
        kind: DataPacket_Kind.RELIABLE,
        participantIdentity: from,
        participantSid: this.#agents.get(from)?.info.sid ?? 'PA_other',
        sequence: ++this.#sequence,
        value,
      }).toBinary(),
    );
  }

  async sendData(payload: Uint8Array, topic: string, from: string): Promise<void> {
    await this.sendPacket(
      {
        case: 'user',
        value: new UserPacket({ payload: Uint8Array.from(payload), topic, participantIdentity: from }),
      },
      from,
    );
  }

  /** A stream in parts: header, then each chunk, then (unless `open`) the trailer. Text as strings, bytes as arrays. */
  async sendStream(options: {
    topic: string;
    from: string;
    chunks: readonly (string | Uint8Array)[];
    id?: string;
    attributes?: Record<string, string>;
    kind?: 'text' | 'byte';
    open?: boolean;
  }): Promise<string> {
    const streamId = options.id ?? crypto.randomUUID();
    const { from } = options;
    await this.sendPacket(
      {
        case: 'streamHeader',
        value: new DataStream_Header({
          streamId,
          topic: options.topic,
          timestamp: BigInt(Date.now()),
          mimeType: options.kind === 'byte' ? 'application/octet-stream' : 'text/plain',
          attributes: options.attributes ?? {},
          contentHeader:
            options.kind === 'byte'
              ? { case: 'byteHeader', value: new DataStream_ByteHeader({ name: 'message' }) }
              : { case: 'textHeader', value: new DataStream_TextHeader() },
        }),
      },
      from,
    );
    for (const [index, chunk] of options.chunks.entries()) await this.sendChunk(streamId, index, chunk, from);
    if (!options.open) await this.endStream(streamId, from);
    return streamId;
  }

  async sendChunk(streamId: string, index: number, chunk: string | Uint8Array, from: string): Promise<void> {
    const content = typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk;
    await this.sendPacket(
      {
        case: 'streamChunk',
        value: new DataStream_Chunk({
          streamId,
          chunkIndex: BigInt(index),
          content: Uint8Array.from(content),
        }),
      },
      from,
    );
  }

  async endStream(streamId: string, from: string): Promise<void> {
    await this.sendPacket({ case: 'streamTrailer', value: new DataStream_Trailer({ streamId }) }, from);
  }

  close(): void {
    for (const { track } of this.#agents.values()) track?.stop();
    this.#audioContext?.close().catch(() => {});
    this.connection.close();
  }

  #listen(socket: Client): void {
    socket.on('message', (message) => {
      if (message instanceof ArrayBuffer)
        void this.#onSignal(SignalRequest.fromBinary(new Uint8Array(message)), socket);
    });
  }

  async #onSignal(request: SignalRequest, socket: Client): Promise<void> {
    const { message } = request;
    switch (message.case) {
      case 'offer':
        this.offers.push(message.value.sdp);
        if (!this.#facts.withholdsMedia && !this.ignoresOffers) await this.#answer(message.value);
        this.#changed();
        break;
      case 'trickle':
        await this.connection
          .addIceCandidate(JSON.parse(message.value.candidateInit) as RTCIceCandidateInit)
          .catch(() => {});
        break;
      case 'addTrack':
        this.publications.push(message.value);
        this.send({
          case: 'trackPublished',
          value: new TrackPublishedResponse({
            cid: message.value.cid,
            track: new TrackInfo({
              sid: `TR_user${this.publications.length}`,
              type: message.value.type,
              source: message.value.source,
              muted: message.value.muted,
            }),
          }),
        });
        break;
      case 'mute':
        this.mutes.push(message.value);
        break;
      case 'updateMetadata':
        this.metadataUpdates.push(message.value);
        break;
      case 'ping':
        sendSignal(socket, { case: 'pong', value: message.value });
        break;
      case 'pingReq':
        sendSignal(socket, {
          case: 'pongResp',
          value: new Pong({ lastPingTimestamp: message.value.timestamp }),
        });
        break;
      case 'leave':
        this.hasLeft = true;
        break;
      default:
        break;
    }
    this.#changed();
  }

  async #answer(offer: SessionDescription): Promise<void> {
    if (this.connection.signalingState === 'closed') return;
    await this.connection.setRemoteDescription({ type: 'offer', sdp: offer.sdp });
    await this.#assignAgentAudio();
    const answer = await this.connection.createAnswer();
    await this.connection.setLocalDescription(answer);
    const midToTrackId: Record<string, string> = {};
    for (const [mid, { info }] of this.#sections) midToTrackId[mid] = info.tracks[0]?.sid ?? '';
    this.send({
      case: 'answer',
      value: new SessionDescription({
        type: 'answer',
        sdp: this.#named(answer.sdp ?? ''),
        id: offer.id,
        midToTrackId,
      }),
    });
    this.#changed();
  }

  /** Puts each agent's audio on a section that the client only receives on. */
  async #assignAgentAudio(): Promise<void> {
    for (const agent of this.#agents.values()) {
      if (agent.track === undefined || [...this.#sections.values()].includes(agent)) continue;
      const free = this.#spareSection();
      if (free === undefined || free.mid === null) continue;
      free.direction = 'sendonly';
      await free.sender.replaceTrack(agent.track);
      this.#sections.set(free.mid, agent);
    }
  }

  /** An audio section that the client receives on and nobody has yet. */
  #spareSection(): RTCRtpTransceiver | undefined {
    return this.connection
      .getTransceivers()
      .find(
        ({ mid, receiver, sender, direction }) =>
          mid !== null &&
          receiver.track.kind === 'audio' &&
          sender.track === null &&
          direction === 'recvonly' &&
          this.#isReceiving(mid),
      );
  }

  /** Whether the client's offer says `recvonly` for a section. */
  #isReceiving(mid: string): boolean {
    const section = sectionsOf(this.connection.remoteDescription?.sdp ?? '').find(
      (text) => midOf(text) === mid,
    );
    return section?.includes('a=recvonly') ?? false;
  }

  /** The names that LiveKit gives to streams and tracks, which a browser cannot choose. */
  #named(sdp: string): string {
    return sectionsOf(sdp)
      .map((section) => {
        const agent = this.#sections.get(midOf(section) ?? '');
        const trackSid = agent?.info.tracks[0]?.sid;
        if (agent === undefined || trackSid === undefined) return section;
        return section
          .replace(/a=msid:\S+ \S+/g, `a=msid:${agent.info.sid}|voice ${trackSid}`)
          .replace(/(a=ssrc:\d+ msid:)\S+ \S+/g, `$1${agent.info.sid}|voice ${trackSid}`);
      })
      .join('');
  }

  #tone(): MediaStreamTrack {
    this.#audioContext ??= new AudioContext();
    const oscillator = this.#audioContext.createOscillator();
    const destination = this.#audioContext.createMediaStreamDestination();
    oscillator.connect(destination);
    oscillator.start();
    const [track] = destination.stream.getAudioTracks();
    if (track === undefined) throw new Error('no audio track');
    return track;
  }

  #sendUpdate(info: ParticipantInfo): void {
    this.send({ case: 'update', value: new ParticipantUpdate({ participants: [info] }) });
  }

  #changed(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resolve of waiters) resolve();
  }
}

function sectionsOf(sdp: string): string[] {
  return sdp.split(/(?=^m=)/m);
}

function midOf(section: string): string | undefined {
  return /^a=mid:(\S+)/m.exec(section)?.[1];
}
