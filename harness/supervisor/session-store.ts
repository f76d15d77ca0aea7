/**
 * The port behind which sessions are known beyond one supervisor. Implementations: memory, file journal, Redis; all
 * pass test/support/node/session-store-contract.ts.
 * Time is the store's, never the caller's: supervisors' clocks need not agree. One lease per supervisor, not per
 * session: `renew` is one write, whatever the number of sessions. `note` and `release` compare the fence: who was taken
 * for dead and comes back changes nothing. `onEndRequest` may miss a word; `renew` says it again, so that each arrives.
 * Down: every method rejects with StoreUnavailableError within its own limit; SessionLeases goes on with local limits,
 * says so in readiness, and catches up when the store is back.
 */
import type { AdmissionPolicy, Holder } from './admission.ts';

/** One session as all supervisors know it. No token, command or word of the conversation is in it. */
export interface SessionLease extends Holder {
  readonly supervisorId: string;
  /** `voice` or `cli`. */
  readonly kind: string;
  /** A state of the kind's table. */
  readonly state: string;
  /** Grows with every lease that is given: a later holder has the larger one. */
  readonly fence: number;
  /** Set when someone wants it to end; its supervisor ends it and releases. */
  readonly endWanted?: string;
}

/** What a session is asked for with. */
export type LeaseRequest = Omit<SessionLease, 'fence' | 'endWanted'>;

export type AcquireAnswer =
  | {
      readonly granted: true;
      readonly lease: SessionLease;
      /** Marked to end with reason `replaced`; no longer counted. */ readonly replaced: readonly SessionLease[];
    }
  | {
      readonly granted: false;
      readonly why: 'sessionExists' | 'userFull' | 'machineFull';
      readonly limit: number;
    };

/** Someone (a newer session, a person) wants a session to end. */
export interface EndRequest {
  readonly sessionId: string;
  readonly reason: string;
}

/** What a supervisor learns when it renews. */
export interface RenewAnswer {
  /** Of those named by the caller: no longer its own, because it was late and they were taken. End them. */
  readonly lost: readonly string[];
  /** All that is still wanted, told again at each renewal until released. */
  readonly endRequests: readonly EndRequest[];
}

/** The store cannot be reached or does not answer in time. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
}

/** Sessions beyond one supervisor. Every method is bounded in time and may reject with StoreUnavailableError only. */
export interface SessionStore {
  /** How long a supervisor that does not renew is still believed, ms. Renew at a third of it. */
  readonly leaseMs: number;
  /** Asks for a new session within the limits. Also renews the supervisor's lease. */
  acquire(request: LeaseRequest, policy: AdmissionPolicy): Promise<AcquireAnswer>;
  /** Writes a lease without asking limits: after an outage, for sessions that run already. False: another holds the id. */
  adopt(lease: LeaseRequest): Promise<SessionLease | undefined>;
  /** Notes the session's state; false when the lease is no longer the caller's. */
  note(sessionId: string, fence: number, state: string): Promise<boolean>;
  /** Gives a session back; false when the lease is no longer the caller's. */
  release(sessionId: string, fence: number): Promise<boolean>;
  /** Says that the supervisor lives, and asks which of its sessions are still its own. */
  renew(
    supervisorId: string,
    held: readonly { readonly sessionId: string; readonly fence: number }[],
  ): Promise<RenewAnswer>;
  /** Sessions of supervisors whose lease is over, each given to one caller once; they are no longer counted. */
  takeExpired(): Promise<readonly SessionLease[]>;
  find(sessionId: string): Promise<SessionLease | undefined>;
  /** All leases that run, oldest first. */
  list(filter?: {
    readonly userKey?: string;
    readonly supervisorId?: string;
  }): Promise<readonly SessionLease[]>;
  /** Wants a session to end, wherever it is; false when there is none. The first reason stays. */
  requestEnd(sessionId: string, reason: string): Promise<boolean>;
  /** Hears of end requests for a supervisor's sessions at once. The returned function ends it. */
  onEndRequest(supervisorId: string, listener: (request: EndRequest) => void): () => void;
  /** Keeps a conversation for a client that may come back. Holds what people said: never on disk unless asked for. */
  keepContext(key: string, value: string, ttlMs: number): Promise<void>;
  /** The kept conversation, undefined when there is none any more. */
  context(key: string): Promise<string | undefined>;
  /** Forgets it. */
  dropContext(key: string): Promise<void>;
  /** Idempotent. Leases stay as they are: release them before. */
  close(): Promise<void>;
}
