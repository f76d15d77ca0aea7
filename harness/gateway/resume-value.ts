/**
 * The signed value that brings a room and identity back. Owns its shape and its key. The value is a bearer secret:
 * it is never logged, never in an error message, and never an attribute, because everybody in a room reads those.
 */
import { errors, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import { PIPELINES } from '../contracts.ts';
import { derivedKey } from './derived-key.ts';
import { HttpError } from './http-error.ts';
import type { SessionNames } from './session-names.ts';

const AUDIENCE = 'clara-resume';
const KEY_LABEL = 'clara-voice resume value v1';

/** Longest resume value that is looked at, characters; a real one has under 600. */
export const MAX_RESUME_LENGTH = 2048;

const claims = z.object({
  sub: z.string().min(1),
  room: z.string().min(1),
  sid: z.string().regex(/^[a-z0-9-]{8,40}$/),
  pipeline: z.enum(PIPELINES),
  user: z.string().min(1),
});

/** Signs and reads resume values. */
export interface ResumeValues {
  sign(names: SessionNames): Promise<string>;
  /** Throws HttpError `resumeExpired` or `resumeInvalid`, without the value and without the library's error. */
  read(value: string): Promise<SessionNames>;
}

/** Resume values under a key derived from `apiSecret`, good for `ttlS` seconds of the clock `now` (ms). */
export function resumeValues(apiSecret: string, ttlS: number, now: () => number): ResumeValues {
  const key = derivedKey(apiSecret, KEY_LABEL);
  return {
    sign(names) {
      const nowS = Math.floor(now() / 1000);
      return new SignJWT({
        room: names.roomName,
        sid: names.voiceSessionId,
        pipeline: names.pipeline,
        user: names.userKey,
      })
        .setProtectedHeader({ alg: 'HS256' })
        .setAudience(AUDIENCE)
        .setSubject(names.identity)
        .setIssuedAt(nowS)
        .setExpirationTime(nowS + ttlS)
        .sign(key);
    },
    async read(value) {
      const payload = await verified(value, key, now);
      const parsed = claims.safeParse(payload);
      if (!parsed.success) throw invalid();
      const { sub, room, sid, pipeline, user } = parsed.data;
      return { identity: sub, roomName: room, voiceSessionId: sid, pipeline, userKey: user };
    },
  };
}

async function verified(value: string, key: Uint8Array, now: () => number): Promise<unknown> {
  try {
    const { payload } = await jwtVerify(value, key, {
      algorithms: ['HS256'],
      audience: AUDIENCE,
      requiredClaims: ['exp'],
      currentDate: new Date(now()),
    });
    return payload;
  } catch (error) {
    // The library's error holds the payload, so it is not passed on as a cause.
    if (error instanceof errors.JWTExpired) {
      throw new HttpError('resumeExpired', 'resume: expired; ask again without it for a new session');
    }
    throw invalid();
  }
}

function invalid(): HttpError {
  return new HttpError(
    'resumeInvalid',
    'resume: not a value of this server; ask again without it for a new session',
  );
}
