/**
 * A SessionStore in Redis: supervisors on several machines see each other's sessions, and limits hold across them.
 * Never: waits for a Redis that is away: each method rejects with StoreUnavailableError within `limitMs`, and whether
 * what it asked for was done is not known then; `renew` and `adopt` settle it later.
 * Invariant: every change of a lease is one script (redis-lease-scripts.ts).
 */
import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { AdmissionPolicy } from './admission.ts';
import { createRedisClient, findRedisClient, toUnavailable } from './redis-client.ts';
import type { LoadIoredis } from './redis-client.ts';
import { REDIS_LEASE_SCRIPTS } from './redis-lease-scripts.ts';
import type { RedisLeaseScript } from './redis-lease-scripts.ts';
import { StoreUnavailableError } from './session-store.ts';
import type {
  AcquireAnswer,
  EndRequest,
  LeaseRequest,
  RenewAnswer,
  SessionLease,
  SessionStore,
} from './session-store.ts';

export interface RedisSessionStoreOptions {
  /** `redis://` or `rediss://`; may hold a password, which is never told. */
  readonly url: string;
  /** @default 10000 */
  readonly leaseMs?: number;
  /** Longest wait for one answer, ms. @default 1000 */
  readonly limitMs?: number;
  /** Before every key. One hash tag in it keeps a cluster's scripts in one slot. @default '{clara}:' */
  readonly prefix?: string;
  /** Gets failed connections, and what a listener of end requests threw. */
  readonly onError: (error: unknown) => void;
  /** @default import('ioredis') */
  readonly load?: LoadIoredis;
}

const requestSchema = z.object({
  sessionId: z.string(),
  userKey: z.string(),
  machineId: z.string(),
  supervisorId: z.string(),
  kind: z.string(),
  state: z.string(),
  startedWallMs: z.number(),
});
const toldSchema = z.tuple([
  z.string().nullable(), // no such session
  z.string().nullable(),
  z.string().nullable(),
  z.union([z.string(), z.null(), z.literal(false)]),
]);
const acquireSchema = z.union([
  z.tuple([z.enum(['sessionExists', 'userFull', 'machineFull']), z.number()]),
  z.tuple([z.literal('granted'), toldSchema, z.array(toldSchema)]),
]);
const renewSchema = z.tuple([z.array(z.string()), z.array(z.tuple([z.string(), z.string()]))]);
const endSchema = z.object({ supervisorId: z.string(), sessionId: z.string(), reason: z.string() });

/** A lease as a script tells it; undefined for a session that is not there. */
function parseLease(value: unknown): SessionLease | undefined {
  const [request, state, fence, endWanted] = toldSchema.parse(value);
  if (request === null || state === null || fence === null) return undefined;
  const lease = { ...requestSchema.parse(JSON.parse(request)), state, fence: Number(fence) };
  return typeof endWanted === 'string' ? { ...lease, endWanted } : lease;
}

function certain(lease: SessionLease | undefined): SessionLease {
  if (lease === undefined) throw new TypeError('a script granted a lease and did not tell it');
  return lease;
}

type Argument = string | number;
/** What `defineCommand` adds to a client. */
type Scripted = Record<RedisLeaseScript, (prefix: string, ...args: Argument[]) => Promise<unknown>>;

function requestArguments(request: LeaseRequest): Argument[] {
  const { sessionId, userKey, machineId, supervisorId, startedWallMs, state } = request;
  return [sessionId, JSON.stringify(request), userKey, machineId, supervisorId, startedWallMs, state];
}

/** Sessions in Redis. Opened by {@link openRedisSessionStore}. */
class RedisSessionStore implements SessionStore {
  readonly leaseMs: number;
  readonly #client: Redis;
  readonly #subscriber: Redis;
  readonly #prefix: string;
  readonly #onError: (error: unknown) => void;
  readonly #listeners = new Map<string, Set<(request: EndRequest) => void>>();

