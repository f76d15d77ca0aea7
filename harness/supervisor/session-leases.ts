/**
 * Owns: one supervisor's part in a SessionStore: asks for each session, renews, hears of ends that others want, takes
 * what dead supervisors left; and goes on with limits of its own while the store is away.
 * Never: ends a session because the store failed; never lets a caller wait longer than the store's own limit.
 * Invariant: what is held here is in the store again, with its present state, after the first renewal that works; and
 * nothing else of ours is.
 */
import type { Logger } from '../contracts.ts';
import { askAdmission } from './admission.ts';
import type { Admission, AdmissionPolicy } from './admission.ts';
import type { EngineClock } from './engine-clock.ts';
import type { EndRequest, LeaseRequest, SessionLease, SessionStore } from './session-store.ts';
import { StoreUnavailableError } from './session-store.ts';

export interface SessionLeasesOptions {
  readonly store: SessionStore;
  /** Different for every process that ever lived: a later one must not take an earlier one's leases for its own. */
  readonly supervisorId: string;
  readonly machineId: string;
  readonly policy: AdmissionPolicy;
  readonly clock: EngineClock;
  readonly log: Logger;
  /** A session is to end (replaced, by hand, lost to another supervisor). Called once a session. */
  readonly onEndWanted: (request: EndRequest) => void;
  /** Sessions of supervisors that are dead. Their processes, if they are on this machine, are a cleanup's. */
  readonly onExpired: (leases: readonly SessionLease[]) => void;
}

/** What a session is asked for with. */
export type SessionRequest = Pick<LeaseRequest, 'sessionId' | 'userKey' | 'kind' | 'state'>;

interface Held {
  request: LeaseRequest;
  /** Undefined while the store does not know of it. */
  fence: number | undefined;
  endWanted: boolean;
}

/** Renewals in one lease: two may be lost. */
const RENEWALS_PER_LEASE = 3;

/** A supervisor's leases. Start it once; stop it before the store is closed. */
export class SessionLeases {
  readonly #options: SessionLeasesOptions;
  readonly #held = new Map<string, Held>();
  /** Asked for, answer not here yet: not to be taken for a leftover. */
  readonly #asking = new Set<string>();
  #unavailable: string | undefined;
  #needsCatchUp = false;
  #cancelNext: (() => void) | undefined;
  #stopListening: (() => void) | undefined;
  #renewing: Promise<void> | undefined;
  #isStopped = false;

  constructor(options: SessionLeasesOptions) {
    this.#options = options;
  }

  /** Sessions held here. */
  get size(): number {
    return this.#held.size;
  }

  /** Begins to renew and to listen; resolves after the first try. Never rejects. */
  async start(): Promise<void> {
    const { store, supervisorId } = this.#options;
    this.#stopListening = store.onEndRequest(supervisorId, (request) => this.#wantEnd(request));
    await this.#renew();
  }

