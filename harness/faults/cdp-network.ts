/**
 * The same cuts without proxy or relay, Chromium only, by network emulation over the DevTools protocol. It reaches
 * WebRTC only when a throttle was set *before* the first RTCPeerConnection was made; so: {@link prepareCdpNetwork}
 * first, and "restored" means the harmless throttle again, never none. One CDP session only. No STUN server may be on
 * a port below 1024: Chromium 156 then crashes the page under any emulation (measured with 127.0.0.1:9).
 */
import { defineFault } from './define-fault.ts';
import type { Fault } from './fault.ts';
import { undoOnce } from './undo.ts';

/** As much of a CDP session as faults need; Playwright's fits. */
export interface CdpSession {
  send(method: 'Network.enable'): Promise<unknown>;
  send(method: 'Network.emulateNetworkConditions', conditions: CdpNetworkConditions): Promise<unknown>;
  send(method: 'Browser.setPermission', permission: CdpPermission): Promise<unknown>;
}

/** `Network.emulateNetworkConditions` of the DevTools protocol. Throughput in bytes a second. */
export interface CdpNetworkConditions {
  offline: boolean;
  latency: number;
  downloadThroughput: number;
  uploadThroughput: number;
  /** Percent, WebRTC only. */
  packetLoss?: number;
}

/** `Browser.setPermission` of the DevTools protocol. */
export interface CdpPermission {
  permission: { name: string };
  setting: 'granted' | 'denied' | 'prompt';
  origin?: string;
  browserContextId?: string;
}

/** Wide enough to change nothing, and yet a throttle. */
const HARMLESS: CdpNetworkConditions = {
  offline: false,
  latency: 0,
  downloadThroughput: 1e8,
  uploadThroughput: 1e8,
};

/** To be called before the page makes its first RTCPeerConnection. */
export async function prepareCdpNetwork(session: CdpSession): Promise<void> {
  await session.send('Network.enable');
  await session.send('Network.emulateNetworkConditions', HARMLESS);
}

/** Offline, or lossy, by emulation. @param session prepared by {@link prepareCdpNetwork}. */
export function cdpNetwork(
  id: string,
  session: CdpSession,
  conditions: { offline?: boolean; lossPercent?: number; latencyMs?: number },
): Fault {
  return defineFault(id, async (_target, signal) => {
    const undo = undoOnce(async () => {
      await session.send('Network.emulateNetworkConditions', HARMLESS);
    }, signal);
    try {
      await session.send('Network.emulateNetworkConditions', {
        ...HARMLESS,
        offline: conditions.offline ?? false,
        latency: conditions.latencyMs ?? 0,
        ...(conditions.lossPercent !== undefined && { packetLoss: conditions.lossPercent }),
      });
    } catch (error) {
      await undo();
      throw error;
    }
    return undo;
  });
}
