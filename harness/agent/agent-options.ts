import type { LiveKitAddress, Logger, RoomTimeouts } from '../contracts.ts';
import type { AdmissionPolicy } from '../supervisor/admission.ts';
import type { ResponderHost } from '../responder/responder-host.ts';
import type { RunFolder } from '../supervisor/run-folder.ts';
import type { SessionStore } from '../supervisor/session-store.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import type { SessionFact } from '../telemetry/session-event.ts';
import type { AgentRooms } from './agent-rooms.ts';
import type { SpawnChild } from './child-process.ts';
import type { Clock } from './clock.ts';
import type { SessionRules } from './session-rules.ts';

/** Hears what happens to sessions; Telemetry is one. Never throws. */
export interface SessionWatcher {
  note(sessionId: string, kind: string, fact: SessionFact): void;
}

/** What answers the typed messages of voice sessions. It lives in the parent, so that a new child finds its talk again. */
export type SessionResponder = Pick<ResponderHost, 'begin' | 'take' | 'abandon' | 'end'>;

/** What a ClaraVoiceAgent is made of. */
export interface ClaraVoiceAgentOptions {
  readonly livekit: LiveKitAddress;
  /** The worker name that dispatches are addressed to. */
  readonly agentName: string;
  readonly log: Logger;
  /** How long a vanished user, or our own lost connection, keeps a session, ms. @default 150000 */
  readonly graceMs?: number;
  /** How long a user who left without `clara.resume` may be back, ms. @default 5000 */
  readonly leftMs?: number;
  /** How long a conversation is kept for a user who comes back after the grace time, ms. @default 1800000 */
  readonly contextTtlMs?: number;
  /** For rooms that must be made again after a server restart. @default 300 s empty, graceMs departure */
  readonly roomTimeouts?: RoomTimeouts;
  /** Answers typed messages in the pipeline's place; its owner stops it. @default none */
  readonly responder?: SessionResponder;
  /** A voice of tts.ts, `auto` or `none`. @default 'auto' */
  readonly voice?: string;
  /** Children kept ready. @default 1 */
  readonly warmChildren?: number;
  /** Sessions at a time before further ones are refused. @default 50 */
  readonly maxSessions?: number;
  /** Sessions that one user may have at a time; 0 is no limit. @default 1 */
  readonly maxPerUser?: number;
  /** What a further session of such a user does. @default 'replaceOldest' */
  readonly whenUserIsFull?: AdmissionPolicy['whenUserIsFull'];
  /** A session is told of once when it is this old, ms; 0 never. @default 1800000 */
  readonly warnMs?: number;
  /** And ended when it is this old, ms; 0 never. @default 7200000 */
  readonly maxSessionMs?: number;
  /** A process from which nothing comes for so long is ended, ms; 0 never. A quiet user is not idle. @default 300000 */
  readonly idleMs?: number;
  /** Errors in a row at which a session ends; 0 never. @default 5 */
  readonly maxErrors?: number;
  /** Resident memory of one session's processes, bytes; 0 is no limit. @default 512 MiB */
  readonly maxRssBytes?: number;
  /** CPU time of one session's processes, ms; 0 is no limit. @default 0 */
  readonly maxCpuMs?: number;
  /** The engine. @default one of its own, without a journal; the given one stays its owner's */
  readonly supervisor?: Supervisor;
  /** Where sessions are known beyond this process; its owner closes it. @default memory */
  readonly store?: SessionStore;
  /** @default the host's name */
  readonly machineId?: string;
  /** This process's memory, bytes. @default process.memoryUsage */
  readonly memory?: () => { readonly rss: number; readonly heapUsed: number };
  /** Told of everything that happens to sessions. */
  readonly watcher?: SessionWatcher;
  /** The run that children belong to; its reaper ends them when this process cannot. */
  readonly runFolder?: RunFolder;
  /** @default the rooms of the server at `livekit` */
  readonly rooms?: AgentRooms;
  /** @default real processes */
  readonly spawnChild?: SpawnChild;
  /** @default the real time */
  readonly clock?: Clock;
  /** In [0, 1). @default Math.random */
  readonly random?: () => number;
}

/** The settings with their defaults, ms where not named otherwise. */
export function withDefaults(options: ClaraVoiceAgentOptions): {
  readonly graceMs: number;
  readonly leftMs: number;
  readonly contextTtlMs: number;
  readonly roomTimeouts: RoomTimeouts;
  readonly voice: string;
  readonly warmChildren: number;
  readonly maxSessions: number;
  readonly rules: SessionRules;
  readonly idleMs: number;
  readonly maxRssBytes: number;
  readonly maxCpuMs: number;
  readonly admission: AdmissionPolicy;
} {
  const { graceMs = 150_000, leftMs = 5_000, contextTtlMs = 1_800_000 } = options;
  const { voice = 'auto', warmChildren = 1, maxSessions = 50 } = options;
  const roomTimeouts = options.roomTimeouts ?? {
    emptyTimeoutS: 300,
    departureTimeoutS: Math.ceil(graceMs / 1000),
  };
  const { warnMs = 1_800_000, maxSessionMs = 7_200_000, maxErrors = 5 } = options;
  const { idleMs = 300_000, maxRssBytes = 512 * 1024 * 1024, maxCpuMs = 0 } = options;
  const { maxPerUser = 1, whenUserIsFull = 'replaceOldest' } = options;
  return {
    graceMs,
    leftMs,
    contextTtlMs,
    roomTimeouts,
    voice,
    warmChildren,
    maxSessions,
    rules: { warnMs, maxSessionMs, maxErrors },
    idleMs,
    maxRssBytes,
    maxCpuMs,
    admission: { maxPerUser, maxPerMachine: maxSessions, whenUserIsFull },
  };
}
