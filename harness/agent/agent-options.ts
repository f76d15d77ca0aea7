import type { LiveKitAddress, Logger, RoomTimeouts } from '../contracts.ts';
import type { RunFolder } from '../supervisor/run-folder.ts';
import type { AgentRooms } from './agent-rooms.ts';
import type { SpawnChild } from './child-process.ts';
import type { Clock } from './clock.ts';

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
  /** A voice of tts.ts, `auto` or `none`. @default 'auto' */
  readonly voice?: string;
  /** Children kept ready. @default 1 */
  readonly warmChildren?: number;
  /** Sessions at a time before further ones are refused. @default 50 */
  readonly maxSessions?: number;
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
} {
  const { graceMs = 150_000, leftMs = 5_000, contextTtlMs = 1_800_000 } = options;
  const { voice = 'auto', warmChildren = 1, maxSessions = 50 } = options;
  const roomTimeouts = options.roomTimeouts ?? {
    emptyTimeoutS: 300,
    departureTimeoutS: Math.ceil(graceMs / 1000),
  };
  return { graceMs, leftMs, contextTtlMs, roomTimeouts, voice, warmChildren, maxSessions };
}
