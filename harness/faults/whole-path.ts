/**
 * The network itself is gone: media, signal and gateway at once. `hole` says nothing (TCP held, UDP dropped),
 * `refuse` says no (connections reset and turned away, UDP dropped), `off` is refuse and a browser that knows.
 * Where the kernel cuts, `hole` holds nothing: it drops, new connections' first packets too.
 */
import { defineFault } from './define-fault.ts';
import { need, type Fault, type FaultTarget } from './fault.ts';
import { cutRule } from './packet-rules.ts';
import type { TcpPath } from './tcp-proxy.ts';
import { undoAll, undoOnce } from './undo.ts';

/** How the network is gone. */
export type WholePathCut = 'hole' | 'refuse' | 'off';

/** Cuts all of one client. The browser is told first when cutting and last when healing, as its own network tells it. */
export function wholePath(id: string, how: WholePathCut): Fault {
  return defineFault(id, async (target, signal) => {
    const undos: (() => Promise<void> | void)[] = [];
    // Taken out as they run, so that each runs once whether an abort, the undo or the catch below comes first.
    const healAll = (): Promise<void> => undoAll(undos.splice(0))();
    const undo = undoOnce(healAll, signal);
    try {
      if (how === 'off') {
        const browser = need(target, 'browser', id);
        undos.push(() => browser.setOffline(false));
        await browser.setOffline(true);
        signal.throwIfAborted();
      }
      if (target.kernel !== undefined) {
        undos.push(await target.kernel.cut({ kind: how === 'hole' ? 'silent' : 'refused' }));
        signal.throwIfAborted();
        return undo;
      }
      undos.push(need(target, 'media', id).addRule(cutRule('both')));
      for (const path of tcpPaths(target, id)) {
        if (how === 'hole') {
          undos.push(path.hold());
        } else {
          undos.push(await path.refuse('reset'));
          signal.throwIfAborted();
          path.cutConnections('reset');
        }
      }
    } catch (error) {
      await undo();
      await healAll(); // what was broken while an abort was healing
      throw error;
    }
    return undo;
  });
}

function tcpPaths(target: FaultTarget, id: string): TcpPath[] {
  const signal = need(target, 'signal', id);
  return target.gateway === undefined ? [signal] : [signal, target.gateway];
}
