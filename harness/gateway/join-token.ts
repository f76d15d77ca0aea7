import { AccessToken, TrackSource } from 'livekit-server-sdk';
import type { LiveKitAddress } from '../contracts.ts';
import { RESUME_ATTRIBUTE, USER_KEY_ATTRIBUTE } from '../../src/shared/wire.ts';
import type { SessionNames } from './session-names.ts';

/**
 * The token that lets one browser into one room: microphone, listening and data, nothing else. Attributes are read
 * by everybody in the room, so they say only that this client can come back, and a hash of who it is.
 */
export function joinToken(livekit: LiveKitAddress, names: SessionNames, ttlS: number): Promise<string> {
  const token = new AccessToken(livekit.apiKey, livekit.apiSecret, {
    identity: names.identity,
    ttl: ttlS,
    attributes: { [RESUME_ATTRIBUTE]: '1', [USER_KEY_ATTRIBUTE]: names.userKey },
  });
  token.addGrant({
    room: names.roomName,
    roomJoin: true,
    canPublish: true,
    canPublishSources: [TrackSource.MICROPHONE],
    canSubscribe: true,
    canPublishData: true,
    canUpdateOwnMetadata: false,
  });
  return token.toJwt();
}
