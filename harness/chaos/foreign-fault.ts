/**
 * The faults of the matrix on an app that nobody here knows: its servers are somewhere, so only the browser's own end
 * can be broken. TCP goes through a SOCKS proxy of ours, media is lost by the browser's network emulation.
 */
import { undoAll, undoOnce } from '../faults/undo.ts';
import type { ProcessTarget, Undo } from '../faults/fault.ts';
import type { TcpPath } from '../faults/tcp-proxy.ts';
import type { FaultSpec } from '../faults/create-fault.ts';
import type { PageControl } from './browser-control.ts';

/** What can be broken of it. */
export interface ForeignTarget {
  /** All TCP of the browser: page, signal and everything else. */
  readonly tcp: TcpPath;
  readonly page: PageControl;
  readonly renderer: ProcessTarget;
}

/** Why a fault cannot be played on a foreign app; undefined where it can. */
export function whyNotForeign(spec: FaultSpec | undefined): string | undefined {
  switch (spec?.kind) {
    case undefined:
      return 'it is a special set-up of our own stack';
    case 'udpCut':
      return spec.side === 'both' ? undefined : 'the browser loses packets both ways only';
    case 'udpImpair':
      return spec.jitterMs === undefined ? undefined : 'the browser cannot make media jitter';
    case 'udpRebind':
      return 'it needs a relay in front of the media server';
    case 'http':
    case 'tokenSpoil':
    case 'signalRefuse':
      return 'it needs to know the app’s endpoints';
    case 'processInject':
    case 'processPause':
    case 'processEnd':
      return spec.process === 'renderer' ? undefined : `the ${spec.process} is not ours`;
    case 'room':
      return 'it needs the keys of the app’s server';
    case 'page':
      return spec.action === 'secondTab' || spec.action === 'awayAndBack'
        ? 'it needs to know the app’s pages'
        : undefined;
    case 'signalCut':
    case 'signalStall':
    case 'signalSlow':
    case 'wholePath':
      return undefined;
  }
}

/** Breaks it; the result heals, once. Throws for what {@link whyNotForeign} refuses. */
export async function breakForeign(
  spec: FaultSpec,
  target: ForeignTarget,
  signal: AbortSignal,
): Promise<Undo> {
  const { tcp, page, renderer } = target;
  const lose = async (packetLoss: number, offline = false): Promise<() => Promise<void>> => {
    await page.setConditions({ packetLoss, offline });
    return () => page.setConditions({});
  };
  const heal = (...undos: (() => Promise<void> | void)[]): Undo => undoOnce(() => undoAll(undos)(), signal);
  switch (spec.kind) {
    case 'udpCut':
      return heal(await lose(100));
    case 'udpImpair':
      return heal(await lose((spec.lossRatio ?? 0) * 100));
    case 'signalCut':
      tcp.cutConnections(spec.how);
      return heal();
    case 'signalStall':
      return heal(tcp.hold());
    case 'signalSlow':
      return heal(tcp.slowDown(spec));
    case 'wholePath': {
      const undoLoss = await lose(100, spec.how === 'off');
      if (spec.how === 'hole') return heal(undoLoss, tcp.hold());
      const undoRefusal = await tcp.refuse('reset');
      tcp.cutConnections('reset');
      return heal(undoLoss, undoRefusal);
    }
    case 'processPause':
      renderer.send('SIGSTOP');
      return heal(() => renderer.send('SIGCONT'));
    case 'page':
      if (spec.action === 'reload') await page.reload();
      else if (spec.action === 'unplugMicrophone') await page.unplugMicrophone();
      else {
        await page.setMicrophoneAllowed(false);
        return heal(() => page.setMicrophoneAllowed(true));
      }
      return heal();
    default:
      throw new Error(`a foreign app cannot be broken so: ${whyNotForeign(spec) ?? spec.kind}`);
  }
}
