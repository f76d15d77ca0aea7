/**
 * Everything that stands between one client and the server: a relay for its UDP and a proxy for its WebSocket, in
 * one of two ways. **A** (Linux): the server advertises 127.0.0.2 and the relay listens there on the server's own
 * port, so all clients share it and no code is in between. **B** (any OS): the proxy swaps the relay's port into
 * the server's candidates, so every client has a path of its own and can be cut alone.
 */
import { candidateSwap, type ByteSwap } from './candidate-swap.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';
import { startUdpRelay, type UdpRelay } from './udp-relay.ts';

/** Which of the two ways leads media through the relay. */
export type RelayWay = 'A' | 'B';

/** What way A needs in the server's configuration as `rtc.node_ip`. */
export const WAY_A_NODE_IP = '127.0.0.2';

/** A client's path; the starter closes it. */
export interface ClientPath extends AsyncDisposable {
  readonly media: UdpRelay;
  readonly signal: TcpProxy;
  /** `ws://127.0.0.1:<proxy>`: what this client is told as the server's address. */
  readonly url: string;
  /** Closes relay and proxy; idempotent. */
  close(): Promise<void>;
}

/** The server that the path leads to. */
export interface ClientPathOptions {
  readonly way: RelayWay;
  readonly signalPort: number;
  /** The server's `rtc.udp_port`. */
  readonly udpPort: number;
  /** Fixed port of the signal proxy. @default 0, a free one */
  readonly port?: number;
  /** A further change to what the server says on each WebSocket, after the candidates'. */
  readonly swap?: () => ByteSwap;
}

/** Starts a path. Throws the socket's error when a port cannot be had; then nothing is left open. */
export async function startClientPath(options: ClientPathOptions): Promise<ClientPath> {
  const { way, signalPort, udpPort } = options;
  const media =
    way === 'A'
      ? await startUdpRelay({ host: WAY_A_NODE_IP, port: udpPort, serverPort: udpPort })
      : await startRelayOfEqualLength(udpPort);
  const server = { host: '127.0.0.1', port: udpPort };
  try {
    const signal = await startTcpProxy({
      serverPort: signalPort,
      ...(options.port !== undefined && { port: options.port }),
      swap: () => {
        const further = options.swap?.() ?? unchanged;
        if (way === 'A') return further;
        const candidates = candidateSwap(server, { host: media.host, port: media.port });
        return (chunk) => further(candidates(chunk));
      },
    });
    const close = async (): Promise<void> => {
      await Promise.all([signal.close(), media.close()]);
    };
    return { media, signal, url: `ws://127.0.0.1:${signal.port}`, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await media.close();
    throw error;
  }
}

/** Free ports are nearly always five digits long; a server on a shorter one needs luck, which is bounded. */
async function startRelayOfEqualLength(udpPort: number): Promise<UdpRelay> {
  const tries = 20;
  for (let attempt = 1; attempt <= tries; attempt += 1) {
    const relay = await startUdpRelay({ serverPort: udpPort });
    if (`${relay.port}`.length === `${udpPort}`.length) return relay;
    await relay.close();
  }
  throw new RangeError(
    `no free UDP port with as many digits as ${udpPort} in ${tries} tries; give the server a port above 10000`,
  );
}

const unchanged: ByteSwap = (chunk) => chunk;
