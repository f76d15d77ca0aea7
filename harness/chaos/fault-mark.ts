/**
 * Decides from what the client's path counted whether a fault of the network hit the call at all. Pure. A cut that no
 * packet met breaks nothing, and a call that is sound under it says nothing about the client: such a run is not judged.
 * Faults of processes, pages and rooms throw by themselves when they find nothing.
 */
import type { FaultSpec } from '../faults/create-fault.ts';
import type { TcpCounts } from '../faults/tcp-proxy.ts';
import type { RelayCounts } from '../faults/udp-relay.ts';

/** What the path had counted at one moment. */
export interface PathCounts {
  readonly media: RelayCounts;
  /** Clients that sent media through the relay. */
  readonly mediaClients: number;
  readonly signal: TcpCounts;
}

/** Why the fault cannot have broken anything, one phrase; undefined when it did. */
export function missedMark(fault: FaultSpec, before: PathCounts, after: PathCounts): string | undefined {
  const dropped = (side: 'up' | 'down'): boolean => after.media[side].dropped > before.media[side].dropped;
  const passed = (side: 'up' | 'down'): boolean => after.media[side].packets > before.media[side].packets;
  const either = (grew: (side: 'up' | 'down') => boolean): boolean => grew('up') || grew('down');
  switch (fault.kind) {
    case 'udpCut':
      return (fault.side === 'both' ? either(dropped) : dropped(fault.side))
        ? undefined
        : 'no packet was cut';
    case 'wholePath':
      return either(dropped) ? undefined : 'no packet was cut';
    case 'udpImpair':
      return either((fault.lossRatio ?? 0) > 0 ? dropped : passed) ? undefined : 'no packet was hit';
    case 'udpRebind':
      return before.mediaClients > 0 ? undefined : 'no media went through the relay';
    case 'signalCut':
    case 'signalStall':
      return before.signal.open > 0 ? undefined : 'no control connection was open';
    default:
      return undefined;
  }
}
