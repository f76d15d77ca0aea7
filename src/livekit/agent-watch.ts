/**
 * Who the agent of this room is, and its state. Agents are participants of kind AGENT, or named as ours are. With
 * two of them for a moment (a replaced one and its successor) the one that joined last counts.
 */
import { type RemoteParticipant, type Room, RoomEvent } from 'livekit-client';
import { AGENT_STATES, type AgentState } from '../core/session/types.ts';
import {
  AGENT_IDENTITY_PREFIX,
  AGENT_STATE_ATTRIBUTE,
  CONTEXT_ATTRIBUTE,
  CONTEXT_ORIGINS,
  type ContextOrigin,
} from '../shared/wire.ts';

/** What is told of the agent. */
export interface AgentListener {
  onState(state: AgentState): void;
  /** It knows the conversation from before it joined; once for each agent, before its first state. */
  onContext(origin: ContextOrigin, agentId: string): void;
}

/** Follows the agent of `room`. Its listeners live as long as the room's. */
export class AgentWatch {
  readonly #room: Room;
  readonly #listener: AgentListener;
  #contextOf: string | undefined;
  #told: AgentState | undefined;

  constructor(room: Room, listener: AgentListener) {
    this.#room = room;
    this.#listener = listener;
    const refresh = (): void => this.refresh();
    room
      .on(RoomEvent.ParticipantConnected, refresh)
      .on(RoomEvent.ParticipantDisconnected, refresh)
      .on(RoomEvent.ParticipantAttributesChanged, refresh)
      .on(RoomEvent.Reconnected, refresh);
  }

  /** The agent, or undefined when none is in the room. */
  get participant(): RemoteParticipant | undefined {
    let latest: RemoteParticipant | undefined;
    for (const participant of this.#room.remoteParticipants.values()) {
      if (!isAgent(participant)) continue;
      if (latest === undefined || joinedMs(participant) >= joinedMs(latest)) latest = participant;
    }
    return latest;
  }

  /** Tells the state when it is another one than told last. */
  refresh(): void {
    const agent = this.participant;
    const context = CONTEXT_ORIGINS.find((origin) => origin === agent?.attributes[CONTEXT_ATTRIBUTE]);
    if (agent !== undefined && context !== undefined && agent.sid !== this.#contextOf) {
      this.#contextOf = agent.sid;
      this.#listener.onContext(context, agent.sid);
    }
    const state = stateOf(agent);
    if (state === this.#told) return;
    this.#told = state;
    this.#listener.onState(state);
  }
}

/** Whether a participant is an agent. */
export function isAgent(participant: RemoteParticipant): boolean {
  return participant.isAgent || participant.identity.startsWith(AGENT_IDENTITY_PREFIX);
}

function joinedMs(participant: RemoteParticipant): number {
  return participant.joinedAt?.getTime() ?? 0;
}

/** An agent that tells no state, or one that we do not know, is there and nothing more: `initializing` or `idle`. */
function stateOf(agent: RemoteParticipant | undefined): AgentState {
  if (agent === undefined) return 'absent';
  const told = agent.attributes[AGENT_STATE_ATTRIBUTE];
  if (told === undefined) return 'initializing';
  return AGENT_STATES.find((state) => state === told && state !== 'absent') ?? 'idle';
}
