/** Takes the microphone's permission away while it is in use: Chromium ends the track, the page sees a real `ended`. */
import type { CdpSession } from './cdp-network.ts';

/** Whose permission. */
export interface PermissionScope {
  readonly origin: string;
  /** `Target.getTargetInfo` tells it; without it the default context is meant, not that of an incognito page. */
  readonly browserContextId?: string;
}

/** Sets the permission. A track that was ended by it stays ended when it is granted again. */
export async function setMicrophonePermission(
  session: CdpSession,
  scope: PermissionScope,
  allowed: boolean,
): Promise<void> {
  await session.send('Browser.setPermission', {
    permission: { name: 'microphone' },
    setting: allowed ? 'granted' : 'denied',
    ...scope,
  });
}
