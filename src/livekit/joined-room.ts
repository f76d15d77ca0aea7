/**
 * One room of the SDK from its making to its close, as a {@link RoomConnection}. Owns the room's listeners, audio
 * elements, streams and the SDK's hold on the microphone's track; never the track itself, never a decision to
 * reconnect. Invariant: events come in order, none before the join has succeeded and none after `close()`.
 */
import { type Room, RoomEvent as SdkEvent } from 'livekit-client';
import { SessionError } from '../core/errors.ts';
import type { Clock, DisconnectName, RoomConnection, RoomEvent, RoomJoin } from '../core/ports.ts';
import type { RoomMetrics } from '../core/metrics/room-metrics.ts';
import type { MediaSample } from '../core/reconnect/media-sample.ts';
import {
  CHAT_TOPIC,
  encodeSessionMessage,
  parseSessionMessage,
  RESUME_ATTRIBUTE,
  SESSION_TOPIC,
} from '../shared/wire.ts';
import { AgentWatch, isAgent } from './agent-watch.ts';
import { disconnectNameOf } from './error-table.ts';
import type { KeptAudioTrack } from './kept-audio-track.ts';
import { mediaSampleOf } from './media-sample.ts';
import type { PageAudio } from './page-audio.ts';
import { RemoteAudio } from './remote-audio.ts';
import { roomFacts, roomMetricsOf } from './room-metrics.ts';
import { pushRepair, watchResumes } from './sdk-repair.ts';
import { closeEngine, cutEngine, sdkEngine } from './sdk-room.ts';
import { SessionPinger } from './session-ping.ts';
import { readTextStreams } from './text-streams.ts';
import { untilAborted } from './until-aborted.ts';

/** Longest goodbye, ms: the packet is written at once when the data channel is up. */
const BYE_LIMIT_MS = 500;
/**
 * Head start of the bye over the leave, ms. They take different ways (data channel, WebSocket), and a leave that
 * comes first throws the bye away; without it the real server lost some on loopback.
 */
const BYE_LEAD_MS = 150;
/** Longest close, ms, after which the room is cut off; the SDK itself waits 250 for the socket's close. */
const CLOSE_LIMIT_MS = 2000;
/** How long a speaker update proves that our packets arrive, ms (see MediaSample.upConfirmed). */
const CONFIRMED_FOR_MS = 2000;

/** Reports of the latest sample are taken for those of now, ms: samples are taken every 500. */
const REPORTS_KEPT_MS = 700;

/** What a joined room needs beside its join. */
export interface JoinedRoomContext {
  readonly clock: Clock;
  readonly audio: PageAudio;
}

