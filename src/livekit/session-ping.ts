/**
 * LiveKit's own heartbeat of an agent session: `AgentSession.AgentSessionMessage` as a byte stream on
 * `lk.agent.session`. Any LiveKit AgentSession answers it in 9 to 37 ms while its loop turns. The few bytes of
 * protobuf are written by hand: livekit-client does not export the message, and @livekit/protocol weighs more than
 * the whole launcher. Field numbers: livekit/protocol, protobufs/agent/livekit_agent_session.proto.
 */
import type { ByteStreamReader, Room } from 'livekit-client';
import type { Clock } from '../core/ports.ts';
import { AGENT_SESSION_TOPIC } from '../shared/wire.ts';

/** Largest message of an agent that is read, bytes; events of the conversation come on the same topic. */
const MAX_MESSAGE_BYTES = 16 * 1024;
/** An agent that never answered has this long, ms, before it counts as one that does not speak the protocol. */
const FIRST_ANSWER_MS = 1200;
/** Longer than any caller's signal lets a ping wait, ms. */
const FOREVER_MS = 600_000;

const FIELD = {
  message: { request: 4, response: 5 },
  request: { requestId: 1, ping: 2 },
  response: { requestId: 1, pong: 3 },
};
const LENGTH_DELIMITED = 2;

/** `AgentSessionMessage{ request: { requestId, ping: {} } }` as bytes. @param requestId up to 100 ASCII characters. */
export function encodePing(requestId: string): Uint8Array<ArrayBuffer> {
  const id = new TextEncoder().encode(requestId);
  const request = [tag(FIELD.request.requestId), id.length, ...id, tag(FIELD.request.ping), 0];
  if (request.length > 127)
    throw new RangeError(`a ping of ${request.length} bytes needs longer lengths than this writes`);
  return Uint8Array.from([tag(FIELD.message.request), request.length, ...request]);
}

/** The requestId of a message that is a pong; undefined for any other message and for bytes that are none. */
export function decodePong(bytes: Uint8Array): string | undefined {
  const response = fieldsOf(bytes)?.get(FIELD.message.response);
  const fields = response === undefined ? undefined : fieldsOf(response);
  const requestId = fields?.get(FIELD.response.requestId);
  return requestId !== undefined && fields?.has(FIELD.response.pong) === true
    ? new TextDecoder().decode(requestId)
    : undefined;
}

function tag(field: number): number {
  return (field << 3) | LENGTH_DELIMITED;
}

/** Length-delimited fields of a protobuf message, the last of each number; undefined when it is malformed. */
function fieldsOf(bytes: Uint8Array): Map<number, Uint8Array> | undefined {
  const fields = new Map<number, Uint8Array>();
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined) return NaN;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    return NaN;
  };
  while (at < bytes.length) {
    const key = varint();
    const wireType = key % 8;
    if (wireType === 0) varint();
    else if (wireType === 1) at += 8;
    else if (wireType === 5) at += 4;
    else if (wireType === LENGTH_DELIMITED) {
      const length = varint();
      if (!(length <= bytes.length - at)) return undefined;
      fields.set(Math.floor(key / 8), bytes.subarray(at, at + length));
      at += length;
    } else return undefined; // groups, and NaN of a key that broke off
    if (!(at <= bytes.length)) return undefined;
  }
  return fields;
}

/** Heartbeats to the agents of one room. */
export class SessionPinger {
  readonly #room: Room;
  readonly #clock: Clock;
  /** By request: whom was asked, and what to do with the answer. */
  readonly #waiting = new Map<string, { readonly agentIdentity: string; readonly answer: () => void }>();
  /** Agents that have answered once: from then on silence means something. */
  readonly #speakers = new Set<string>();
  #count = 0;

  constructor(room: Room, clock: Clock) {
    this.#room = room;
    this.#clock = clock;
    room.registerByteStreamHandler(AGENT_SESSION_TOPIC, (reader, { identity }) => {
      this.#receive(reader, identity).catch(reportError); // only a defect of ours rejects
    });
  }

  /** As {@link RoomConnection.ping} says; `agentIdentity` is undefined when no agent is there. */
  async ping(agentIdentity: string | undefined, signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted();
    if (agentIdentity === undefined) return false;
    const requestId = `clara-${++this.#count}`;
    const settled = new AbortController();
    const onAbort = (): void => settled.abort(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    const answered = new Promise<true>((resolve) =>
      this.#waiting.set(requestId, { agentIdentity, answer: () => resolve(true) }),
    );
    const limitMs = this.#speakers.has(agentIdentity) ? FOREVER_MS : FIRST_ANSWER_MS;
    const silent = this.#clock.sleep(limitMs, settled.signal).then(() => false);
    silent.catch(() => {}); // after an answer nobody listens
    try {
      // Not awaited: a send hangs while the data channel is down, and then there is no answer either.
      this.#room.localParticipant
        .sendBytes(encodePing(requestId), {
          topic: AGENT_SESSION_TOPIC,
          name: requestId,
          destinationIdentities: [agentIdentity],
        })
        .catch(() => {});
      return await Promise.race([answered, silent]);
    } finally {
      this.#waiting.delete(requestId);
      signal.removeEventListener('abort', onAbort);
      settled.abort();
    }
  }

  async #receive(reader: ByteStreamReader, identity: string): Promise<void> {
    const parts: Uint8Array[] = [];
    let bytes = 0;
    try {
      for await (const part of reader) {
        bytes += part.byteLength;
        if (bytes <= MAX_MESSAGE_BYTES) parts.push(part);
      }
    } catch {
      return; // the agent left in the middle of it
    }
    if (bytes > MAX_MESSAGE_BYTES) return;
    const requestId = decodePong(join(parts, bytes));
    const waiting = requestId === undefined ? undefined : this.#waiting.get(requestId);
    if (waiting?.agentIdentity !== identity) return; // nobody answers for another
    this.#speakers.add(identity);
    waiting.answer();
  }
}

function join(parts: readonly Uint8Array[], totalBytes: number): Uint8Array {
  const all = new Uint8Array(totalBytes);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.byteLength;
  }
  return all;
}
