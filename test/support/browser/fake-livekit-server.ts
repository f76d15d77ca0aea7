/**
 * A LiveKit server inside the page: signal over mock-socket, media and data over a real RTCPeerConnection, the
 * `/validate` endpoint in fetch. It speaks enough of the v1 protocol for joins, publications, resumes, leaves, an
 * agent with attributes and audio, data packets and streams, and can be told to refuse, to keep silent, to answer
 * with a status. One instance a test; `stop()` puts WebSocket and fetch back.
 */
import {
  type DisconnectReason,
  JoinRequest,
  LeaveRequest,
  LeaveRequest_Action,
  SignalResponse,
  WrappedJoinRequest,
  WrappedJoinRequest_Compression,
} from '@livekit/protocol';
import { type Client, Server } from 'mock-socket/dist/mock-socket.es.mjs';
import { FakePeer } from './fake-livekit-peer.ts';

let instances = 0;

/** How `/validate` answers, which the SDK asks after a failed WebSocket. */
export type ValidateAnswer = { readonly status: number; readonly body?: string } | 'unreachable';

export class FakeLiveKitServer {
  readonly host = `fake-${++instances}.livekit.test:7880`;
  readonly url = `ws://${this.host}`;
  /** Every participant that joined, in order, also those that left. */
  readonly peers: FakePeer[] = [];
  /** Query strings of every socket that was opened, in order. */
  readonly socketQueries: URLSearchParams[] = [];
  /** Refuse the WebSocket upgrade. */
  refusesSockets = false;
  /** Open the socket and never say a word. */
  isMute = false;
  /** Join, and never answer the offer: signal up, media never. */
  withholdsMedia = false;
  /** Candidates that come before the answer, see FakePeerFacts. */
  earlyCandidates: readonly string[] = [];
  validate: ValidateAnswer = { status: 200, body: 'success' };
  /** Answer the next joins with this leave instead of a join response. */
  leaveInsteadOfJoin: DisconnectReason | undefined;
  roomSid = 'RM_fake';
  identity = 'user-1';
  /** What the token of the joining participant allows. */
  canPublish = true;
  canUpdateMetadata = false;
  attributes: Record<string, string> = {};
  /** How often `/validate` was asked. */
  validateCount = 0;
  readonly #servers: Server[];
  readonly #fetch = globalThis.fetch;
  #waiters: { count: number; resolve: (peer: FakePeer) => void }[] = [];

  constructor() {
    const options = { verifyClient: () => !this.refusesSockets };
    this.#servers = ['/rtc/v1', '/rtc'].map((path) => {
      const server = new Server(this.url + path, options);
      server.on('connection', (socket) => void this.#onSocket(socket));
      return server;
    });
    globalThis.fetch = (input, init) => this.#onFetch(input, init);
  }

  /** Sockets that are open now. */
  get openSockets(): number {
    return this.#servers.reduce((sum, server) => sum + server.clients().length, 0);
  }

  /** The `count`-th participant, as soon as it has joined. */
  peer(count = 1): Promise<FakePeer> {
    const found = this.peers[count - 1];
    if (found !== undefined) return Promise.resolve(found);
    return new Promise((resolve) => this.#waiters.push({ count, resolve }));
  }

  stop(): void {
    for (const peer of this.peers) peer.close();
    for (const server of this.#servers) server.stop();
    globalThis.fetch = this.#fetch;
  }

  async #onSocket(socket: Client): Promise<void> {
    const query = new URL(socket.url).searchParams;
    this.socketQueries.push(query);
    if (this.isMute) return;
    if (this.leaveInsteadOfJoin !== undefined) {
      sendSignal(socket, {
        case: 'leave',
        value: new LeaveRequest({ reason: this.leaveInsteadOfJoin, action: LeaveRequest_Action.DISCONNECT }),
      });
      return;
    }
    const request = await decodeJoinRequest(query.get('join_request') ?? '');
    const returning = request.reconnect
      ? this.peers.find(({ sid }) => sid === request.participantSid)
      : undefined;
    if (returning !== undefined) {
      returning.resume(socket);
      return;
    }
    const peer = new FakePeer(socket, {
      sid: `PA_user${this.peers.length + 1}`,
      identity: this.identity,
      roomSid: this.roomSid,
      canPublish: this.canPublish,
      canUpdateMetadata: this.canUpdateMetadata,
      attributes: this.attributes,
      withholdsMedia: this.withholdsMedia,
      earlyCandidates: this.earlyCandidates,
    });
    this.peers.push(peer);
    await peer.join(request);
    this.#waiters = this.#waiters.filter(({ count, resolve }) => {
      const found = this.peers[count - 1];
      if (found !== undefined) resolve(found);
      return found === undefined;
    });
  }

  async #onFetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
    const url = new URL(input instanceof Request ? input.url : String(input), location.href);
    if (url.host !== this.host) return this.#fetch.call(globalThis, input, init);
    if (this.validate === 'unreachable') throw new TypeError('Failed to fetch');
    if (!url.pathname.endsWith('/validate')) return new Response('OK');
    this.validateCount++;
    return new Response(this.validate.body ?? '', { status: this.validate.status });
  }
}

/** Sends one message of the signal protocol; the SDK reads ArrayBuffers and nothing else. */
export function sendSignal(socket: Client, message: NonNullable<SignalResponse['message']>): void {
  const bytes = new SignalResponse({ message }).toBinary();
  socket.send(Uint8Array.from(bytes).buffer);
}

async function decodeJoinRequest(text: string): Promise<JoinRequest> {
  const binary = atob(text.replace(/-/g, '+').replace(/_/g, '/'));
  const wrapped = WrappedJoinRequest.fromBinary(Uint8Array.from(binary, (char) => char.charCodeAt(0)));
  if (wrapped.compression !== WrappedJoinRequest_Compression.GZIP)
    return JoinRequest.fromBinary(wrapped.joinRequest);
  const inflated = new Blob([Uint8Array.from(wrapped.joinRequest)])
    .stream()
    .pipeThrough(new DecompressionStream('gzip'));
  return JoinRequest.fromBinary(new Uint8Array(await new Response(inflated).arrayBuffer()));
}
