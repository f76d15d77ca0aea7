/** Which scenarios can be played when the kernel makes the faults of the path, and why the others cannot. Pure. */
import type { FaultSpec } from '../faults/create-fault.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { KernelCounts } from '../faults/kernel-path.ts';

/** A scenario that is left out, and why. */
export interface NotPlayable {
  readonly id: string;
  readonly why: string;
}

const NO_PROXY = 'it needs a proxy that reads along, and with --way N there is none';

/** Why the kernel cannot play it, one phrase; undefined where it can. What breaks no network is played as ever. */
export function whyNotByKernel({ fault }: Pick<Scenario, 'fault'>): string | undefined {
  switch (fault?.kind) {
    case undefined:
    case 'wholePath':
    case 'udpCut':
    case 'signalStall':
    case 'processInject':
    case 'processPause':
    case 'processEnd':
    case 'page':
      return undefined;
    case 'udpImpair':
      return 'loss and jitter need our relay: the rules of --way N drop every packet or none';
    case 'udpRebind':
      return 'a new source port needs our relay, and with --way N there is none';
    case 'signalCut':
      return 'ending the signal connection alone needs our proxy, and with --way N there is none';
    case 'signalSlow':
      return 'a slow connection needs our proxy, and with --way N there is none';
    case 'signalRefuse':
    case 'http':
    case 'tokenSpoil':
      return NO_PROXY;
    case 'room':
      return fault.action === 'closeRoom' ? NO_PROXY : undefined;
  }
}

/** Splits scenarios into what can be played and what is left out. */
export function playableByKernel<T extends Pick<Scenario, 'id' | 'fault'>>(
  scenarios: readonly T[],
): { readonly playable: readonly T[]; readonly notPlayable: readonly NotPlayable[] } {
  const notPlayable = scenarios.flatMap((scenario) => {
    const why = whyNotByKernel(scenario);
    return why === undefined ? [] : [{ id: scenario.id, why }];
  });
  const ids = new Set(notPlayable.map(({ id }) => id));
  return { playable: scenarios.filter(({ id }) => !ids.has(id)), notPlayable };
}

/** Media is 50 packets a second each way, so the shortest cut, of 1 s, loses more; what is lost by chance is less. */
const LEAST_MEDIA_LOST = 10;

/** Why a cut by the kernel cannot have broken anything; undefined when it did. */
export function missedByKernel(
  fault: FaultSpec,
  before: KernelCounts,
  after: KernelCounts,
): string | undefined {
  const lost = after.lost - before.lost;
  switch (fault.kind) {
    case 'wholePath':
    case 'udpCut':
      if (lost < LEAST_MEDIA_LOST)
        return `${Math.max(0, lost)} packets were cut, at least ${LEAST_MEDIA_LOST} have to be`;
      if (fault.kind === 'udpCut' || fault.how === 'hole') return undefined;
      return after.refused > before.refused ? undefined : 'no connection was refused';
    case 'signalStall':
      return lost < 1 ? 'no packet was cut' : undefined;
    default:
      return undefined;
  }
}
