/**
 * Names that travel between page, agent and gateway. The `lk.` ones are LiveKit's, the `clara.` ones ours; both
 * sides import them from here so that they cannot drift apart.
 */

/** Text messages both ways, as text streams. https://docs.livekit.io/home/client/data/text-streams/ */
export const CHAT_TOPIC = 'lk.chat';
/** Transcripts from the agent, as text streams; attributes below. */
export const TRANSCRIPTION_TOPIC = 'lk.transcription';
export const SEGMENT_ID_ATTRIBUTE = 'lk.segment_id';
export const TRANSCRIPTION_FINAL_ATTRIBUTE = 'lk.transcription_final';
export const TRANSCRIBED_TRACK_ATTRIBUTE = 'lk.transcribed_track_id';
/**
 * On a transcript of our agent: these words answer a typed message, and are spoken as well. LiveKit's agents answer
 * `lk.chat` with a transcript, and so does ours; with this a client can tell an answer from speech and show it as the
 * message that it is. Clients that do not know it show a transcript. Without a voice the answer goes on `lk.chat`.
 */
export const REPLY_ATTRIBUTE = 'clara.reply';
/** The agent's state, a participant attribute. */
export const AGENT_STATE_ATTRIBUTE = 'lk.agent.state';
/** Byte streams of `AgentSession.AgentSessionMessage` (@livekit/protocol): ping, state, history. */
export const AGENT_SESSION_TOPIC = 'lk.agent.session';

/** Reliable data packets between our client and our agent, JSON of {@link SessionMessage}. */
export const SESSION_TOPIC = 'clara.session';
/** Participant attribute of a client that can come back: its session gets the grace time. */
export const RESUME_ATTRIBUTE = 'clara.resume';
/**
 * Participant attribute with the user's key: a hash that is the same for one browser's sessions. The agent side limits
 * sessions by it. Set by the gateway in the token.
 */
export const USER_KEY_ATTRIBUTE = 'clara.user';
/**
 * Participant attribute of our agent when it knows the conversation from before it joined, one of
 * {@link CONTEXT_ORIGINS}; absent on the first agent of a conversation.
 */
export const CONTEXT_ATTRIBUTE = 'clara.context';
/**
 * `handedOver`: the agent before it died or hung, and this one goes on in the same session. `earlier`: the session of
 * then is over (its user was away for longer than the grace time), and this is a new one with the old conversation.
 */
export const CONTEXT_ORIGINS = ['handedOver', 'earlier'] as const;
export type ContextOrigin = (typeof CONTEXT_ORIGINS)[number];

/** Prefix of our agent's identity; the rest is the voice session's id. */
export const AGENT_IDENTITY_PREFIX = 'agent-';

/** Longest text message, characters; LiveKit's own front ends use the same order. */
export const MAX_TEXT_LENGTH = 15_000;

/** What is said on {@link SESSION_TOPIC}. `bye`: the user leaves for good, end the session now. */
export type SessionMessage = { readonly type: 'bye' };

/** Reads a {@link SessionMessage}; undefined for anything else, so that a stranger's packet is ignored. */
export function parseSessionMessage(data: Uint8Array): SessionMessage | undefined {
  if (data.byteLength > 1024) return undefined;
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(data));
    return typeof value === 'object' && value !== null && (value as { type?: unknown }).type === 'bye'
      ? { type: 'bye' }
      : undefined;
  } catch {
    return undefined; // not JSON or not UTF-8: not ours
  }
}

/** Writes a {@link SessionMessage}. */
export function encodeSessionMessage(message: SessionMessage): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(message));
}
