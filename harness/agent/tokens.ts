/**
 * Mints what the agent side itself needs: the worker's pass for `/agent`, and a session's pass when its child
 * must join again. Both are short-lived and go to one place only (a socket's header, a child's IPC channel).
 */
import { AccessToken } from 'livekit-server-sdk';
import { AGENT_STATE_ATTRIBUTE, CONTEXT_ATTRIBUTE } from '../../src/shared/wire.ts';
import type { ContextOrigin } from '../../src/shared/wire.ts';
import type { LiveKitAddress } from '../contracts.ts';

type Keys = Pick<LiveKitAddress, 'apiKey' | 'apiSecret'>;

/** A worker's pass for `/agent`, good for 10 min: only the opening handshake needs it. */
export async function mintWorkerToken(keys: Keys): Promise<string> {
  const token = new AccessToken(keys.apiKey, keys.apiSecret, { ttl: '10m' });
  token.addGrant({ agent: true });
  return token.toJwt();
}

/** What an agent shows from its first moment in a room. */
export function agentAttributes(context: ContextOrigin | undefined): Record<string, string> {
  return {
    [AGENT_STATE_ATTRIBUTE]: 'initializing',
    ...(context !== undefined && { [CONTEXT_ATTRIBUTE]: context }),
  };
}

/** A pass into `roomName` as the agent `identity`, good for 10 min, with the rights LiveKit gives to agents. */
export async function mintSessionToken(
  keys: Keys,
  roomName: string,
  identity: string,
  attributes: Record<string, string>,
): Promise<string> {
  const token = new AccessToken(keys.apiKey, keys.apiSecret, { ttl: '10m', identity, attributes });
  token.kind = 'agent';
  token.addGrant({
    agent: true,
    roomJoin: true,
    room: roomName,
    canPublish: true,
    canSubscribe: true,
    canPublishData: true,
    canUpdateOwnMetadata: true,
  });
  return token.toJwt();
}
