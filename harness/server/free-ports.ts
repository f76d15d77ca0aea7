/** Free ports on a loopback address. Between picking and use another process may take one: users try again. */
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

/** A port that someone else listens on. */
export class PortInUseError extends Error {
  override readonly name = 'PortInUseError';
  readonly port: number;

  constructor(port: number, protocol: 'TCP' | 'UDP', host: string, what: string, cause?: unknown) {
    super(
      `${what}: ${protocol} port ${port} on ${host} is in use by another program; choose another or leave it free`,
      { cause },
    );
    this.port = port;
  }
}

/** Binds a TCP port and lets it go. `port` 0 is any. Rejects with the system's error. */
export function tryTcpPort(port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : port));
    });
  });
}

/** Binds a UDP port and lets it go. `port` 0 is any. Rejects with the system's error. */
export function tryUdpPort(port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    socket.once('error', reject);
    socket.bind({ port, address: host, exclusive: true }, () => {
      const bound = socket.address().port;
      socket.close(() => resolve(bound));
    });
  });
}

/** A port that is free now: the wanted one, or any for 0. Rejects with {@link PortInUseError}. */
export async function pickPort(
  wanted: number,
  protocol: 'TCP' | 'UDP',
  host: string,
  what: string,
): Promise<number> {
  try {
    return await (protocol === 'TCP' ? tryTcpPort(wanted, host) : tryUdpPort(wanted, host));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EADDRINUSE')
      throw new PortInUseError(wanted, protocol, host, what, cause);
    throw new Error(`${what}: cannot use ${protocol} port ${wanted} on ${host}`, { cause });
  }
}
