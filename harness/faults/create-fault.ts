/** From a fault as data (scenarios are data) to the fault itself. The only place that knows all of them. */
import type { Fault } from './fault.ts';
import type { HttpAnswer } from './http-answer.ts';
import { httpFault } from './http-fault.ts';
import { pageFault, type PageAction } from './page-fault.ts';
import type { Direction } from './packet-rules.ts';
import { processEnd } from './process-end.ts';
import { processInject, type Misbehaviour } from './process-inject.ts';
import { processPause, type ProcessName } from './process-pause.ts';
import { roomFault, type RoomAction } from './room-fault.ts';
import { signalCut } from './signal-cut.ts';
import { signalRefuse } from './signal-refuse.ts';
import { signalSlow } from './signal-slow.ts';
import { signalStall } from './signal-stall.ts';
import type { SlowLink } from './tcp-conditions.ts';
import type { Refusal } from './tcp-proxy.ts';
import { tokenSpoil } from './token-spoil.ts';
import { udpCut } from './udp-cut.ts';
import { udpImpair, type Impairment } from './udp-impair.ts';
import { udpRebind } from './udp-rebind.ts';
import { wholePath, type WholePathCut } from './whole-path.ts';

/** A fault as data. */
export type FaultSpec =
  | { readonly kind: 'udpCut'; readonly side: Direction | 'both' }
  | ({ readonly kind: 'udpImpair' } & Impairment)
  | { readonly kind: 'udpRebind' }
  | { readonly kind: 'signalCut'; readonly how: 'reset' | 'fin' }
  | { readonly kind: 'signalStall' }
  | ({ readonly kind: 'signalSlow' } & SlowLink)
  | { readonly kind: 'signalRefuse'; readonly how: Refusal }
  | {
      readonly kind: 'http';
      readonly at: 'signal' | 'gateway';
      readonly pathPrefix: string;
      readonly answer: HttpAnswer;
    }
  | { readonly kind: 'tokenSpoil'; readonly count: number }
  | { readonly kind: 'wholePath'; readonly how: WholePathCut }
  | { readonly kind: 'processPause'; readonly process: ProcessName }
  | {
      readonly kind: 'processEnd';
      readonly process: Exclude<ProcessName, 'renderer'>;
      readonly how: 'kill' | 'term';
    }
  | {
      readonly kind: 'processInject';
      readonly process: Exclude<ProcessName, 'renderer'>;
      readonly what: Misbehaviour;
    }
  | { readonly kind: 'page'; readonly action: PageAction }
  | { readonly kind: 'room'; readonly action: RoomAction };

/** @param seed for the faults that chance plays in; the others ignore it. */
export function createFault(id: string, spec: FaultSpec, seed: number): Fault {
  switch (spec.kind) {
    case 'udpCut':
      return udpCut(id, spec.side);
    case 'udpImpair':
      return udpImpair(id, spec, seed);
    case 'udpRebind':
      return udpRebind(id);
    case 'signalCut':
      return signalCut(id, spec.how);
    case 'signalStall':
      return signalStall(id);
    case 'signalSlow':
      return signalSlow(id, spec);
    case 'signalRefuse':
      return signalRefuse(id, spec.how);
    case 'http':
      return httpFault(id, spec.at, spec.pathPrefix, spec.answer);
    case 'tokenSpoil':
      return tokenSpoil(id, spec.count);
    case 'wholePath':
      return wholePath(id, spec.how);
    case 'processPause':
      return processPause(id, spec.process);
    case 'processEnd':
      return processEnd(id, spec.process, spec.how);
    case 'processInject':
      return processInject(id, spec.process, spec.what);
    case 'page':
      return pageFault(id, spec.action);
    case 'room':
      return roomFault(id, spec.action);
  }
}