/** See the file's head. */
export class JoinedRoom implements RoomConnection {
  readonly #room: Room;
  readonly #firstEngine: Room['engine'];
  readonly #clock: Clock;
  readonly #onEvent: RoomJoin['onEvent'];
  readonly #audio: RemoteAudio;
  readonly #agent: AgentWatch;
  readonly #pinger: SessionPinger;
  readonly #life = new AbortController();
  #kept: KeptAudioTrack | undefined;
  /** What was told before the join had succeeded; undefined from then on. */
  #early: RoomEvent[] | undefined = [];
  #repairScope: 'signal' | 'all' | undefined;
  #heardMonoMs = -Infinity;
  #closing: Promise<void> | undefined;
  #roomSid = '';
  #endedAs: DisconnectName | undefined;
  #latest: { readonly reports: readonly RTCStatsReport[]; readonly monoMs: number } = {
    reports: [],
    monoMs: -Infinity,
  };

  constructor(room: Room, onEvent: RoomJoin['onEvent'], { clock, audio }: JoinedRoomContext) {
    this.#room = room;
    this.#firstEngine = room.engine;
    this.#clock = clock;
    this.#onEvent = onEvent;
    this.#audio = new RemoteAudio(audio, (blocked) => this.#tell({ type: 'audioBlocked', blocked }));
    this.#agent = new AgentWatch(room, {
      onState: (state) => this.#tell({ type: 'agentState', state }),
      onContext: (origin, agentId) => this.#tell({ type: 'agentContext', origin, agentId }),
    });
    this.#pinger = new SessionPinger(room, clock);
    readTextStreams(room, {
      clock,
      life: this.#life.signal,
      authorOf: (identity) => this.#authorOf(identity),
      tell: (event) => this.#tell(event),
    });
    this.#listen();
  }

  get roomSid(): string {
    return this.#roomSid;
  }

  get identity(): string {
    return this.#room.localParticipant.identity;
  }

  /** Why the SDK said that the room ended, also before the join had succeeded. */
  get endedAs(): DisconnectName | undefined {
    return this.#endedAs;
  }

  /** From now on the room tells: what came early, then what comes. */
  begin(roomSid: string, resumable: boolean): void {
    this.#roomSid = roomSid;
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const event of early) this.#tell(event);
    this.#agent.refresh();
    if (resumable) this.#markResumable();
  }

  /** Takes over the SDK's hold on the microphone, to release it at close. */
  keep(track: KeptAudioTrack): void {
    this.#kept = track;
  }

  agentLevel(): number {
    return this.#audio.level();
  }

  async sample(signal: AbortSignal): Promise<MediaSample> {
    signal.throwIfAborted();
    const engine = sdkEngine(this.#room);
    const transports = [engine?.pcManager?.publisher, engine?.pcManager?.subscriber];
    const readings = transports.flatMap((transport) => transport?.getStats() ?? []);
    if (readings.length === 0) throw new SessionError('mediaFailed', 'there is no peer connection to read');
    const isPublished = this.#room.localParticipant.audioTrackPublications.size > 0;
    // One that has ended sends nothing any more, and proves nothing by that.
    const microphone =
      isPublished && this.#kept?.mediaStreamTrack.readyState === 'live' ? this.#kept : undefined;
    microphone?.tellMuted().catch(() => {}); // told again with the next sample
    const reports = await untilAborted(Promise.all(readings), signal);
    const monoMs = this.#clock.monoMs();
    this.#latest = { reports, monoMs };
    return mediaSampleOf(reports, {
      monoMs,
      signalUp: engine?.client.ws?.readyState === WebSocket.OPEN,
      upConfirmed: monoMs - this.#heardMonoMs <= CONFIRMED_FOR_MS,
      ...(microphone !== undefined && { microphone: { muted: !microphone.mediaStreamTrack.enabled } }),
      agentTrackIds: this.#agentTrackIds(),
    });
  }

  /** Of the reports that the latest sample was made of: asking a browser twice costs twice. */
  async metrics(signal: AbortSignal): Promise<RoomMetrics> {
    if (this.#clock.monoMs() - this.#latest.monoMs > REPORTS_KEPT_MS) await this.sample(signal);
    signal.throwIfAborted();
    return roomMetricsOf(this.#latest.reports, {
      ...roomFacts(this.#room),
      monoMs: this.#latest.monoMs,
      agentTrackIds: this.#agentTrackIds(),
    });
  }

  ping(signal: AbortSignal): Promise<boolean> {
    return this.#pinger.ping(this.#agent.participant?.identity, signal);
  }

  repairNow(): void {
    if (!this.#life.signal.aborted) pushRepair(this.#room, this.#clock);
  }

  async sendText(messageId: string, text: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#life.signal.aborted) throw new SessionError('sendFailed', 'the room is closed');
    try {
      await untilAborted(this.#streamText(messageId, text), signal);
    } catch {
      signal.throwIfAborted();
      throw new SessionError('sendFailed', `a message of ${text.length} characters was not sent`);
    }
  }

  async sayBye(): Promise<void> {
    const { signal } = this.#life;
    if (signal.aborted) return;
    const limit = new AbortController();
    const sent = this.#room.localParticipant
      .publishData(encodeSessionMessage({ type: 'bye' }), { reliable: true, topic: SESSION_TOPIC })
      .then(() => this.#clock.sleep(BYE_LEAD_MS, limit.signal))
      .catch(() => {}); // best effort: the beacon and the leave say it too
    await Promise.race([sent, this.#clock.sleep(BYE_LIMIT_MS, limit.signal).catch(() => {})]);
    limit.abort();
  }

  playAudio(): Promise<void> {
    return this.#audio.play();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#life.abort();
    this.#audio.close();
    // The one that joined, and the one that the SDK put in its place when that failed.
    const engines = [this.#firstEngine, sdkEngine(this.#room)];
    try {
      const isClosed = await this.#isWithinLimit(this.#disconnect(engines));
      if (!isClosed) for (const engine of engines) cutEngine(engine);
    } finally {
      this.#room.removeAllListeners();
      this.#kept?.release();
    }
  }

  async #disconnect(engines: readonly (Room['engine'] | undefined)[]): Promise<void> {
    await this.#room.disconnect(false).catch(() => {}); // the engines are closed all the same
    await Promise.all(engines.map((engine) => closeEngine(engine)));
  }

  async #isWithinLimit(closing: Promise<void>): Promise<boolean> {
    const limit = new AbortController();
    const late = this.#clock.sleep(CLOSE_LIMIT_MS, limit.signal).then(
      () => false,
      () => true, // closed in time
    );
    const isWithin = await Promise.race([closing.then(() => true), late]);
    limit.abort();
    return isWithin;
  }

  async #streamText(messageId: string, text: string): Promise<void> {
    const writer = await this.#room.localParticipant.streamText({ topic: CHAT_TOPIC, streamId: messageId });
    await writer.write(text);
    await writer.close();
  }

  #listen(): void {
    watchResumes(this.#firstEngine, {
      onBegin: () => this.#repairing(this.#isMediaUp() ? 'signal' : 'all'),
      onSignalBack: () => this.#repaired(),
    });
    this.#room
      .on(SdkEvent.Reconnecting, () => this.#repairing('all'))
      .on(SdkEvent.Reconnected, () => this.#repaired())
      .on(SdkEvent.Disconnected, (reason) => this.#ended(disconnectNameOf(reason)))
      .on(SdkEvent.TrackSubscribed, (track, _publication, participant) =>
        this.#audio.add(track, isAgent(participant)),
      )
      .on(SdkEvent.TrackUnsubscribed, (track) => this.#audio.remove(track))
      .on(SdkEvent.ActiveSpeakersChanged, (speakers) => {
        if (speakers.some(({ isLocal }) => isLocal)) this.#heardMonoMs = this.#clock.monoMs();
      })
      .on(SdkEvent.DataReceived, (payload, participant, _kind, topic) => {
        if (topic !== SESSION_TOPIC || participant === undefined || !isAgent(participant)) return;
        if (parseSessionMessage(payload)?.type === 'bye') this.#tell({ type: 'agentEnded' });
      });
  }

  #ended(reason: DisconnectName): void {
    this.#endedAs = reason;
    if (this.#early !== undefined) return; // the join itself rejects
    this.#tell({ type: 'disconnected', reason });
    this.#audio.close();
  }

  #repairing(scope: 'signal' | 'all'): void {
    if (this.#repairScope === scope || this.#repairScope === 'all') return;
    this.#repairScope = scope;
    this.#tell({ type: 'repairing', scope });
  }

  /** Told once a repair: the SDK itself says it at least 2 s after its signal connection is whole again. */
  #repaired(): void {
    if (this.#repairScope === undefined) return;
    this.#repairScope = undefined;
    this.#tell({ type: 'repaired' });
  }

  #tell(event: RoomEvent): void {
    if (this.#life.signal.aborted) return;
    if (this.#early !== undefined) this.#early.push(event);
    else this.#onEvent(event);
  }

  #isMediaUp(): boolean {
    return sdkEngine(this.#room)?.pcManager?.publisher.getConnectionState() === 'connected';
  }

  /** Ours, the agent's (also one that is not announced yet: an agent without a track comes late), or a stranger's. */
  #authorOf(identity: string): 'user' | 'agent' | undefined {
    if (identity === this.identity) return 'user';
    const participant = this.#room.remoteParticipants.get(identity);
    return participant === undefined || isAgent(participant) ? 'agent' : undefined;
  }

  #agentTrackIds(): ReadonlySet<string> {
    const publications = [...(this.#agent.participant?.audioTrackPublications.values() ?? [])];
    return new Set(publications.flatMap(({ track }) => track?.mediaStreamTrack.id ?? []));
  }

  /** Our gateway's tokens carry the attribute; elsewhere it is set where the token allows that. */
  #markResumable(): void {
    const { localParticipant } = this.#room;
    if (
      localParticipant.attributes[RESUME_ATTRIBUTE] !== undefined ||
      localParticipant.permissions?.canUpdateMetadata !== true
    )
      return;
    localParticipant.setAttributes({ [RESUME_ATTRIBUTE]: '1' }).catch(() => {}); // the agent then gives 5 s instead of the grace time
  }
}
