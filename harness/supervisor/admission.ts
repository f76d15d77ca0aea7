/**
 * Owns: whether one more session may start, and which older ones have to go for it. Pure: a store decides with it
 * inside its own transaction (Redis says the same in Lua; one contract suite holds both).
 * Invariant: after the answer is followed, no user and no machine is above its limit.
 */

export interface AdmissionPolicy {
  /** 0 is no limit. */
  readonly maxPerUser: number;
  /** 0 is no limit. */
  readonly maxPerMachine: number;
  /** For a user who is at the limit. A full machine always refuses: nobody loses a session to a stranger. */
  readonly whenUserIsFull: 'replaceOldest' | 'refuse';
}

/** A session that counts. */
export interface Holder {
  readonly sessionId: string;
  readonly userKey: string;
  readonly machineId: string;
  readonly startedWallMs: number;
}

export type Admission =
  | {
      readonly admit: true;
      /** To be ended with reason `replaced`, oldest first. */ readonly replace: readonly string[];
    }
  | {
      readonly admit: false;
      readonly why: 'sessionExists' | 'userFull' | 'machineFull';
      readonly limit: number;
    };

/** The answer for `newcomer` among the sessions that run. */
export function askAdmission(
  newcomer: Holder,
  holders: readonly Holder[],
  policy: AdmissionPolicy,
): Admission {
  if (holders.some(({ sessionId }) => sessionId === newcomer.sessionId)) {
    return { admit: false, why: 'sessionExists', limit: 1 };
  }
  const own = holders
    .filter(({ userKey }) => userKey === newcomer.userKey)
    .toSorted((a, b) => a.startedWallMs - b.startedWallMs || (a.sessionId < b.sessionId ? -1 : 1));
  const tooMany = policy.maxPerUser > 0 ? Math.max(0, own.length - policy.maxPerUser + 1) : 0;
  if (tooMany > 0 && policy.whenUserIsFull === 'refuse') {
    return { admit: false, why: 'userFull', limit: policy.maxPerUser };
  }
  const replaced = own.slice(0, tooMany);
  const here = holders.filter(({ machineId }) => machineId === newcomer.machineId);
  const freed = replaced.filter(({ machineId }) => machineId === newcomer.machineId).length;
  if (policy.maxPerMachine > 0 && here.length - freed >= policy.maxPerMachine) {
    return { admit: false, why: 'machineFull', limit: policy.maxPerMachine };
  }
  return { admit: true, replace: replaced.map(({ sessionId }) => sessionId) };
}