  constructor(client: Redis, subscriber: Redis, prefix: string, options: RedisSessionStoreOptions) {
    this.leaseMs = options.leaseMs ?? 10_000;
    this.#client = client;
    this.#subscriber = subscriber;
    this.#prefix = prefix;
    this.#onError = options.onError;
    for (const [name, lua] of Object.entries(REDIS_LEASE_SCRIPTS))
      client.defineCommand(name, { numberOfKeys: 1, lua });
    subscriber.on('message', (_channel: string, text: string) => this.#hear(text));
  }

  /** Tries to connect both, `limitMs` at most; a Redis that is away is tried again in the background. */
  async connect(): Promise<void> {
    // After a lost connection ioredis subscribes again by itself, but only to what was subscribed once.
    this.#subscriber.on('ready', () => {
      this.#subscriber.subscribe(`${this.#prefix}end`).catch((cause: unknown) => {
        this.#onError(toUnavailable('subscription', cause));
      });
    });
    const isUp = await Promise.allSettled([this.#client.connect(), this.#subscriber.connect()]);
    if (isUp.every(({ status }) => status === 'fulfilled'))
      await this.#subscriber.subscribe(`${this.#prefix}end`).catch(() => undefined); // told by 'ready' above
  }

  async acquire(request: LeaseRequest, policy: AdmissionPolicy): Promise<AcquireAnswer> {
    const { maxPerUser, maxPerMachine, whenUserIsFull } = policy;
    return this.#run(
      'claraAcquire',
      [...requestArguments(request), this.leaseMs, maxPerUser, maxPerMachine, whenUserIsFull],
      (value) => {
        const answer = acquireSchema.parse(value);
        if (answer[0] !== 'granted') return { granted: false, why: answer[0], limit: answer[1] };
        const replaced = answer[2].map((each) => certain(parseLease(each)));
        return { granted: true, lease: certain(parseLease(answer[1])), replaced };
      },
    );
  }

  async adopt(lease: LeaseRequest): Promise<SessionLease | undefined> {
    return this.#run('claraAdopt', [...requestArguments(lease), this.leaseMs], (value) =>
      value === null ? undefined : parseLease(value),
    );
  }

  async note(sessionId: string, fence: number, state: string): Promise<boolean> {
    return this.#run('claraNote', [sessionId, fence, state], (value) => value === 1);
  }

  async release(sessionId: string, fence: number): Promise<boolean> {
    return this.#run('claraRelease', [sessionId, fence], (value) => value === 1);
  }

  async renew(
    supervisorId: string,
    held: readonly { readonly sessionId: string; readonly fence: number }[],
  ): Promise<RenewAnswer> {
    const pairs = held.flatMap(({ sessionId, fence }) => [sessionId, fence]);
    return this.#run('claraRenew', [supervisorId, this.leaseMs, ...pairs], (value) => {
      const [lost, wanted] = renewSchema.parse(value);
      return { lost, endRequests: wanted.map(([sessionId, reason]) => ({ sessionId, reason })) };
    });
  }

  async takeExpired(): Promise<readonly SessionLease[]> {
    return this.#run('claraTakeExpired', [], (value) =>
      z
        .array(z.string())
        .parse(value)
        .map((text) => certain(parseLease(JSON.parse(text)))),
    );
  }

  async find(sessionId: string): Promise<SessionLease | undefined> {
    return this.#run('claraFind', [sessionId], parseLease);
  }

  async list(
    filter: { readonly userKey?: string; readonly supervisorId?: string } = {},
  ): Promise<readonly SessionLease[]> {
    const { userKey, supervisorId } = filter;
    return this.#run('claraList', [userKey ?? '', supervisorId ?? ''], (value) =>
      z
        .array(z.unknown())
        .parse(value)
        .flatMap((each) => parseLease(each) ?? [])
        .filter((lease) => supervisorId === undefined || lease.supervisorId === supervisorId)
        .toSorted((a, b) => a.startedWallMs - b.startedWallMs || a.fence - b.fence),
    );
  }

  async requestEnd(sessionId: string, reason: string): Promise<boolean> {
    return this.#run('claraRequestEnd', [sessionId, reason], (value) => value === 1);
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

  async keepContext(key: string, value: string, ttlMs: number): Promise<void> {
    await this.#ask('SET', () =>
      this.#client.set(this.#contextKey(key), value, 'PX', Math.max(1, Math.round(ttlMs))),
    );
  }

  async context(key: string): Promise<string | undefined> {
    return (await this.#ask('GET', () => this.#client.get(this.#contextKey(key)))) ?? undefined;
  }

  async dropContext(key: string): Promise<void> {
    await this.#ask('DEL', () => this.#client.del(this.#contextKey(key)));
  }

  close(): Promise<void> {
    this.#listeners.clear();
    this.#client.disconnect();
    this.#subscriber.disconnect();
    return Promise.resolve();
  }

  #contextKey(key: string): string {
    return `${this.#prefix}context:${key}`;
  }

  #run<T>(script: RedisLeaseScript, args: Argument[], read: (value: unknown) => T): Promise<T> {
    const scripted = this.#client as unknown as Scripted; // defineCommand adds methods that no type knows
    return this.#ask(script, async () => read(await scripted[script](this.#prefix, ...args)));
  }

  async #ask<T>(what: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      throw cause instanceof StoreUnavailableError ? cause : toUnavailable(what, cause);
    }
  }

  #hear(text: string): void {
    try {
      const { supervisorId, ...request } = endSchema.parse(JSON.parse(text));
      for (const listener of [...(this.#listeners.get(supervisorId) ?? [])]) {
        try {
          listener(request);
        } catch (error) {
          this.#onError(error);
        }
      }
    } catch (error) {
      this.#onError(error); // somebody else's message on our channel
    }
  }
}

/**
 * Opens the store. A Redis that is away is no error: the store says StoreUnavailableError until it is there. Rejects
 * with PartMissingError when ioredis is not installed. The caller closes it.
 */
export async function openRedisSessionStore(options: RedisSessionStoreOptions): Promise<SessionStore> {
  const { url, prefix = '{clara}:', limitMs = 1000, onError } = options;
  const Client = await findRedisClient(options.load);
  const make = (): Redis => createRedisClient(Client, url, limitMs, onError);
  const store = new RedisSessionStore(make(), make(), prefix, options);
  await store.connect();
  return store;
}
