/** A fake server, a microphone and the real room port, put together for one test and taken apart after it. */
import { browserClock } from '../../../src/compose/browser-clock.ts';
import type { Clock, RoomConnection, RoomJoin, Ticket } from '../../../src/core/ports.ts';
import { PageAudio } from '../../../src/livekit/page-audio.ts';
import { livekitRooms } from '../../../src/livekit/room-port.ts';
import { FakeLiveKitServer } from './fake-livekit-server.ts';
import type { FakePeer } from './fake-livekit-peer.ts';
import { PeerConnectionWatch } from './peer-connection-watch.ts';
import { RoomEventLog } from './room-event-log.ts';

/** Stands in tokens and must never be seen anywhere else. */
export const PLANTED_TOKEN = 'eyJhbGciOiJIUzI1NiJ9.planted-token-body.planted-signature';

export class RoomBench {
  readonly server = new FakeLiveKitServer();
  readonly watch = new PeerConnectionWatch();
  readonly audio = new PageAudio();
  readonly log = new RoomEventLog();
  readonly rooms;
  readonly #joined: RoomConnection[] = [];
  #stream: MediaStream | undefined;

  constructor(clock: Clock = browserClock) {
    this.rooms = livekitRooms({ clock, audio: this.audio });
  }

  get ticket(): Ticket {
    return { serverUrls: [this.server.url], participantToken: PLANTED_TOKEN };
  }

  /** The fake device's track; the same one for the whole test. */
  async microphone(): Promise<MediaStreamTrack> {
    this.#stream ??= await navigator.mediaDevices.getUserMedia({ audio: true });
    const [track] = this.#stream.getAudioTracks();
    if (track === undefined) throw new Error('the fake device gave no audio');
    return track;
  }

  async join(
    changes: Partial<RoomJoin> = {},
    signal: AbortSignal = new AbortController().signal,
  ): Promise<RoomConnection> {
    const room = await this.rooms.join(
      {
        ticket: this.ticket,
        serverUrl: this.server.url,
        repairDelayMs: () => 50,
        mayKeepPath: () => false,
        resumable: false,
        microphone: { mediaTrack: await this.microphone() },
        muted: false,
        onEvent: this.log.onEvent,
        ...changes,
      },
      signal,
    );
    this.#joined.push(room);
    return room;
  }

  /** Joins, with an agent in the room. */
  async joinWithAgent(
    changes: Partial<RoomJoin> = {},
    agent: Parameters<FakePeer['addAgent']>[1] = {},
  ): Promise<{ room: RoomConnection; peer: FakePeer }> {
    const room = await this.join(changes);
    const peer = await this.server.peer();
    await peer.addAgent('agent-1', { attributes: { 'lk.agent.state': 'listening' }, ...agent });
    await this.log.until((events) =>
      events.some((event) => event.type === 'agentState' && event.state === 'listening'),
    );
    return { room, peer };
  }

  async tearDown(): Promise<void> {
    for (const room of this.#joined) await room.close();
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.watch.stop();
    this.server.stop();
  }
}
