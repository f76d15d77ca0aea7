/**
 * Owns: one call's rig with its browser in a network namespace of its own, so that the kernel makes the faults of the
 * path: no relay and no proxy is in between. It has to run in a process of its own that was started in a namespace of its
 * own (play-run.ts). Never: applies a fault.
 */
import { startCallRig } from '../call/call-rig.ts';
import { clickStart } from '../call/run-call.ts';
import { startCallNamespaces, type CallNamespaces } from '../namespaces/call-namespaces.ts';
import { findNamespaceTools } from '../namespaces/namespace-tools.ts';
import { NamespaceError } from '../namespaces/namespace.ts';
import { StopStack } from '../supervisor/stop-stack.ts';
import { controlPage } from './browser-control.ts';
import type { FaultRig, FaultRigOptions } from './fault-rig.ts';
import { missedByKernel } from './kernel-plays.ts';
import { agentTarget, rendererTarget, serverTarget } from './process-targets.ts';
import { roomControl } from './room-control.ts';

/** Starts it with an empty page. The caller owns it. Rejects with the error of the part that failed, all stopped again. */
export async function startKernelRig(options: FaultRigOptions, signal: AbortSignal): Promise<FaultRig> {
  const { pressStart = clickStart, emulate, log } = options;
  const parts = new StopStack(log);
  let namespaces: CallNamespaces | undefined;
  try {
    const tools = await findNamespaceTools(options.env ?? process.env);
    if ('reason' in tools) throw new NamespaceError(tools.reason);
    const rig = await startCallRig(
      {
        ...options,
        network: async (runFolder, limit) =>
          (namespaces = await startCallNamespaces({ tools, runFolder, log }, limit)),
        through: (address, server) => {
          if (server === undefined || namespaces === undefined)
            return Promise.reject(new Error('faults need a livekit-server of their own, not --livekit-url'));
          const { url, apiKey, apiSecret } = address; // may be getters, which a spread would not take
          return Promise.resolve({
            url,
            publicUrl: `ws://${namespaces.address}:${server.port}`,
            apiKey,
            apiSecret,
          });
        },
      },
      signal,
    );
    parts.own('rig', rig, 45_000);
    const { server } = rig.stack;
    if (server === undefined || namespaces === undefined) throw new Error('the call has no network');
    const kernel = namespaces.path(server.port);
    const page = await controlPage({ browser: rig.browser, pressStart, emulate });
    const room = roomControl(server, () => {
      throw new Error('the reason of a closed room is written by a proxy, which --way N has not');
    });
    const stop = (): Promise<void> => parts.stop();
    return {
      prepareRoom: () => room.prepare(),
      rig,
      page,
      watchMark: (fault) => {
        const before = kernel.counts();
        return () => missedByKernel(fault, before, kernel.counts());
      },
      target: {
        kernel,
        browser: page,
        server: serverTarget(server),
        agent: agentTarget(rig.runFolder),
        renderer: rendererTarget(rig.runFolder),
        room,
      },
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await parts.stop();
    throw error;
  }
}
