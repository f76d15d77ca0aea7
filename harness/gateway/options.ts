import { randomBytes } from 'node:crypto';
import type {
  AgentDirectory,
  LiveKitAddress,
  Logger,
  Pipeline,
  RoomTimeouts,
  SessionOperations,
} from '../contracts.ts';
import { liveKitRooms } from './livekit-rooms.ts';
import type { RoomDirectory } from './room-directory.ts';

/** Chance, as Node's `crypto.randomBytes`. */
export type RandomBytes = (size: number) => Buffer;

/** How many requests one client address may send to `/api/` in a window. */
export interface RateLimit {
  readonly max: number;
  readonly windowMs: number;
}

/** What the gateway is started with. */
export interface GatewayOptions {
  /** @default '127.0.0.1' */
  readonly host?: string;
  /** 0 takes a free one. @default 0 */
  readonly port?: number;
  readonly livekit: LiveKitAddress;
  readonly agents: AgentDirectory;
  readonly roomTimeouts: RoomTimeouts;
  readonly defaultPipeline: Pipeline;
  /** Lifetime of a join token, s; the server grants 60 s of leeway on top. @default 60 */
  readonly joinTokenTtlS?: number;
  /**
   * Lifetime of a resume value, s. It counts from the last token request, and a call without an outage makes none,
   * so it has to cover the longest session (2 h), the grace time and the context's 30 min.
   * @default 7200 + roomTimeouts.departureTimeoutS + 1800
   */
  readonly resumeTtlS?: number;
  /** @default 60 in 60,000 ms */
  readonly rateLimit?: RateLimit;
  /** How long a client may take to send one request, headers and body, ms; it is cut a second later at most. @default 10,000 */
  readonly requestLimitMs?: number;
  /** The built app; when absent or missing on disk, `/` says so. */
  readonly appFolder?: string;
  /** Origins of other pages that may ask for tokens, `https://example.org`. @default none */
  readonly extraAllowedOrigins?: readonly string[];
  /** Host names beside loopback's and `host` that requests may carry, with or without a port. @default none */
  readonly allowedHosts?: readonly string[];
  /** Believe `X-Forwarded-*`; only behind a proxy that sets them. @default false */
  readonly trustProxy?: boolean;
  /** What `GET /config` shows; the caller masks secrets. Without it the path is 404. */
  readonly configView?: () => unknown;
  /** Sessions for operators: metrics, dashboard, health. Without them those paths are 404. */
  readonly operations?: SessionOperations;
  /** Lets somebody who is not on this machine see and end sessions, as `Authorization: Bearer`. @default nobody */
  readonly operatorToken?: string;
  readonly log: Logger;
  /** Wall clock, ms. @default Date.now */
  readonly now?: () => number;
  /** @default crypto.randomBytes */
  readonly randomBytes?: RandomBytes;
  /** The LiveKit server's API. @default the server at `livekit` */
  readonly rooms?: RoomDirectory;
}

/** {@link GatewayOptions} with every default filled in. */
export type ResolvedOptions = Required<Omit<GatewayOptions, OptionalPart>> &
  Pick<GatewayOptions, OptionalPart>;

type OptionalPart = 'appFolder' | 'configView' | 'operations' | 'operatorToken';

const LONGEST_SESSION_S = 2 * 3600;
const CONTEXT_TTL_S = 30 * 60;

/** Fills in the defaults and takes secrets out of the log for good. */
export function resolveOptions(options: GatewayOptions): ResolvedOptions {
  return {
    host: '127.0.0.1',
    port: 0,
    joinTokenTtlS: 60,
    resumeTtlS: LONGEST_SESSION_S + options.roomTimeouts.departureTimeoutS + CONTEXT_TTL_S,
    rateLimit: { max: 60, windowMs: 60_000 },
    requestLimitMs: 10_000,
    extraAllowedOrigins: [],
    allowedHosts: [],
    trustProxy: false,
    now: Date.now,
    randomBytes,
    ...options,
    rooms: options.rooms ?? liveKitRooms(options.livekit),
    // Nothing here logs one of these; redaction is the second wall.
    log: options.log.child({ part: 'gateway' }, { redact: SECRET_PATHS }),
  };
}

const SECRET_NAMES = [
  'resume',
  'token',
  'participantToken',
  'participant_token',
  'cookie',
  'authorization',
  'apiSecret',
  'operatorToken',
];
const SECRET_PATHS = [
  'headers',
  'body',
  ...SECRET_NAMES,
  ...SECRET_NAMES.map((name) => `*.${name}`),
  '*.headers',
  '*.body',
];
