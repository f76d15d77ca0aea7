/** Why the gateway could not listen. */
export type GatewayStartErrorCode = 'portInUse' | 'portForbidden' | 'addressUnavailable' | 'listenFailed';

const CODES: Record<string, GatewayStartErrorCode> = {
  EADDRINUSE: 'portInUse',
  EACCES: 'portForbidden',
  EADDRNOTAVAIL: 'addressUnavailable',
  ENOTFOUND: 'addressUnavailable',
};

const WORDS: Record<GatewayStartErrorCode, string> = {
  portInUse: 'another program listens there already; choose a different port, or 0 for a free one',
  portForbidden: 'this user may not listen there; ports under 1024 usually need rights',
  addressUnavailable: 'this machine has no such address',
  listenFailed: 'the system refused',
};

/** The gateway could not start to listen; names the host and the port. */
export class GatewayStartError extends Error {
  override readonly name = 'GatewayStartError';
  readonly code: GatewayStartErrorCode;
  readonly host: string;
  readonly port: number;

  constructor(code: GatewayStartErrorCode, host: string, port: number, options?: ErrorOptions) {
    super(`the gateway cannot listen on ${host}:${port}: ${WORDS[code]}`, options);
    this.code = code;
    this.host = host;
    this.port = port;
  }
}

/** Translates what `listen` threw, once. */
export function toGatewayStartError(cause: unknown, host: string, port: number): GatewayStartError {
  const code = (cause as { code?: unknown } | undefined)?.code;
  return new GatewayStartError(
    (typeof code === 'string' ? CODES[code] : undefined) ?? 'listenFailed',
    host,
    port,
    { cause },
  );
}
