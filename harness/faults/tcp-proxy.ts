/**
 * A TCP proxy that one client uses to reach one server (LiveKit's signal port, or the gateway), and that faults
 * play on: held, slow, cut, refused, or answered by itself. It reads the first head of a connection and nothing
 * else, and says nothing of it to anyone: it holds the client's token.
 */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { ByteLane, type LaneEnd } from './byte-lane.ts';
import type { ByteSwap } from './candidate-swap.ts';
import { encodeAnswer, type HttpAnswer } from './http-answer.ts';
import { parseRequestHead, plainHead, spoilToken, type RequestHead } from './request-head.ts';
import { greetingLength, parseSocksRequest, SOCKS_CONNECTED, SOCKS_WELCOME } from './socks-handshake.ts';
import { TcpConditions, type SlowLink } from './tcp-conditions.ts';

/** How new connections are turned away: accepted and reset, or the port closed (ECONNREFUSED). */
export type Refusal = 'reset' | 'closed';

/** One client's TCP way, as faults see it. Every result is the undo, idempotent. */
export interface TcpPath {
  /**
   * Nothing passes in either direction, no death is told. What waited passes afterwards. New connections are accepted
   * and then held, so they go on at once after it; a real network loses their SYN, which is sent again 1 to 4 s later.
   */
  hold(): () => void;
  slowDown(link: SlowLink): () => void;
  /** Resolves when refusing; the undo when the port takes connections again. */
  refuse(how: Refusal): Promise<() => Promise<void>>;
  /** Answers requests whose path begins so, instead of the server. */
  answer(pathPrefix: string, answer: HttpAnswer): () => void;
  /** Makes the tokens of the next `count` requests wrong. */
  spoilTokens(count: number): () => void;
  /** Ends all present connections on both sides: `fin` without a WebSocket close, `reset` by RST. */
  cutConnections(how: LaneEnd): void;
  counts(): TcpCounts;
}

/** What came by since the start. */
export interface TcpCounts {
  /** Connections open now. */
  readonly open: number;
  readonly accepted: number;
  readonly refused: number;
  /** WebSockets that were handed to the server: joins and resumes. */
  readonly upgrades: number;
}

/** A running proxy; the starter closes it. */
export interface TcpProxy extends TcpPath, AsyncDisposable {
  readonly port: number;
  /** Closes the listener and every connection; idempotent, bounded. */
  close(): Promise<void>;
}

/** Where a proxy listens and sends. */
export interface TcpProxyOptions {
  /** 0 takes a free one. @default 0 */
  readonly port?: number;
  readonly serverHost?: string;
  readonly serverPort: number;
  /**
   * A SOCKS5 proxy instead: every connection says itself where it goes, and is not looked into, so that `answer` and
   * `spoilTokens` do nothing. @default false
   */
  readonly socks?: boolean;
  /** Way B: makes the swap of one WebSocket, from the server to the client. */
  readonly swap?: () => ByteSwap;
  /** Connections at the same time; more are reset. @default 256 */
  readonly maxConnections?: number;
}