  /** Whether limits hold across machines now; if not, why. Sessions are served all the same. */
  readiness(): { readonly isShared: boolean; readonly reason?: string } {
    if (this.#unavailable === undefined) return { isShared: true };
    return { isShared: false, reason: `${this.#unavailable}; limits hold for this supervisor alone` };
  }

  /** Asks for a session. Sessions that it replaces are told to `onEndWanted` wherever they are. Never rejects. */
  async admit(asked: SessionRequest): Promise<Admission> {
    const { store, policy, clock, supervisorId, machineId } = this.#options;
    const { sessionId } = asked;
    const request = { ...asked, supervisorId, machineId, startedWallMs: clock.wallMs() };
    if (this.#held.has(sessionId)) return { admit: false, why: 'sessionExists', limit: 1 };
    this.#asking.add(sessionId);
    try {
      const answer = await store.acquire(request, policy);
      if (!answer.granted) return { admit: false, why: answer.why, limit: answer.limit };
      this.#held.set(sessionId, { request, fence: answer.lease.fence, endWanted: false });
      return { admit: true, replace: answer.replaced.map((lease) => lease.sessionId) };
    } catch (error) {
      this.#wentAway(error);
      return this.#admitAlone(request);
    } finally {
      this.#asking.delete(sessionId);
    }
  }

  /** Notes a session's state; unknown ids are ignored. Never rejects. */
  async note(sessionId: string, state: string): Promise<void> {
    const held = this.#held.get(sessionId);
    if (held === undefined || held.request.state === state) return;
    held.request = { ...held.request, state };
    if (held.fence === undefined || this.#unavailable !== undefined) return; // told when it is back
    await this.#try(() => this.#options.store.note(sessionId, held.fence ?? 0, state));
  }

  /** Gives a session back; unknown ids are ignored. Never rejects. */
  async release(sessionId: string): Promise<void> {
    const held = this.#held.get(sessionId);
    if (held === undefined) return;
    this.#held.delete(sessionId);
    if (held.fence === undefined || this.#unavailable !== undefined) {
      this.#needsCatchUp = true;
      return;
    }
    await this.#try(() => this.#options.store.release(sessionId, held.fence ?? 0));
  }

  /** Ends the renewals and gives back what is held. Idempotent, bounded by the store's limits, never rejects. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelNext?.();
    this.#stopListening?.();
    await this.#renewing;
    await Promise.all([...this.#held.keys()].map((sessionId) => this.release(sessionId)));
  }

  #admitAlone(request: LeaseRequest): Admission {
    const counted = [...this.#held.values()].flatMap((held) => (held.endWanted ? [] : [held.request]));
    const answer = askAdmission(request, counted, this.#options.policy);
    if (!answer.admit) return answer;
    this.#held.set(request.sessionId, { request, fence: undefined, endWanted: false });
    for (const sessionId of answer.replace) this.#wantEnd({ sessionId, reason: 'replaced' });
    return answer;
  }

  #renew(): Promise<void> {
    this.#renewing ??= this.#renewOnce().finally(() => {
      this.#renewing = undefined;
      if (this.#isStopped) return;
      const inMs = this.#options.store.leaseMs / RENEWALS_PER_LEASE;
      this.#cancelNext = this.#options.clock.after(inMs, () => {
        this.#renew().catch((error: unknown) => this.#wentAway(error));
      });
    });
    return this.#renewing;
  }

  /** Never rejects. */
  async #renewOnce(): Promise<void> {
    const { store, supervisorId, log, onExpired } = this.#options;
    try {
      const known = [...this.#held].flatMap(([sessionId, { fence }]) =>
        fence === undefined ? [] : [{ sessionId, fence }],
      );
      const { lost, endRequests } = await store.renew(supervisorId, known);
      for (const sessionId of lost) {
        const held = this.#held.get(sessionId);
        // A session that moved on while we asked (released, adopted anew) is not lost.
        if (
          known.some((one) => one.sessionId === sessionId && one.fence === held?.fence) &&
          held !== undefined
        )
          held.fence = undefined;
      }
      await this.#catchUp();
      if (this.#unavailable !== undefined) {
        this.#unavailable = undefined;
        log.info({ event: 'storeBack', held: this.#held.size }, 'The session store is back and caught up');
      }
      for (const request of endRequests) this.#wantEnd(request);
      const expired = await store.takeExpired();
      if (expired.length > 0) onExpired(expired);
    } catch (error) {
      this.#wentAway(error);
    }
  }

  /** Writes what the store does not know, and takes back what it should not have. */
  async #catchUp(): Promise<void> {
    const { store, supervisorId } = this.#options;
    if (this.#needsCatchUp) {
      for (const { sessionId, fence } of await store.list({ supervisorId })) {
        const held = this.#held.get(sessionId);
        if (held === undefined && !this.#asking.has(sessionId)) await store.release(sessionId, fence);
        if (held !== undefined) held.fence = undefined; // its state may have been noted in vain
      }
      this.#needsCatchUp = false;
    }
    for (const [sessionId, held] of [...this.#held]) {
      if (held.fence !== undefined) continue;
      const lease = await store.adopt(held.request);
      if (lease === undefined) this.#wantEnd({ sessionId, reason: 'lost' });
      else if (this.#held.get(sessionId) === held) held.fence = lease.fence;
      else this.#needsCatchUp = true; // released while it was being written
    }
  }

  #wantEnd(request: EndRequest): void {
    const held = this.#held.get(request.sessionId);
    if (held === undefined || held.endWanted) return;
    held.endWanted = true;
    this.#options.log.info(
      { event: 'sessionEndWanted', session: request.sessionId, reason: request.reason },
      `Session ${request.sessionId} is to end: ${request.reason}`,
    );
    this.#options.onEndWanted(request);
  }

  async #try(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#wentAway(error);
    }
  }

  #wentAway(error: unknown): void {
    if (!(error instanceof StoreUnavailableError)) {
      this.#options.log.error({ event: 'storeFailed', err: error }, 'The session store failed');
    }
    this.#needsCatchUp = true;
    const reason = error instanceof Error ? error.message : 'the session store failed';
    if (this.#unavailable === undefined)
      this.#options.log.warn(
        { event: 'storeAway', why: reason },
        'The session store is away; sessions go on, limits hold for this supervisor alone',
      );
    this.#unavailable = reason;
  }
}
