/**
 * The beginning of a SOCKS5 connection (RFC 1928), without passwords: whom the browser wants to reach. Pure. The proxy
 * reads no further: what follows may be TLS.
 */

/** Where to connect to. */
export interface SocksGoal {
  readonly host: string;
  readonly port: number;
  /** Bytes of the handshake, greeting and request. */
  readonly byteLength: number;
}

/** Said to the greeting: no password is needed. */
export const SOCKS_WELCOME = Buffer.from([5, 0]);
/** Said to the request: connected, from an address that does not matter. */
export const SOCKS_CONNECTED = Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]);

/** How long the greeting is; undefined while it is incomplete. Throws TypeError when it is none of SOCKS5. */
export function greetingLength(bytes: Buffer): number | undefined {
  if (bytes.byteLength === 0) return undefined;
  if (bytes[0] !== 5) throw new TypeError(`not SOCKS5: the first byte is ${bytes[0]}`);
  const methods = bytes[1];
  return methods === undefined || bytes.byteLength < 2 + methods ? undefined : 2 + methods;
}

/** Reads the request behind the greeting; undefined while it is incomplete. Throws TypeError for anything but CONNECT. */
export function parseSocksRequest(bytes: Buffer): SocksGoal | undefined {
  if (bytes.byteLength < 5) return undefined;
  if (bytes[0] !== 5 || bytes[1] !== 1) throw new TypeError(`SOCKS command ${bytes[1]} is not CONNECT`);
  const kind = bytes[3];
  const length = kind === 1 ? 4 : kind === 4 ? 16 : kind === 3 ? 1 + (bytes[4] ?? 0) : 0;
  if (length === 0) throw new TypeError(`SOCKS address kind ${kind} is unknown`);
  const byteLength = 4 + length + 2;
  if (bytes.byteLength < byteLength) return undefined;
  const address = bytes.subarray(4, 4 + length);
  const host =
    kind === 3
      ? address.toString('latin1', 1)
      : kind === 1
        ? [...address].join('.')
        : Array.from({ length: 8 }, (_, at) => address.readUInt16BE(at * 2).toString(16)).join(':');
  return { host, port: bytes.readUInt16BE(4 + length), byteLength };
}
