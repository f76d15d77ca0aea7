/**
 * What ClaraVoiceAgent (parent) and a session child say to each other over Node's IPC channel, and the parsers
 * of both. Tokens travel here and nowhere else: never by argument, environment or log. Anything that does not
 * parse is an error of ours and is told by name of its type only, never by its content.
 */
import { z } from 'zod';
import { PIPELINES } from '../contracts.ts';
import { responderReplySchema, responderRequestSchema } from '../responder/responder-messages.ts';

const millis = z.number().nonnegative().finite();
/** Heard words: the start of the word as it arrived. Spoken words: when the last sample was handed to the network. */
const word = z.object({ index: z.number().int().nonnegative(), atWallMs: z.number() });

/** One thing said in a conversation. */
export const conversationTurn = z.object({
  from: z.enum(['user', 'agent']),
  kind: z.enum(['speech', 'text']),
  text: z.string().exactOptional(),
  durationMs: millis.exactOptional(),
  atWallMs: z.number(),
});

const startMessage = z.object({
  type: z.literal('start'),
  voiceSessionId: z.string().min(1),
  pipeline: z.enum(PIPELINES),
  /** Whether the parent answers typed messages. */
  responds: z.boolean(),
  roomName: z.string().min(1),
  identity: z.string().min(1),
  url: z.string().min(1),
  token: z.string().min(1),
  /** How long a vanished user, or our own lost connection, keeps the session. */
  graceMs: millis,
  /** How long a user who left without `clara.resume` may be back. */
  leftMs: millis,
  /** How long to wait for the first user. */
  emptyMs: millis,
  /** A voice id of tts.ts, or `none`. */
  voice: z.string(),
  /** The conversation so far, of an earlier child of this voice session; oldest first. */
  context: z.array(conversationTurn),
  /** The first word the count pipeline says. */
  nextWord: z.number().int().nonnegative(),
  /** Users whom an earlier child had: they may be on their way back. */
  users: z.array(z.string()),
});

const parentMessage = z.discriminatedUnion('type', [
  startMessage,
  z.object({ type: z.literal('token'), token: z.string().min(1) }),
  /** The server was away and is back: a pass to join it anew, for a child that is not through with its own repair. */
  z.object({ type: z.literal('serverBack'), token: z.string().min(1) }),
  z.object({ type: z.literal('tokenRefused'), reason: z.string() }),
  /** Build the way that a user's sound takes anew: subscribe again, new stream. Answered by `rebuilt`. */
  z.object({ type: z.literal('rebuild'), identity: z.string() }),
  z.object({ type: z.literal('end'), reason: z.string() }),
  responderReplySchema,
]);

const childMessage = z.discriminatedUnion('type', [
  /** rtc-node is loaded; the child can be started at once. */
  z.object({ type: z.literal('ready') }),
  /** About once a second: the event loop turns. `soundMs` is the sound handed to the source so far, silence too. */
  z.object({ type: z.literal('beat'), soundMs: millis }),
  z.object({ type: z.literal('joined'), tookMs: millis, again: z.boolean() }),
  z.object({ type: z.literal('tokenWanted') }),
  z.object({ type: z.literal('connection'), state: z.enum(['connected', 'reconnecting']) }),
  z.object({
    type: z.literal('participantJoined'),
    identity: z.string(),
    returned: z.boolean(),
    /** The attribute `clara.user`. */
    userKey: z.string().exactOptional(),
    /** Carries `clara.resume`: its client works on its own way back. */
    resumes: z.boolean().exactOptional(),
  }),
  z.object({ type: z.literal('participantAway'), identity: z.string(), forMs: millis }),
  z.object({ type: z.literal('participantLeft'), identity: z.string(), reason: z.string() }),
  z.object({
    type: z.literal('quality'),
    identity: z.string(),
    quality: z.enum(['excellent', 'good', 'poor', 'lost']),
  }),
  /** Whether packets come on a track that should carry sound (subscribed, not muted). */
  z.object({ type: z.literal('audioFlow'), identity: z.string(), flows: z.boolean() }),
  /** Whether the heartbeats of a user's client come, where it sends any. */
  z.object({ type: z.literal('userPath'), identity: z.string(), up: z.boolean() }),
  /** `ok`: subscribed anew in time. */
  z.object({ type: z.literal('rebuilt'), identity: z.string(), ok: z.boolean() }),
  /** Half a round trip and the jitter buffer. */
  z.object({ type: z.literal('audioLatency'), tookMs: millis }),
  z.object({
    type: z.literal('turn'),
    identity: z.string(),
    turn: conversationTurn,
  }),
  z.object({
    type: z.literal('agentState'),
    state: z.enum(['initializing', 'listening', 'thinking', 'speaking']),
  }),
  z.object({ type: z.literal('heardWords'), words: z.array(word) }),
  z.object({ type: z.literal('spokenWords'), words: z.array(word) }),
  /** The user's sound has begun to arrive (the first frame of a track, silent or not). */
  z.object({ type: z.literal('listening'), identity: z.string(), atWallMs: z.number() }),
  /** A user hears us: the pipeline may speak from here on. */
  z.object({ type: z.literal('audible'), atWallMs: z.number() }),
  /** End of the user's speech to the first audio of the answer. */
  z.object({ type: z.literal('processingTime'), tookMs: millis }),
  z.object({ type: z.literal('error'), code: z.string(), message: z.string() }),
  z.object({ type: z.literal('ended'), reason: z.string() }),
  responderRequestSchema,
]);

/** What a session is started with. Holds the token. */
export type StartMessage = z.infer<typeof startMessage>;
/** Parent to child. */
export type ParentMessage = z.infer<typeof parentMessage>;
/** Child to parent. */
export type ChildMessage = z.infer<typeof childMessage>;
/** The state the agent shows on `lk.agent.state`. */
export type AgentStateName = Extract<ChildMessage, { type: 'agentState' }>['state'];

const nameOf = (value: unknown): string => {
  const type = typeof value === 'object' && value !== null ? (value as { type?: unknown }).type : undefined;
  return typeof type === 'string' ? type.slice(0, 40) : typeof value;
};

/** Reads a message of the parent. Throws TypeError naming the message's type and the field, never a value. */
export function parseParentMessage(value: unknown): ParentMessage {
  return parse(parentMessage, value);
}

/** Reads a message of a child. Throws TypeError naming the message's type and the field, never a value. */
export function parseChildMessage(value: unknown): ChildMessage {
  return parse(childMessage, value);
}

function parse<T>(schema: z.ZodType<T>, value: unknown): T {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const fields = read.error.issues.map((issue) => issue.path.join('.') || 'type').join(', ');
  throw new TypeError(`IPC message '${nameOf(value)}' is not valid in: ${fields}`);
}
