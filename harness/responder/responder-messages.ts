/**
 * What a session's child and its parent say to each other about answers. The assistant lives in the parent, so that it
 * outlives a child that is replaced, and the parent's supervisor ends it.
 */
import { z } from 'zod';

/** Longest question, characters: the chat's own limit is lower. */
const MAX_QUESTION_CHARACTERS = 100_000;
const requestId = z.string().min(1).max(100);

/** From the child. */
export const responderRequestSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ask'), requestId, text: z.string().max(MAX_QUESTION_CHARACTERS) }),
  z.object({ type: z.literal('stopAsking'), requestId }),
]);
export type ResponderRequest = z.infer<typeof responderRequestSchema>;

/** From the parent. `answered` is the last for a request. */
export const responderReplySchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('sentence'), requestId, text: z.string() }),
  z.object({ type: z.literal('answered'), requestId, error: z.string().exactOptional() }),
]);
export type ResponderReply = z.infer<typeof responderReplySchema>;
