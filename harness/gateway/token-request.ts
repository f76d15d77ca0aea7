/**
 * Reads what a client asks of the token endpoint. LiveKit's own fields are checked and then not used: room, identity
 * and attributes of a session are the server's to choose, and only a resume value brings earlier ones back.
 */
import { z } from 'zod';
import { PIPELINES, type Pipeline } from '../contracts.ts';
import { HttpError } from './http-error.ts';
import { MAX_RESUME_LENGTH } from './resume-value.ts';

/** Largest request body, bytes. */
export const MAX_BODY_BYTES = 16 * 1024;

/** What is left of a request once it is checked. */
export interface SessionRequest {
  readonly resume?: string;
  readonly pipeline?: Pipeline;
}

// Protobuf JSON writes an unset field as null in some SDKs, so null means absent.
const text = z.string().nullish();
const resume = z.string().min(1).max(MAX_RESUME_LENGTH);

const tokenRequest = z.object({
  room_name: text,
  participant_identity: text,
  participant_name: text,
  participant_metadata: text,
  participant_attributes: z.record(z.string(), z.string()).nullish(),
  room_config: z.record(z.string(), z.unknown()).nullish(),
  resume: resume.nullish(),
  pipeline: z.enum(PIPELINES).nullish(),
});

const resumeRequest = z.object({ resume });

/** Reads the body of `POST /api/token`; an absent one asks for a new session. Throws HttpError `badRequest`. */
export function parseSessionRequest(body: unknown): SessionRequest {
  const { resume: value, pipeline } = parsed(tokenRequest, body ?? {});
  return {
    ...(typeof value === 'string' && { resume: value }),
    ...(typeof pipeline === 'string' && { pipeline }),
  };
}

/** Reads the body of `POST /api/bye` and `POST /api/agent`. Throws HttpError `badRequest`. */
export function parseResumeRequest(body: unknown): { readonly resume: string } {
  return parsed(resumeRequest, body);
}

function parsed<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const field = issue?.path[0];
  // Zod's text tells types and limits, never the value; a key of the client's own making is left out.
  const what = issue?.message ?? 'not understood';
  throw new HttpError('badRequest', typeof field === 'string' ? `${field}: ${what}` : `body: ${what}`);
}
