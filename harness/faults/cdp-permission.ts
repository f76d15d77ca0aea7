/** Takes the microphone's permission away while it is in use: Chromium ends the track, the page sees a real `ended`. */
import type { CdpSession } from './cdp-network.ts';

/** Sets the permission for `origin`. A track that was ended by it stays ended when it is granted again. */
export async function setMicrophonePermission(
  session: CdpSession,
  origin: string,
  allowed: boolean,
): Promise<void> {
  await session.send('Browser.setPermission', {
    permission: { name: 'microphone' },
    setting: allowed ? 'granted' : 'denied',
    origin,
  });
}