/** Starts a proxy on 127.0.0.1. Throws the socket's error when it cannot listen. */
export async function startTcpProxy(options: TcpProxyOptions): Promise<TcpProxy> {
  const { serverHost = '127.0.0.1', serverPort, maxConnections = 256 } = options;
  const conditions = new TcpConditions();
  const answers = new Set<{ pathPrefix: string; answer: HttpAnswer }>();
  const spoils = new Set<{ left: number }>();
  const connections = new Set<Connection>();
  const refusals = new Set<{ how: Refusal }>();
  const counts = { accepted: 0, refused: 0, upgrades: 0 };
  let closed = false;

  const decideHead = (head: RequestHead, bytes: Buffer): HttpAnswer | Buffer => {
    for (const { pathPrefix, answer } of answers) if (head.path.startsWith(pathPrefix)) return answer;
    if (head.upgrade) counts.upgrades += 1;
    let forServer = plainHead(bytes, head.upgrade);
    for (const spoil of spoils) {
      if (spoil.left === 0) continue;
      const spoilt = spoilToken(forServer);
      if (spoilt.equals(forServer)) break; // no token in this request: nothing was used up
      spoil.left -= 1;
      forServer = spoilt;
      break;
    }
    return forServer;
  };

  const accept = (client: Socket): void => {
    client.on('error', ignoreError); // the lane tells; without a listener it would end the process
    if (refusals.size > 0 || connections.size >= maxConnections || closed) {
      counts.refused += 1;
      client.resetAndDestroy();
      return;
    }
    counts.accepted += 1;
    const connection = new Connection(client);
    connections.add(connection);
    const carriage = { conditions, decideHead, serverHost, serverPort, swap: options.swap };
    (options.socks === true ? carryAnywhere(connection, conditions) : carry(connection, carriage)).then(
      () => connections.delete(connection),
      () => {
        connections.delete(connection); // cut by a fault or by close: the sockets are gone already
      },
    );
  };

  const server = createServer({ allowHalfOpen: true, noDelay: true }, accept);
  await listen(server, options.port ?? 0);
  server.on('error', ignoreError); // an accept that fails (EMFILE) is a connection that the client sees fail
  const { port } = server.address() as AddressInfo;

  /** One at a time, so that an undo and a new refusal cannot cross. */
  let listening = Promise.resolve();
  const settleListener = (): Promise<void> => {
    // A port that was taken meanwhile fails the one who asked; the next one tries again.
    listening = listening
      .catch(() => undefined)
      .then(async () => {
        const shouldListen = !closed && ![...refusals].some(({ how }) => how === 'closed');
        if (shouldListen && !server.listening) await listen(server, port);
        // Not awaited: close() calls back only when the last connection is gone, the port is shut at once.
        if (!shouldListen && server.listening) server.close();
      });
    return listening;
  };

  const close = async (): Promise<void> => {
    closed = true;
    for (const connection of connections) connection.cut('reset');
    await settleListener();
  };

  return {
    port,
    hold: () => conditions.hold(),
    slowDown: (link) => conditions.slowDown(link),
    refuse: async (how) => {
      const entry = { how };
      refusals.add(entry);
      await settleListener();
      return async () => {
        refusals.delete(entry);
        await settleListener();
      };
    },
    answer: (pathPrefix, answer) => {
      const entry = { pathPrefix, answer };
      answers.add(entry);
      return () => void answers.delete(entry);
    },
    spoilTokens: (count) => {
      const entry = { left: count };
      spoils.add(entry);
      return () => void spoils.delete(entry);
    },
    cutConnections: (how) => {
      for (const connection of [...connections]) connection.cut(how);
    },
    counts: () => ({ open: connections.size, ...counts }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Both sockets of one connection and its end. */
class Connection {
  readonly client: Socket;
  upstream: Socket | undefined;
  readonly #stay = new AbortController();

  constructor(client: Socket) {
    this.client = client;
  }

  get signal(): AbortSignal {
    return this.#stay.signal;
  }

  cut(how: LaneEnd): void {
    this.#stay.abort(new Error(`connection cut (${how})`));
    for (const socket of [this.client, this.upstream]) {
      if (socket === undefined) continue;
      if (how === 'reset') reset(socket);
      else finish(socket);
    }
  }
}

interface Carriage {
  readonly conditions: TcpConditions;
  readonly decideHead: (head: RequestHead, bytes: Buffer) => HttpAnswer | Buffer;
  readonly serverHost: string;
  readonly serverPort: number;
  readonly swap: (() => ByteSwap) | undefined;
}

/** Carries one connection to its end. Rejects when it was cut. */
async function carry(connection: Connection, carriage: Carriage): Promise<void> {
  const { client, signal } = connection;
  const up = new ByteLane(client, carriage.conditions);
  try {
    let received: Buffer = Buffer.alloc(0);
    let head: RequestHead | undefined;
    while (head === undefined) {
      const got = await up.next(signal);
      if (typeof got === 'string') return connection.cut(got);
      received = Buffer.concat([received, got]);
      head = parseRequestHead(received);
    }
    const decided = carriage.decideHead(head, received.subarray(0, head.byteLength));
    if (decided === 'mute') return connection.cut(await untilEnd(up, signal));
    if (!Buffer.isBuffer(decided)) {
      client.write(encodeAnswer(decided));
      return connection.cut('fin');
    }
    const upstream = connect({
      host: carriage.serverHost,
      port: carriage.serverPort,
      allowHalfOpen: true,
      noDelay: true,
    });
    connection.upstream = upstream;
    const down = new ByteLane(upstream, carriage.conditions);
    upstream.write(Buffer.concat([decided, received.subarray(head.byteLength)]));
    const swap = head.upgrade && carriage.swap !== undefined ? carriage.swap() : unchanged;
    await Promise.all([pour(up, upstream, unchanged, signal), pour(down, client, swap, signal)]);
    connection.cut('fin');
  } catch (error) {
    // A peer's reset, a head that is too long, or the cut itself: the other side is not left waiting.
    if (!signal.aborted) connection.cut('reset');
    throw error;
  }
}

/** Carries one connection that says by SOCKS5 where it goes. Rejects when it was cut. */
async function carryAnywhere(connection: Connection, conditions: TcpConditions): Promise<void> {
  const { client, signal } = connection;
  const up = new ByteLane(client, conditions);
  try {
    let received: Buffer = Buffer.alloc(0);
    const more = async (): Promise<void> => {
      const got = await up.next(signal);
      if (typeof got === 'string') throw new Error('ended before it said where to');
      received = Buffer.concat([received, got]);
    };
    let greeting = greetingLength(received);
    for (; greeting === undefined; greeting = greetingLength(received)) await more();
    received = received.subarray(greeting);
    client.write(SOCKS_WELCOME);
    let goal = parseSocksRequest(received);
    for (; goal === undefined; goal = parseSocksRequest(received)) await more();
    const { host, port, byteLength } = goal;
    const upstream = connect({ host, port, allowHalfOpen: true, noDelay: true });
    connection.upstream = upstream;
    const down = new ByteLane(upstream, conditions);
    await once(upstream, 'connect', { signal });
    client.write(SOCKS_CONNECTED);
    upstream.write(received.subarray(byteLength));
    await Promise.all([pour(up, upstream, unchanged, signal), pour(down, client, unchanged, signal)]);
    connection.cut('fin');
  } catch (error) {
    if (!signal.aborted) connection.cut('reset');
    throw error;
  }
}

/** Hands on what a lane gives until its end. Rejects when the sender died, so that the receiver is reset. */
async function pour(lane: ByteLane, to: Socket, change: ByteSwap, signal: AbortSignal): Promise<void> {
  for (;;) {
    const got = await lane.next(signal);
    if (got === 'reset') throw new Error('peer reset the connection');
    if (got === 'fin') {
      to.end();
      return;
    }
    if (to.destroyed) throw new Error('receiver is gone');
    if (!to.write(change(got)) && !to.destroyed) await drained(to, signal);
  }
}

/** Resolves when `to` takes more, or is gone. */
async function drained(to: Socket, signal: AbortSignal): Promise<void> {
  const settled = new AbortController();
  const listening = { signal: AbortSignal.any([signal, settled.signal]) };
  try {
    await Promise.race([once(to, 'drain', listening), once(to, 'close', listening)]);
  } finally {
    settled.abort(); // the loser's listeners go
  }
}

async function untilEnd(lane: ByteLane, signal: AbortSignal): Promise<LaneEnd> {
  for (;;) {
    const got = await lane.next(signal);
    if (typeof got === 'string') return got;
  }
}

/**
 * Sends RST. While a FIN is on its way libuv refuses that (EINVAL of uv_tcp_close_reset), and Node then calls the socket
 * destroyed but never closes its handle, which keeps the process alive: such a socket is closed as usual.
 */
function reset(socket: Socket): void {
  if (socket.writableEnded && !socket.writableFinished) socket.destroy();
  else socket.resetAndDestroy();
}

/** Sends FIN after what was written; what still comes is read away, and a peer that never closes is dropped after 1 s. */
function finish(socket: Socket): void {
  if (socket.destroyed) return;
  socket.end();
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), 1_000);
  timer.unref();
  socket.once('close', () => clearTimeout(timer));
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
}

const unchanged: ByteSwap = (chunk) => chunk;
const ignoreError = (): void => {};
