/**
 * Which record in this tab's storage a session comes back by, and that no two living sessions of the page use the same
 * one: the second would take the first for its own past, or delete its record. Invariant: a record is claimed before it
 * is read, and until it is released.
 */
import type { Clock, ResumeStore } from '../core/ports.ts';
import { sessionResumeStore } from './session-resume-store.ts';

/** What tells one session of a page from another. */
export interface ResumeIdentity {
  readonly tokenEndpoint?: string;
  readonly serverUrl?: string;
  /** The page's own name for the session, and for its user where the page gives the tokens. */
  readonly sessionKey?: string;
  /** Where in the page it stands, when the page gave no name. */
  readonly slot?: string;
}

/** Keys of the records in use: as the storage, one for the whole page. */
const CLAIMED = new Set<string>();

/** The name of the session's record; undefined: it must not come back, as nobody says that the user is the same. */
export function resumeKeyOf({
  tokenEndpoint,
  serverUrl,
  sessionKey,
  slot,
}: ResumeIdentity): string | undefined {
  const address = tokenEndpoint ?? serverUrl;
  if (address === undefined && sessionKey === undefined) return undefined;
  const which = sessionKey === undefined ? { slot: slot ?? '' } : { key: sessionKey };
  return `clara-voice-resume:${JSON.stringify([address ?? null, which])}`;
}

/**
 * The session's record, claimed until its `release`. Undefined when there is none for it, or another session of the page
 * has it: such a session begins anew after a reload.
 */
export function claimResumeRecord(identity: ResumeIdentity, clock: Clock): ResumeStore | undefined {
  const key = resumeKeyOf(identity);
  if (key === undefined || CLAIMED.has(key)) return undefined;
  CLAIMED.add(key);
  let isOurs = true;
  return {
    ...sessionResumeStore(key, clock),
    release() {
      if (isOurs) CLAIMED.delete(key);
      isOurs = false;
    },
  };
}
