/**
 * The first request on a connection: where its head ends, what it asks for, and the same head as the server shall
 * get it. Pure. A head holds the client's token: nothing here puts it into a message.
 */

/** Longest head that is read, bytes; a join with a 4 kB token and an offer inside has under 20 kB. */
export const MAX_HEAD_BYTES = 64 * 1024;

/** What a head asks for. */
export interface RequestHead {
  /** Path without its query, so without the token. */
  readonly path: string;
  /** True for a request that opens a WebSocket. */
  readonly upgrade: boolean;
  /** Bytes up to and with the empty line. */
  readonly byteLength: number;
}

/** Reads the head at the start of `bytes`: undefined while its end is missing. Throws RangeError past {@link MAX_HEAD_BYTES}. */
export function parseRequestHead(bytes: Buffer): RequestHead | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0 || end > MAX_HEAD_BYTES) {
    if (bytes.byteLength > MAX_HEAD_BYTES)
      throw new RangeError(`request head is longer than ${MAX_HEAD_BYTES} bytes`);
    return undefined;
  }
  const [requestLine = '', ...fields] = bytes.toString('latin1', 0, end).split('\r\n');
  const target = requestLine.split(' ')[1] ?? '/';
  return {
    path: target.split('?')[0] ?? '/',
    upgrade: fields.some((field) => /^upgrade:\s*websocket\s*$/i.test(field)),
    byteLength: end + 4,
  };
}

/**
 * The head for the server: no WebSocket extensions (compressed frames could not be read), and one request a
 * connection, so that the next one is judged by the faults of its own time. Bodies behind the head are untouched.
 */
export function plainHead(head: Buffer, upgrade: boolean): Buffer {
  const [requestLine = '', ...fields] = head.toString('latin1').split('\r\n');
  const kept = fields.filter(
    (field) => !/^sec-websocket-extensions:/i.test(field) && (upgrade || !/^connection:/i.test(field)),
  );
  // `kept` ends with two empty strings, from the empty line; the new field goes before them.
  if (!upgrade) kept.splice(-2, 0, 'Connection: close');
  return Buffer.from([requestLine, ...kept].join('\r\n'), 'latin1');
}

/**
 * The head with the signature of its `access_token` made wrong, so that the real server gives its real 401. A head
 * without a token in its query, or in an Authorization header, comes back as it was.
 */
export function spoilToken(head: Buffer): Buffer {
  const swap = (last: string): string => (last === 'A' ? 'B' : 'A');
  // The first character of the signature: the last one has bits that do not count.
  return Buffer.from(
    head
      .toString('latin1')
      .replace(
        /((?:[?&]access_token=|\r\nauthorization: bearer )[\w-]+\.[\w-]+\.)([\w-])/i,
        (_all, front: string, first: string) => front + swap(first),
      ),
    'latin1',
  );
}
