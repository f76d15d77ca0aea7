/**
 * Who is in the room for whom, and how long a session waits for someone who is not: the pure half of the session
 * child. Time arrives in the events. It never looks at LiveKit; reasons come by name.
 * Invariant: a user is joined once until it is gone, however often its connection comes and goes, and a session
 * ends exactly once: when everybody is gone, or when nobody ever came.
 */

/** How long the session waits, ms. */
export interface PresencePolicy {
  /** For a user that vanished. */
  readonly graceMs: number;
  /** For a user that left without saying bye and without `clara.resume`. */
  readonly leftMs: number;
  /** For the first user. */
  readonly emptyMs: number;
}

/** Where one user is. */
type Presence = { readonly here: true } | { readonly here: false; readonly untilMonoMs: number };

/** The users by identity, and until when the first is waited for. */
export interface PresenceState {
  readonly users: ReadonlyMap<string, Presence>;
  readonly firstUntilMonoMs: number | undefined;
}

/** What happens to users. */
export type PresenceEvent =
  | { readonly type: 'came'; readonly identity: string; readonly nowMs: number }
  /** `reason` is LiveKit's DisconnectReason by name; `resumes` tells whether the user carries `clara.resume`. */
  | {
      readonly type: 'went';
      readonly identity: string;
      readonly reason: string;
      readonly resumes: boolean;
      readonly nowMs: number;
    }
  | { readonly type: 'bye'; readonly identity: string }
  | { readonly type: 'time'; readonly nowMs: number };

/** What is to be done about it, in order. */
export type PresenceCommand =
  | { readonly type: 'joined'; readonly identity: string }
  | { readonly type: 'returned'; readonly identity: string }
  | { readonly type: 'away'; readonly identity: string; readonly forMs: number }
  | { readonly type: 'gone'; readonly identity: string; readonly reason: string }
  | { readonly type: 'end'; readonly reason: string };

/** Reasons that are a user's own leaving, or somebody's order: not an outage. */
const LEAVING_REASONS: ReadonlySet<string> = new Set([
  'CLIENT_INITIATED',
  'PARTICIPANT_REMOVED',
  'USER_REJECTED',
  'USER_UNAVAILABLE',
]);

/** Nobody is here yet. `expected` are users of an agent before this one: they get the grace time to be seen. */
export function startPresence(
  policy: PresencePolicy,
  nowMs: number,
  expected: readonly string[] = [],
): PresenceState {
  const away: Presence = { here: false, untilMonoMs: nowMs + policy.graceMs };
  return expected.length === 0
    ? { users: new Map(), firstUntilMonoMs: nowMs + policy.emptyMs }
    : { users: new Map(expected.map((identity) => [identity, away])), firstUntilMonoMs: undefined };
}

/** The next state, and what to do. */
export function nextPresence(
  state: PresenceState,
  event: PresenceEvent,
  policy: PresencePolicy,
): { state: PresenceState; commands: PresenceCommand[] } {
  const users = new Map(state.users);
  switch (event.type) {
    case 'came': {
      const known = users.get(event.identity);
      users.set(event.identity, { here: true });
      const commands: PresenceCommand[] = [];
      if (known === undefined) commands.push({ type: 'joined', identity: event.identity });
      else if (!known.here) commands.push({ type: 'returned', identity: event.identity });
      return { state: { users, firstUntilMonoMs: undefined }, commands };
    }
    case 'went': {
      if (users.get(event.identity)?.here !== true) return { state, commands: [] };
      const forMs = LEAVING_REASONS.has(event.reason) && !event.resumes ? policy.leftMs : policy.graceMs;
      users.set(event.identity, { here: false, untilMonoMs: event.nowMs + forMs });
      return { state: { ...state, users }, commands: [{ type: 'away', identity: event.identity, forMs }] };
    }
    case 'bye':
      if (!users.delete(event.identity)) return { state, commands: [] };
      return {
        state: { ...state, users },
        commands: [{ type: 'gone', identity: event.identity, reason: 'bye' }, ...endIfEmpty(users, 'bye')],
      };
    case 'time': {
      const gone = [...users]
        .filter(([, user]) => !user.here && user.untilMonoMs <= event.nowMs)
        .map(([identity]) => identity);
      for (const identity of gone) users.delete(identity);
      const commands: PresenceCommand[] = gone.map((identity) => ({
        type: 'gone',
        identity,
        reason: 'notBack',
      }));
      if (gone.length > 0) commands.push(...endIfEmpty(users, 'notBack'));
      else if (state.firstUntilMonoMs !== undefined && state.firstUntilMonoMs <= event.nowMs) {
        return {
          state: { users, firstUntilMonoMs: undefined },
          commands: [{ type: 'end', reason: 'nobodyCame' }],
        };
      }
      return { state: { ...state, users }, commands };
    }
  }
}

/** When `time` must be told next, mono ms; undefined when nothing waits. */
export function presenceDeadlineMs(state: PresenceState): number | undefined {
  const waits = [...state.users.values()].flatMap((user) => (user.here ? [] : [user.untilMonoMs]));
  if (state.firstUntilMonoMs !== undefined) waits.push(state.firstUntilMonoMs);
  return waits.length === 0 ? undefined : Math.min(...waits);
}

function endIfEmpty(users: ReadonlyMap<string, Presence>, reason: string): PresenceCommand[] {
  return users.size === 0 ? [{ type: 'end', reason }] : [];
}
