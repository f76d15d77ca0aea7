/** Why a livekit-server did not come up. */
export class ServerStartError extends Error {
  override readonly name = 'ServerStartError';
  readonly code: 'exited' | 'notReady' | 'cannotStart' | 'portTaken';
  /** The server's last log lines, secrets masked. */
  readonly tail: string;

  constructor(code: ServerStartError['code'], message: string, tail: string, cause?: unknown) {
    super(tail === '' ? message : `${message}; its last lines:\n${tail}`, { cause });
    this.code = code;
    this.tail = tail;
  }
}
