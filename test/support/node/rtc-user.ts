import { setTimeout as sleep } from 'node:timers/promises';
import {
  AudioSource,
  AudioStream,
  LocalAudioTrack,
  Room,
  RoomEvent,
  TrackKind,
  TrackPublishOptions,
  TrackSource,
} from '@livekit/rtc-node';
import type { RemoteParticipant, RemoteTrack } from '@livekit/rtc-node';
import { AgentSession as Protocol } from '@livekit/protocol';
import { AccessToken, AgentDispatchClient, RoomServiceClient } from 'livekit-server-sdk';
import {
  AGENT_SESSION_TOPIC,
  CHAT_TOPIC,
  encodeSessionMessage,
  SESSION_TOPIC,
  TRANSCRIPTION_TOPIC,
} from '../../../src/shared/wire.ts';
import { systemClock } from '../../../harness/agent/clock.ts';
import { sinkOf } from '../../../harness/agent/live-room.ts';
import { framesOf } from '../../../harness/agent/pcm.ts';
import { QUEUE_LIMIT_MS, Speaker } from '../../../harness/agent/speaker.ts';
import type { LiveKitAddress, Pipeline } from '../../../harness/contracts.ts';

const RATE_HZ = 48_000;

/** Waits until `look` gives something, at most `limitMs`; for what a real server does in its own time. */
export async function until<T>(look: () => T | undefined | false, limitMs: number, what: string): Promise<T> {
  const endMonoMs = performance.now() + limitMs;
  for (;;) {
    const found = look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > endMonoMs) throw new Error(`${what}: not within ${limitMs} ms`);
    await sleep(5);
  }
}

/** Makes a room as the gateway does and asks for an agent. */
export async function dispatchAgent(
  server: LiveKitAddress,
  agentName: string,
  voiceSessionId: string,
  pipeline: Pipeline,
): Promise<string> {
  const httpUrl = server.url.replace(/^ws/, 'http');
  const roomName = `room-${voiceSessionId}`;
  await new RoomServiceClient(httpUrl, server.apiKey, server.apiSecret).createRoom({
    name: roomName,
    emptyTimeout: 300,
    departureTimeout: 150,
  });
  await new AgentDispatchClient(httpUrl, server.apiKey, server.apiSecret).createDispatch(
    roomName,
    agentName,
    { metadata: JSON.stringify({ voiceSessionId, pipeline }) },
  );
  return roomName;
}

/** A user over rtc-node in this process, with a microphone that is fed by the test. */
export class RtcUser {
  readonly room = new Room();
  /** Everything heard from agents, with the mono ms of its arrival. */
  readonly heard: { atMonoMs: number; samples: Int16Array }[] = [];
  readonly texts: { topic: string; text: string; attributes: Record<string, string> }[] = [];
  readonly #source = new AudioSource(RATE_HZ, 1, QUEUE_LIMIT_MS);
  readonly #pongs = new Map<string, () => void>();
  readonly #life = new AbortController();
  readonly #speaker = new Speaker(sinkOf(this.#source), systemClock);
  #speaking: Promise<void> | undefined;

  /** Joins and publishes; `attributes` as the token carries them. */
  static async join(
    server: LiveKitAddress,
    roomName: string,
    identity: string,
    attributes: Record<string, string> = {},
  ): Promise<RtcUser> {
    const token = new AccessToken(server.apiKey, server.apiSecret, { identity, ttl: '5m', attributes });
    token.addGrant({
      roomJoin: true,
      room: roomName,
      canPublish: true,
      canSubscribe: true,
      canPublishData: true,
    });
    const user = new RtcUser();
    user.#listen();
    await user.room.connect(server.url, await token.toJwt(), { autoSubscribe: true, dynacast: false });
    const track = LocalAudioTrack.createAudioTrack('microphone', user.#source);
    await user.room.localParticipant?.publishTrack(
      track,
      new TrackPublishOptions({ source: TrackSource.SOURCE_MICROPHONE, dtx: false }),
    );
    user.#speaking = user.#speaker.run(user.#life.signal); // a browser's microphone never sends nothing either
    return user;
  }

  agent(): RemoteParticipant | undefined {
    return [...this.room.remoteParticipants.values()].find((participant) =>
      participant.identity.startsWith('agent-'),
    );
  }

  /** Says samples (48 kHz mono) in real time; resolves with the mono ms at which the last of them was played. */
  async say(samples: Int16Array): Promise<number> {
    await this.#speaker.play(framesOf(samples), this.#life.signal);
    return performance.now();
  }

  async sendText(text: string): Promise<void> {
    await this.room.localParticipant?.sendText(text, { topic: CHAT_TOPIC });
  }

  async bye(): Promise<void> {
    await this.room.localParticipant?.publishData(encodeSessionMessage({ type: 'bye' }), {
      reliable: true,
      topic: SESSION_TOPIC,
    });
  }

  /** Asks LiveKit's session ping of the agent; resolves with its round trip, ms. */
  async ping(agentIdentity: string): Promise<number> {
    const requestId = `ping-${Math.random()}`;
    const answered = new Promise<void>((resolve) => this.#pongs.set(requestId, resolve));
    const request = new Protocol.AgentSessionMessage({
      message: { case: 'request', value: { requestId, request: { case: 'ping', value: {} } } },
    }).toBinary();
    const startMonoMs = performance.now();
    const writer = await this.room.localParticipant?.streamBytes({
      topic: AGENT_SESSION_TOPIC,
      destinationIdentities: [agentIdentity],
      totalSize: request.byteLength,
    });
    await writer?.write(request);
    await writer?.close();
    await answered;
    return performance.now() - startMonoMs;
  }

  /** Leaves; idempotent. */
  async leave(): Promise<void> {
    if (this.#life.signal.aborted) return;
    this.#life.abort();
    await this.#speaking;
    await this.room.disconnect();
    await this.#source.close();
  }

  #listen(): void {
    this.room.on(RoomEvent.TrackSubscribed, (track, _publication, participant) => {
      if (track.kind === TrackKind.KIND_AUDIO && participant.identity.startsWith('agent-'))
        void this.#record(track);
    });
    for (const topic of [CHAT_TOPIC, TRANSCRIPTION_TOPIC]) {
      this.room.registerTextStreamHandler(topic, (reader) => {
        void reader
          .readAll()
          .then((text) => this.texts.push({ topic, text, attributes: reader.info.attributes ?? {} }));
      });
    }
    this.room.registerByteStreamHandler(AGENT_SESSION_TOPIC, (reader) => {
      void reader.readAll().then((chunks) => {
        const { message } = Protocol.AgentSessionMessage.fromBinary(Buffer.concat(chunks));
        if (message.case === 'response' && message.value.response.case === 'pong')
          this.#pongs.get(message.value.requestId)?.();
      });
    });
  }

  async #record(track: RemoteTrack): Promise<void> {
    const reader = new AudioStream(track, {
      sampleRate: RATE_HZ,
      numChannels: 1,
      frameSizeMs: 10,
    }).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      this.heard.push({ atMonoMs: performance.now(), samples: value.data });
    }
  }
}
