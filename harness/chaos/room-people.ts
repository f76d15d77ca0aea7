/** Who is in the rooms of a run's server and what they publish, over the server's own API. Opens nothing. */
import { ParticipantInfo_Kind } from '@livekit/protocol';
import { RoomServiceClient } from 'livekit-server-sdk';
import type { LiveKitAddress } from '../contracts.ts';

/** Everybody in all rooms: a run's server has one call. */
export interface RoomPeople {
  /** Published tracks of each user, and of each agent. */
  readonly userTracks: readonly number[];
  readonly agentTracks: readonly number[];
}

const REQUEST_TIMEOUT_S = 3;

/** Asks. Rejects without the error of the SDK when the server does not answer: it may hold a token. */
export async function peopleIn(address: LiveKitAddress): Promise<RoomPeople> {
  const rooms = new RoomServiceClient(address.url.replace(/^ws/, 'http'), address.apiKey, address.apiSecret, {
    requestTimeout: REQUEST_TIMEOUT_S,
    failover: false,
  });
  try {
    const all = await rooms.listRooms();
    const people = (await Promise.all(all.map(({ name }) => rooms.listParticipants(name)))).flat();
    const isAgent = ({ kind }: (typeof people)[number]): boolean =>
      Number(kind) === Number(ParticipantInfo_Kind.AGENT);
    const tracksOf = (some: typeof people): number[] => some.map(({ tracks }) => tracks.length);
    return {
      userTracks: tracksOf(people.filter((person) => !isAgent(person))),
      agentTracks: tracksOf(people.filter(isAgent)),
    };
  } catch {
    throw new Error('the server did not tell who is there');
  }
}

/** One user and one agent, each heard by one track: nobody is there twice, and nobody speaks twice. */
export function isOneOfEach({ userTracks, agentTracks }: RoomPeople): boolean {
  return [userTracks, agentTracks].every((tracks) => tracks.length === 1 && tracks[0] === 1);
}
