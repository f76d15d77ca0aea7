/**
 * Owns: leases, their counting and their expiry, in memory; the core of the memory and the file store.
 * Invariant: a session id has one lease; a replaced session no longer counts from the moment its successor is granted;
 * an expired lease is given away once.
 */
import { askAdmission } from './admission.ts';
import type { AdmissionPolicy } from './admission.ts';
import type { AcquireAnswer, EndRequest, LeaseRequest, RenewAnswer, SessionLease } from './session-store.ts';

/** Told of each change, before the call that made it returns. */
export interface LeaseChanges {
  written(lease: SessionLease): void;
  removed(lease: SessionLease): void;
  endWanted(supervisorId: string, request: EndRequest): void;
}

/** The table. Time arrives as an argument (one mono clock for all calls). */
export class LeaseTable {
  readonly #leaseMs: number;
  readonly #changes: LeaseChanges;
  readonly #leases = new Map<string, SessionLease>();
  readonly #supervisors = new Map<string, number>();
  #expired: SessionLease[] = [];
  #fence = 0;

  constructor(leaseMs: number, changes: LeaseChanges) {
    this.#leaseMs = leaseMs;
    this.#changes = changes;
  }

  /** Takes in leases of an earlier life as expired ones. */
  loadExpired(leases: readonly SessionLease[]): void {
    this.#expired.push(...leases);
    this.#fence = Math.max(this.#fence, ...leases.map(({ fence }) => fence));
  }

  acquire(request: LeaseRequest, policy: AdmissionPolicy, nowMonoMs: number): AcquireAnswer {
    this.#expire(nowMonoMs);
    this.#renewLease(request.supervisorId, nowMonoMs);
    const same = this.#leases.get(request.sessionId);
    if (same !== undefined) return { granted: false, why: 'sessionExists', limit: 1 };
    const counted = [...this.#leases.values()].filter(({ endWanted }) => endWanted === undefined);
    const answer = askAdmission(request, counted, policy);
    if (!answer.admit) return { granted: false, why: answer.why, limit: answer.limit };
    const replaced = answer.replace.flatMap((id) => this.#wantEnd(id, 'replaced') ?? []);
    return { granted: true, lease: this.#grant(request), replaced };
  }

  adopt(request: LeaseRequest, nowMonoMs: number): SessionLease | undefined {
    this.#expire(nowMonoMs);
    this.#renewLease(request.supervisorId, nowMonoMs);
    const present = this.#leases.get(request.sessionId);
    if (present !== undefined && present.supervisorId !== request.supervisorId) return undefined;
    return this.#grant(request);
  }

  note(sessionId: string, fence: number, state: string): boolean {
    const lease = this.#owned(sessionId, fence);
    if (lease === undefined) return false;
    this.#write({ ...lease, state });
    return true;
  }

  release(sessionId: string, fence: number): boolean {
    const lease = this.#owned(sessionId, fence);
    if (lease === undefined) return false;
    this.#remove(lease);
    return true;
  }

  renew(
    supervisorId: string,
    held: readonly { readonly sessionId: string; readonly fence: number }[],
    nowMonoMs: number,
  ): RenewAnswer {
    this.#expire(nowMonoMs);
    this.#renewLease(supervisorId, nowMonoMs);
    const lost = held.filter(({ sessionId, fence }) => this.#owned(sessionId, fence) === undefined);
    const endRequests = [...this.#leases.values()].flatMap((lease) =>
      lease.supervisorId === supervisorId && lease.endWanted !== undefined
        ? [{ sessionId: lease.sessionId, reason: lease.endWanted }]
        : [],
    );
    return { lost: lost.map(({ sessionId }) => sessionId), endRequests };
  }

  takeExpired(nowMonoMs: number): readonly SessionLease[] {
    this.#expire(nowMonoMs);
    const taken = this.#expired;
    this.#expired = [];
    return taken;
  }

  find(sessionId: string): SessionLease | undefined {
    return this.#leases.get(sessionId);
  }

  list(filter: { readonly userKey?: string; readonly supervisorId?: string }): readonly SessionLease[] {
    return [...this.#leases.values()]
      .filter(({ userKey }) => filter.userKey === undefined || userKey === filter.userKey)
      .filter(({ supervisorId }) => filter.supervisorId === undefined || supervisorId === filter.supervisorId)
      .toSorted((a, b) => a.startedWallMs - b.startedWallMs || a.fence - b.fence);
  }

  requestEnd(sessionId: string, reason: string): boolean {
    return this.#wantEnd(sessionId, reason) !== undefined;
  }

  #grant(request: LeaseRequest): SessionLease {
    this.#fence += 1;
    const lease = { ...request, fence: this.#fence };
    this.#write(lease);
    return lease;
  }

  #wantEnd(sessionId: string, reason: string): SessionLease | undefined {
    const lease = this.#leases.get(sessionId);
    if (lease === undefined || lease.endWanted !== undefined) return lease;
    const wanted = { ...lease, endWanted: reason };
    this.#write(wanted);
    this.#changes.endWanted(lease.supervisorId, { sessionId, reason });
    return wanted;
  }

  #owned(sessionId: string, fence: number): SessionLease | undefined {
    const lease = this.#leases.get(sessionId);
    return lease?.fence === fence ? lease : undefined;
  }

  #renewLease(supervisorId: string, nowMonoMs: number): void {
    this.#supervisors.set(supervisorId, nowMonoMs + this.#leaseMs);
  }

  #expire(nowMonoMs: number): void {
    for (const [supervisorId, endMonoMs] of this.#supervisors) {
      if (nowMonoMs < endMonoMs) continue;
      this.#supervisors.delete(supervisorId);
      for (const lease of [...this.#leases.values()]) {
        if (lease.supervisorId !== supervisorId) continue;
        this.#remove(lease);
        this.#expired.push(lease);
      }
    }
  }

  #write(lease: SessionLease): void {
    this.#leases.set(lease.sessionId, lease);
    this.#changes.written(lease);
  }

  #remove(lease: SessionLease): void {
    this.#leases.delete(lease.sessionId);
    this.#changes.removed(lease);
  }
}
