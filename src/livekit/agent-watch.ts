/**
 * Who the agent of this room is, and its state. Agents are participants of kind AGENT, or named as ours are. With
 * two of them for a moment (a replaced one and its successor) the one that joined last counts.
 */
import { type RemoteParticipant, type Room, RoomEvent } from 'livekit-client';
import { AGENT_STATES, type AgentState } from '../core/session/types.ts';
import { AGENT_IDENTITY_PREFIX, AGENT_STATE_ATTRIBUTE } from '../shared/wire.ts';

/** Follows the agent of `room`. Its listeners live as long as the room's. */
export class AgentWatch {
  readonly #room: Room;
  readonly #onState: (state: AgentState) => void;
  #told: AgentState | undefined;

  constructor(room: Room, onState: (state: AgentState) => void) {
    this.#room = room;
    this.#onState = onState;
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
    const state = stateOf(this.participant);
    if (state === this.#told) return;
    this.#told = state;
    this.#onState(state);
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
