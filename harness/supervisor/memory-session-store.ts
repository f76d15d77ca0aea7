/**
 * A SessionStore in this process's memory: exact for one process, gone with it. Supervisors that are handed the same
 * object see each other, which is what the contract suite does.
 */
import type { AdmissionPolicy } from './admission.ts';
import type { EngineClock } from './engine-clock.ts';
import { LeaseTable } from './lease-table.ts';
import type { LeaseChanges } from './lease-table.ts';
import type {
  AcquireAnswer,
  EndRequest,
  LeaseRequest,
  RenewAnswer,
  SessionLease,
  SessionStore,
} from './session-store.ts';

export interface MemorySessionStoreOptions {
  readonly clock: EngineClock;
  /** @default 10000 */
  readonly leaseMs?: number;
  /** Gets what a listener of end requests threw. */
  readonly onError: (error: unknown) => void;
}

interface KeptContext {
  readonly value: string;
  readonly untilMonoMs: number;
}

/** Contexts at once, at most: each may have 256 kB. The one that was written longest ago goes. */
const MAX_CONTEXTS = 1_000;

/** Sessions in memory. */
export class MemorySessionStore implements SessionStore {
  readonly leaseMs: number;
  protected readonly table: LeaseTable;
  readonly #clock: EngineClock;
  readonly #onError: (error: unknown) => void;
  readonly #listeners = new Map<string, Set<(request: EndRequest) => void>>();
  readonly #contexts = new Map<string, KeptContext>();

  constructor(
    options: MemorySessionStoreOptions,
    changes: Omit<LeaseChanges, 'endWanted'> = { written() {}, removed() {} },
  ) {
    this.leaseMs = options.leaseMs ?? 10_000;
    this.#clock = options.clock;
    this.#onError = options.onError;
    this.table = new LeaseTable(this.leaseMs, {
      written: (lease) => changes.written(lease),
      removed: (lease) => changes.removed(lease),
      endWanted: (supervisorId, request) => this.#tell(supervisorId, request),
    });
  }

  acquire(request: LeaseRequest, policy: AdmissionPolicy): Promise<AcquireAnswer> {
    return this.#do(() => this.table.acquire(request, policy, this.#clock.monoMs()));
  }

  adopt(lease: LeaseRequest): Promise<SessionLease | undefined> {
    return this.#do(() => this.table.adopt(lease, this.#clock.monoMs()));
  }

  note(sessionId: string, fence: number, state: string): Promise<boolean> {
    return this.#do(() => this.table.note(sessionId, fence, state));
  }

  release(sessionId: string, fence: number): Promise<boolean> {
    return this.#do(() => this.table.release(sessionId, fence));
  }

  renew(
    supervisorId: string,
    held: readonly { readonly sessionId: string; readonly fence: number }[],
  ): Promise<RenewAnswer> {
    return this.#do(() => this.table.renew(supervisorId, held, this.#clock.monoMs()));
  }

  takeExpired(): Promise<readonly SessionLease[]> {
    return this.#do(() => this.table.takeExpired(this.#clock.monoMs()));
  }

  find(sessionId: string): Promise<SessionLease | undefined> {
    return this.#do(() => this.table.find(sessionId));
  }

  list(
    filter: { readonly userKey?: string; readonly supervisorId?: string } = {},
  ): Promise<readonly SessionLease[]> {
    return this.#do(() => this.table.list(filter));
  }

  requestEnd(sessionId: string, reason: string): Promise<boolean> {
    return this.#do(() => this.table.requestEnd(sessionId, reason));
  }

  onEndRequest(supervisorId: string, listener: (request: EndRequest) => void): () => void {
    const entry = (request: EndRequest): void => listener(request);
    let listeners = this.#listeners.get(supervisorId);
    if (listeners === undefined) this.#listeners.set(supervisorId, (listeners = new Set()));
    listeners.add(entry);
    return () => {
      listeners.delete(entry);
      if (listeners.size === 0 && this.#listeners.get(supervisorId) === listeners)
        this.#listeners.delete(supervisorId);
    };
  }

  keepContext(key: string, value: string, ttlMs: number): Promise<void> {
    return this.#do(() => {
      this.#forgetContexts();
      this.#contexts.delete(key); // to the end: what was written longest ago stands first
      this.#contexts.set(key, { value, untilMonoMs: this.#clock.monoMs() + ttlMs });
      const [oldest] = this.#contexts.keys();
      if (this.#contexts.size > MAX_CONTEXTS && oldest !== undefined) this.#contexts.delete(oldest);
    });
  }

  context(key: string): Promise<string | undefined> {
    return this.#do(() => {
      this.#forgetContexts();
      return this.#contexts.get(key)?.value;
    });
  }

  dropContext(key: string): Promise<void> {
    return this.#do(() => void this.#contexts.delete(key));
  }

  close(): Promise<void> {
    this.#listeners.clear();
    this.#contexts.clear();
    return Promise.resolve();
  }

  /** What throws becomes a rejection. */
  #do<T>(work: () => T): Promise<T> {
    return new Promise((resolve) => resolve(work()));
  }

  #forgetContexts(): void {
    const now = this.#clock.monoMs();
    for (const [key, { untilMonoMs }] of this.#contexts) if (now >= untilMonoMs) this.#contexts.delete(key);
  }

  #tell(supervisorId: string, request: EndRequest): void {
    for (const listener of [...(this.#listeners.get(supervisorId) ?? [])]) {
      try {
        listener(request);
      } catch (error) {
        this.#onError(error);
      }
    }
  }
}
