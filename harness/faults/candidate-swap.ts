/**
 * Way B: leads one client's media through its own relay by swapping the server's address in what the server says,
 * `127.0.0.1 17882 ` for `127.0.0.1 <relay> `. Works on bytes, so no message needs to be understood; both have the
 * same length, so no length field changes. It reads the frames of the WebSocket for one reason only: at the end of
 * a frame nothing is held back, while inside one the last bytes wait for the next chunk, as a match may be split.
 */

/** Bytes in, bytes out, in order; the same number in total once a frame is complete. */
export type ByteSwap = (chunk: Buffer) => Buffer;

/** Longest header of a frame that a server sends (no mask): 2 + 8 bytes. */
const LONGEST_FRAME_HEADER = 10;

/** A swap for one connection, from the server to the client. Throws RangeError when the lengths differ. */
export function candidateSwap(
  from: { host: string; port: number },
  to: { host: string; port: number },
): ByteSwap {
  const needle = Buffer.from(`${from.host} ${from.port} `, 'latin1');
  const patch = Buffer.from(`${to.host} ${to.port} `, 'latin1');
  if (needle.byteLength !== patch.byteLength) {
    throw new RangeError(
      `relay address has ${patch.byteLength} bytes, the server's has ${needle.byteLength}: a byte swap needs equal lengths`,
    );
  }
  let held: Buffer = Buffer.alloc(0);
  let headersDone = false;
  /** Payload bytes of the present frame that have not left yet. */
  let payloadLeft = 0;

  return (chunk) => {
    let bytes = held.byteLength === 0 ? chunk : Buffer.concat([held, chunk]);
    const out: Buffer[] = [];
    if (!headersDone) {
      const end = bytes.indexOf('\r\n\r\n');
      if (end < 0) {
        // A status line without its end yet: pass it on, keep only what may be part of the empty line.
        held = bytes.subarray(Math.max(0, bytes.byteLength - 3));
        return bytes.subarray(0, bytes.byteLength - held.byteLength);
      }
      headersDone = true;
      out.push(bytes.subarray(0, end + 4));
      bytes = bytes.subarray(end + 4);
    }
    for (;;) {
      if (payloadLeft === 0) {
        const header = readFrameHeader(bytes);
        if (header === undefined) break;
        out.push(bytes.subarray(0, header.headerBytes));
        bytes = bytes.subarray(header.headerBytes);
        payloadLeft = header.payloadBytes;
      }
      const payload = bytes.subarray(0, payloadLeft);
      const frameEnds = payload.byteLength === payloadLeft;
      const swapped = swapAll(payload, needle, patch);
      const keep = frameEnds ? 0 : splitMatchLength(swapped, needle);
      const ready = swapped.subarray(0, swapped.byteLength - keep);
      out.push(ready);
      payloadLeft -= ready.byteLength;
      bytes = bytes.subarray(ready.byteLength);
      if (!frameEnds) break;
    }
    held = Buffer.from(bytes);
    return Buffer.concat(out);
  };
}

function readFrameHeader(bytes: Buffer): { headerBytes: number; payloadBytes: number } | undefined {
  const short = bytes[1];
  if (short === undefined) return undefined;
  if (short < 126) return { headerBytes: 2, payloadBytes: short };
  if (short === 126)
    return bytes.byteLength < 4 ? undefined : { headerBytes: 4, payloadBytes: bytes.readUInt16BE(2) };
  if (bytes.byteLength < LONGEST_FRAME_HEADER) return undefined;
  return { headerBytes: LONGEST_FRAME_HEADER, payloadBytes: Number(bytes.readBigUInt64BE(2)) };
}

function swapAll(bytes: Buffer, needle: Buffer, patch: Buffer): Buffer {
  let at = bytes.indexOf(needle);
  if (at < 0) return bytes;
  const swapped = Buffer.from(bytes);
  for (; at >= 0; at = bytes.indexOf(needle, at + needle.byteLength)) patch.copy(swapped, at);
  return swapped;
}

/** How many bytes at the end may be the beginning of `needle`. */
function splitMatchLength(bytes: Buffer, needle: Buffer): number {
  for (let length = Math.min(needle.byteLength - 1, bytes.byteLength); length > 0; length -= 1) {
    if (bytes.subarray(bytes.byteLength - length).equals(needle.subarray(0, length))) return length;
  }
  return 0;
}
