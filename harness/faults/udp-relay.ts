/**
 * A UDP relay in userspace: what clients send to its port goes to the server from a socket of the client's own, so
 * that the server tells them apart, and back. It obeys the rules in force and counts; it never looks into a packet.
 * Bounded: clients, packets in waiting, idle time. Delayed packets keep their order each way, as in a queue of a
 * router; a rule that ends does not reorder either.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { PacketQueue } from './packet-queue.ts';
import { judgePacket, type Direction, type PacketRule } from './packet-rules.ts';

/** Packets and bytes one way since the start. */
export interface WayCount {
  readonly packets: number;
  readonly bytes: number;
  /** Lost by a rule or for want of room, packets. */
  readonly dropped: number;
}

/** What passed, each way. */
export type RelayCounts = Readonly<Record<Direction, WayCount>>;

/** One client's media path, as faults see it. */
export interface MediaPath {
  /** Puts a rule in force; the result takes it back, idempotent. */
  addRule(rule: PacketRule): () => void;
  /** Gives every client a new source port towards the server, as a NAT that forgot does. Resolves when bound. */
  rebind(): Promise<void>;
  counts(): RelayCounts;
}

/** A running relay; the starter closes it. */
export interface UdpRelay extends MediaPath, AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** How many clients have an upstream socket now. */
  readonly clientCount: number;
  /** Closes all sockets and timers; idempotent. */
  close(): Promise<void>;
}

/** Where a relay listens and sends. */
export interface UdpRelayOptions {
  /** 127.0.0.2 for way A. @default 127.0.0.1 */
  readonly host?: string;
  /** 0 takes a free one. @default 0 */
  readonly port?: number;
  readonly serverHost?: string;
  readonly serverPort: number;
  /** A client silent both ways for this long loses its socket. @default 120000: longer than the longest outage kept. */
  readonly idleMs?: number;
  /** @default 64; more are dropped */
  readonly maxClients?: number;
}

/** Packets in waiting, all clients; 4,096 is 80 s of one voice stream, far beyond any delay in the matrix. */
const MAX_WAITING_PACKETS = 4_096;

interface Flow {
  readonly client: RemoteInfo;
  upstream: Socket;
  lastSeenMonoMs: number;
  readonly queues: Record<Direction, PacketQueue>;
}

/** Starts a relay. Throws the socket's error when it cannot listen. */
export async function startUdpRelay(options: UdpRelayOptions): Promise<UdpRelay> {
  const {
    host = '127.0.0.1',
    serverHost = '127.0.0.1',
    serverPort,
    idleMs = 120_000,
    maxClients = 64,
  } = options;
  const flows = new Map<string, Flow>();
  const rules = new Set<PacketRule>();
  let waiting = 0;
  const counts = {
    up: { packets: 0, bytes: 0, dropped: 0 },
    down: { packets: 0, bytes: 0, dropped: 0 },
  };
  let closed = false;

  const pass = (flow: Flow, direction: Direction, packet: Buffer, send: () => void): void => {
    flow.lastSeenMonoMs = performance.now();
    const verdict = judgePacket(rules, direction);
    const count = counts[direction];
    if (verdict === 'drop' || waiting >= MAX_WAITING_PACKETS) {
      count.dropped += 1;
      return;
    }
    const deliver = (): void => {
      count.packets += 1;
      count.bytes += packet.byteLength;
      send();
    };
    const queue = flow.queues[direction];
    if (verdict === 0 && queue.empty) {
      deliver();
      return;
    }
    waiting += 1;
    queue.add(performance.now() + verdict, () => {
      waiting -= 1;
      deliver();
    });
  };

  const openUpstream = async (flow: Omit<Flow, 'upstream'>): Promise<Socket> => {
    const socket = createSocket('udp4');
    socket.on('message', (packet) => {
      const current = flows.get(keyOf(flow.client));
      if (current === undefined) return; // expired while the answer was under way
      pass(current, 'down', packet, () => sendQuietly(front, packet, flow.client.port, flow.client.address));
    });
    // Before it is bound an error rejects `once`; afterwards UDP has no errors that matter to a relay.
    socket.bind(0, serverHost);
    await once(socket, 'listening');
    socket.on('error', ignoreError);
    return socket;
  };

  const end = (flow: Flow): void => {
    waiting -= flow.queues.up.clear() + flow.queues.down.clear();
    flow.upstream.close();
  };

  const openings = new Map<string, Promise<void>>();
  const front = createSocket('udp4');
  front.on('message', (packet, client) => {
    const key = keyOf(client);
    const flow = flows.get(key);
    if (flow !== undefined) {
      pass(flow, 'up', packet, () => sendQuietly(flow.upstream, packet, serverPort, serverHost));
      return;
    }
    if (openings.has(key) || flows.size + openings.size >= maxClients) {
      // The first packet of a client is an ICE check, which is sent again: no queue is needed while its socket opens.
      counts.up.dropped += 1;
      return;
    }
    const fresh = {
      client,
      lastSeenMonoMs: performance.now(),
      queues: { up: new PacketQueue(), down: new PacketQueue() },
    };
    const opening = openUpstream(fresh).then(
      (upstream) => {
        openings.delete(key);
        if (closed) {
          upstream.close();
          return;
        }
        const opened = { ...fresh, upstream };
        flows.set(key, opened);
        pass(opened, 'up', packet, () => sendQuietly(opened.upstream, packet, serverPort, serverHost));
      },
      () => {
        openings.delete(key); // no socket to be had: the packet is lost, as a full router loses it
        counts.up.dropped += 1;
      },
    );
    openings.set(key, opening);
  });
  front.bind(options.port ?? 0, host);
  await once(front, 'listening');
  front.on('error', ignoreError);

  const expiry = setInterval(() => {
    const oldestMonoMs = performance.now() - idleMs;
    for (const [key, flow] of flows) {
      if (flow.lastSeenMonoMs > oldestMonoMs) continue;
      flows.delete(key);
      end(flow);
    }
  }, idleMs / 2);
  expiry.unref();

  const close = async (): Promise<void> => {
    if (closed) return;
    closed = true;
    clearInterval(expiry);
    await Promise.all(openings.values());
    for (const flow of flows.values()) end(flow);
    flows.clear();
    await new Promise<void>((resolve) => front.close(() => resolve()));
  };

  return {
    host,
    port: front.address().port,
    get clientCount() {
      return flows.size;
    },
    addRule: (rule) => {
      // A wrapper per call, so that the same rule may be in force twice and each end is its own.
      const entry: PacketRule = (direction) => rule(direction);
      rules.add(entry);
      return () => void rules.delete(entry);
    },
    rebind: async () => {
      for (const [key, flow] of [...flows]) {
        const upstream = await openUpstream(flow);
        if (flows.get(key) !== flow) {
          upstream.close(); // expired or closed while the new socket opened
          continue;
        }
        flow.upstream.close();
        flow.upstream = upstream;
      }
    },
    counts: () => ({ up: { ...counts.up }, down: { ...counts.down } }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

const keyOf = (client: RemoteInfo): string => `${client.address}:${client.port}`;

/** UDP may lose: a send that fails (or a socket closed under a delayed packet) is a lost packet. */
function sendQuietly(socket: Socket, packet: Buffer, port: number, address: string): void {
  try {
    socket.send(packet, port, address, ignoreError);
  } catch {
    // ERR_SOCKET_DGRAM_NOT_RUNNING: the flow was closed; the packet is lost.
  }
}

const ignoreError = (): void => {};
