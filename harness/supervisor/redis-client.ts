/**
 * Owns: how ioredis is had and set up: an optional peer, loaded only when a Redis is configured, with every command
 * bounded and nothing queued while it is away.
 * Never: puts the address's user or password into a message.
 */
import type { Redis } from 'ioredis';
import { PartMissingError } from '../parts/part-missing-error.ts';
import { StoreUnavailableError } from './session-store.ts';

/** Pauses between two tries to connect, ms: from the first to the last. */
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 2000;

/** How ioredis is loaded; injected so that its absence can be tested. */
export type LoadIoredis = () => Promise<{ readonly Redis: typeof Redis }>;

const loadIoredis: LoadIoredis = () => import('ioredis');

/** The client's class. Rejects with PartMissingError when the package is not installed. */
export async function findRedisClient(load: LoadIoredis = loadIoredis): Promise<typeof Redis> {
  try {
    return (await load()).Redis;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'cannot be loaded';
    throw new PartMissingError(
      'The package ioredis',
      'sessions that several supervisors share (redisUrl is set)',
      [{ id: 'npm', what: "import('ioredis')", reason: reason.split('\n')[0] ?? reason }],
      'npm install ioredis@6, or leave redisUrl empty: limits then hold on this machine alone',
    );
  }
}

/** A client that is not connected yet. Its owner disconnects it. @param onError hears of each failed connection */
export function createRedisClient(
  Client: typeof Redis,
  url: string,
  limitMs: number,
  onError: (error: StoreUnavailableError) => void,
): Redis {
  const client = new Client(url, {
    lazyConnect: true,
    connectTimeout: limitMs,
    commandTimeout: limitMs,
    enableOfflineQueue: false, // who asks while it is away wants to know now
    autoResendUnfulfilledCommands: false, // an acquire must not happen after its caller has gone on without it
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(attempt, 10)),
  });
  client.on('error', (cause: unknown) => onError(toUnavailable('connection', cause)));
  return client;
}

/** What any failure of Redis becomes: its owner goes on without it. */
export function toUnavailable(what: string, cause: unknown): StoreUnavailableError {
  const why = cause instanceof Error ? cause.message : 'unknown';
  return new StoreUnavailableError(`Redis ${what}: ${why}`, { cause });
}
