/**
 * Who asks, as far as a browser can be told from another: a random cookie that only the gateway reads, and a keyed
 * hash of it that the room may see. No account, no name; deleting the cookie makes a new user.
 */
import { createHmac } from 'node:crypto';
import { derivedKey } from './derived-key.ts';
import type { RandomBytes } from './options.ts';

const COOKIE = 'clara_user';
const KEY_LABEL = 'clara-voice user key v1';
/** 180 days: long enough for a limit per user, short enough to forget somebody who is gone. */
const MAX_AGE_S = 180 * 24 * 3600;

/** Who asks. */
export interface BrowserUser {
  /** 22 characters, the same for the same cookie and LiveKit secret. */
  readonly userKey: string;
  /** To be sent when the request had no usable cookie. */
  readonly setCookie?: string;
}

/** Reads the cookie header, or makes a new user. `secure` marks the cookie for https only. */
export function browserUser(
  cookieHeader: string | undefined,
  apiSecret: string,
  secure: boolean,
  randomBytes: RandomBytes,
): BrowserUser {
  const known = /(?:^|;)\s*clara_user=([A-Za-z0-9_-]{22})\s*(?:;|$)/.exec(cookieHeader ?? '')?.[1];
  const value = known ?? randomBytes(16).toString('base64url');
  const userKey = createHmac('sha256', derivedKey(apiSecret, KEY_LABEL))
    .update(value)
    .digest('base64url')
    .slice(0, 22);
  if (known !== undefined) return { userKey };
  const setCookie = `${COOKIE}=${value}; Path=/; Max-Age=${MAX_AGE_S}; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
  return { userKey, setCookie };
}
