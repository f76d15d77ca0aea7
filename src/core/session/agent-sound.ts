/**
 * Whether sound of the agent arrives, from samples. Pure. An agent that hangs sends none: what its process feeds runs dry
 * within a second. One that says nothing may send none either, so that its silence proves nothing by itself.
 */
import type { MediaSample } from '../reconnect/media-sample.ts';

/** Packets younger than this say that it is alive, ms: Opus sends one in 400 ms of silence, and several may be lost. */
const FRESH_MS = 2000;

/** The latest count of one stream and when it grew last; made by {@link agentHeard}. */
export interface AgentSound {
  readonly streamId: string;
  readonly packets: number;
  /** Undefined: not since it is watched. */
  readonly grewMonoMs?: number;
}

/** The next memory after `sample`; undefined while no stream of the agent is there. */
export function agentHeard(sound: AgentSound | undefined, sample: MediaSample): AgentSound | undefined {
  const { down, monoMs } = sample;
  if (down === undefined) return undefined;
  const now = { streamId: down.id, packets: down.packetsReceived };
  if (sound?.streamId !== now.streamId) return now;
  if (now.packets > sound.packets) return { ...now, grewMonoMs: monoMs };
  return { ...sound, ...now };
}

/** Whether it was heard a moment before `atMonoMs`. */
export function isAgentHeard(sound: AgentSound | undefined, atMonoMs: number): boolean {
  return sound?.grewMonoMs !== undefined && atMonoMs - sound.grewMonoMs < FRESH_MS;
}
